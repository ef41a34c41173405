"""What programs met, and the floors."""

from collections import Counter

import pytest

from unitwork import MisuseError
from unitwork.testing.conformance.actions import CHANGED
from unitwork.testing.conformance.coverage import Coverage
from unitwork.testing.conformance.generator import Generated
from unitwork.testing.conformance.programs import program

ENOUGH = {
    ("ConcurrencyConflictError", "snapshot"): 5,
    ("UniqueViolationError", "read_committed"): 4,
    ("UniqueViolationError", "serializable"): 6,
    ("ReferenceViolationError", "snapshot"): 2,
    (CHANGED, "snapshot"): 50,
}


def met(counts: dict[tuple[str, str], int], *, programs: int = 100) -> Coverage:
    """Count programs, the first of which met everything."""
    coverage = Coverage()
    for _ in range(programs):
        coverage.add(Generated(program(), (), Counter(counts)))
        counts = {}
    return coverage


def test_a_run_that_met_enough_passes() -> None:
    """All levels together count."""
    met(ENOUGH).check()


def test_a_run_below_a_floor_fails_and_says_which() -> None:
    """What is hardly ever met is hardly tested."""
    with pytest.raises(MisuseError) as raised:
        met({**ENOUGH, ("UniqueViolationError", "serializable"): 5}).check()
    assert str(raised.value) == (
        "100 programs met UniqueViolationError 9 times; the floor is 10.\n"
        "What is hardly ever met is hardly tested.\n"
        "Mend the generator: its weights, or how it chooses what to do. [misuse]"
    )


def test_fewer_than_100_programs_are_not_judged() -> None:
    """A handful of them meets nothing rare."""
    met({}, programs=99).check()


def test_what_was_met_is_listed_by_kind_and_isolation() -> None:
    """The most frequent first."""
    assert str(met(ENOUGH)) == (
        "query over changes: 50 (snapshot 50)\n"
        "UniqueViolationError: 10 (read_committed 4, serializable 6)\n"
        "ConcurrencyConflictError: 5 (snapshot 5)\n"
        "ReferenceViolationError: 2 (snapshot 2)"
    )
