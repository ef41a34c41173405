"""Concurrent units, what they saw, and whether any order explains it."""
