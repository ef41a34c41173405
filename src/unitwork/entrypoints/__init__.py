"""The entry points: where the world calls in, and gets its answer."""
