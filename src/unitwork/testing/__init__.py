"""What tests of code over unitwork need."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from unitwork.testing.scheduling import Race, schedules

if TYPE_CHECKING:
    from unitwork.testing.conformance.adapter import Adapter
    from unitwork.testing.conformance.capabilities import Capabilities
    from unitwork.testing.conformance.suite import conformance_suite

__all__ = ["Adapter", "Capabilities", "Race", "conformance_suite", "schedules"]

_FOR_ADAPTERS = {
    "Adapter": "adapter",
    "Capabilities": "capabilities",
    "conformance_suite": "suite",
}
"""Imported when first used: nobody else needs pytest for them."""


def __getattr__(name: str) -> Any:
    """Import a name for authors of adapters."""
    if name not in _FOR_ADAPTERS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(f"{__name__}.conformance.{_FOR_ADAPTERS[name]}")
    return getattr(module, name)
