"""Bugs of storages, each a session before a right one."""
