"""Bugs, seeded one at a time, so that the kit shows what it would find."""
