"""Concurrent operations in every order that matters, and the same one every time."""

from unitwork.testing.schedules.decorator import schedules
from unitwork.testing.schedules.race import Race

__all__ = ["Race", "schedules"]
