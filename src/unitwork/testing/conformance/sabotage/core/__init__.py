"""Bugs of the core that all storages share, each an edit of one of its functions."""
