"""The contract as an executable model: plain dicts, nothing of the library."""
