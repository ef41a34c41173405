"""The kit that every storage must pass, and what it is made of."""
