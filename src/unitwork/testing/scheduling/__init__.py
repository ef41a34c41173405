"""Concurrent operations in every order that matters, and the same one every time."""

from unitwork.testing.scheduling.decorator import schedules
from unitwork.testing.scheduling.race import Race

__all__ = ["Race", "schedules"]
