"""How a module of cases says what they need: fixtures, and capabilities."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import pytest
import pytest_asyncio

from unitwork.testing.conformance.capabilities import FLAGS, Capabilities
from unitwork.testing.conformance.portable import PORTABLE

C = TypeVar("C", bound=Callable[..., Any])
_NEEDS, _ROWS = "conformance_needs", "conformance_rows"


def fixture(function: Callable[..., Any]) -> Any:
    """Make a fixture that `conformance_suite` can take into a class."""
    bound = staticmethod(function)
    generating = inspect.isasyncgenfunction(function)
    if generating or inspect.iscoroutinefunction(function):
        return pytest_asyncio.fixture(loop_scope="function")(bound)
    return pytest.fixture(bound)


def needs(*flags: str) -> Callable[[C], C]:
    """Mark a case that can only be asked of storages with these capabilities."""
    unknown = set(flags) - FLAGS.keys()
    if unknown:
        raise LookupError(unknown)

    def note(case: C) -> C:
        setattr(case, _NEEDS, (*getattr(case, _NEEDS, ()), *flags))
        return case

    return note


def portable(*rows: int) -> Callable[[C], C]:
    """Mark a case that shows rows of `portable.PORTABLE`."""
    unknown = set(rows) - PORTABLE.keys()
    if unknown:
        raise LookupError(unknown)

    def note(case: C) -> C:
        setattr(case, _ROWS, rows)
        return case

    return note


def rows_of(case: Callable[..., Any]) -> tuple[int, ...]:
    """Return the rows that a case shows."""
    rows: tuple[int, ...] = getattr(case, _ROWS, ())
    return rows


def lacking(
    capabilities: Capabilities, case: Callable[..., Any], given: Mapping[str, Any]
) -> Iterator[str]:
    """Give the flags that a case needs and a storage has not.

    Args:
        capabilities: of the storage.
        case: may be marked by `needs`.
        given: its parameters; one that is an isolation level needs that level.
    """
    needed = [*getattr(case, _NEEDS, ())]
    needed += [level for level in given.values() if level in _LEVELS]
    return (flag for flag in capabilities.missing() if flag in needed)


_LEVELS = ("snapshot", "serializable")
