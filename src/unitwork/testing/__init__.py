"""What tests of code over unitwork need."""

from unitwork.testing.scheduling import Race, schedules

__all__ = ["Race", "schedules"]
