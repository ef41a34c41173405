"""A long run: many seeds, several storages and processes, resumable, with a report."""
