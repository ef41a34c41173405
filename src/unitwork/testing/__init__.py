"""What the tests of an application, or of an adapter, need.

Names are imported when they are first used: pytest loads this package at its start.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from unitwork.testing.conformance.adapter import Adapter
    from unitwork.testing.conformance.capabilities import Capabilities
    from unitwork.testing.conformance.suite import conformance_suite
    from unitwork.testing.events import published
    from unitwork.testing.fault_plan import FaultPlan
    from unitwork.testing.faults import (
        AbstractFault,
        Call,
        Failure,
        Gate,
        busy,
        conflict,
        deadlock,
        disk_full,
        lost,
        lost_reply,
        lost_request,
        no_connection,
        read_only,
        slow,
        timed_out,
    )
    from unitwork.testing.pairs import verified_pair
    from unitwork.testing.scheduling import Race, schedules
    from unitwork.testing.statements import assert_statements
    from unitwork.testing.storages import Storages

__all__ = [
    "AbstractFault",
    "Adapter",
    "Call",
    "Capabilities",
    "Failure",
    "FaultPlan",
    "Gate",
    "Race",
    "Storages",
    "assert_statements",
    "busy",
    "conflict",
    "conformance_suite",
    "deadlock",
    "disk_full",
    "lost",
    "lost_reply",
    "lost_request",
    "no_connection",
    "published",
    "read_only",
    "schedules",
    "slow",
    "timed_out",
    "verified_pair",
]
_HOMES = {
    "Adapter": "conformance.adapter",
    "Capabilities": "conformance.capabilities",
    "FaultPlan": "fault_plan",
    "Race": "scheduling",
    "Storages": "storages",
    "assert_statements": "statements",
    "conformance_suite": "conformance.suite",
    "published": "events",
    "schedules": "scheduling",
    "verified_pair": "pairs",
}


def __getattr__(name: str) -> Any:
    """Import a public name from its module; most are faults."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'faults')}"), name)
