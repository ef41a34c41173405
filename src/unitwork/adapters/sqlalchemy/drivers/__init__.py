"""The driver port, and what talks to a connection behind it."""
