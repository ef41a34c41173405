"""What can be found out about a database before it is relied on."""
