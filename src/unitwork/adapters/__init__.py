"""The adapter ring: the shared core, the mapping, and one folder for each storage."""
