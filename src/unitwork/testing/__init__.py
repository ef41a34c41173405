"""What tests of code over unitwork need."""

from unitwork.testing.schedules import Race, schedules

__all__ = ["Race", "schedules"]
