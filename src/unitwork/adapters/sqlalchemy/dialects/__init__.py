"""What differs from database to database, one class for each."""
