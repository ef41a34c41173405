"""A small application that works, to start one's own from."""
