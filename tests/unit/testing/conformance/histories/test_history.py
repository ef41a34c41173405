from tests.unit.testing.conformance.histories.written import written
from unitwork import Outcome
from unitwork.testing.conformance.histories.history import (
    History,
    Operation,
    Transaction,
)

HISTORY = History(
    "snapshot",
    (
        Transaction(
            2,
            Outcome.COMMITTED,
            (
                Operation("read", "x", seen=()),
                Operation("append", "x", 7),
                Operation("list", "g", seen=(1, 2)),
            ),
            began=1,
            ended=5,
        ),
        Transaction(1, Outcome.ROLLED_BACK, (), 2, 6, error="ConcurrencyConflictError"),
    ),
)


def test_a_history_is_the_same_after_it_was_written_down() -> None:
    """It can be kept and judged again later."""
    assert History.from_json(HISTORY.to_json()) == HISTORY


def test_a_history_is_written_down_as_one_line_for_each_unit() -> None:
    """Two runs can be compared line by line."""
    assert HISTORY.to_json().splitlines() == [
        '"snapshot"',
        (
            '[2, "committed", 1, 5, "", ["read", "x", null, []],'
            ' ["append", "x", 7, null], ["list", "g", null, [1, 2]]]'
        ),
        '[1, "rolled back", 2, 6, "ConcurrencyConflictError"]',
    ]


def test_a_unit_is_shown_in_one_line() -> None:
    """What a person reads below an anomaly."""
    shown = [str(unit) for unit in HISTORY.transactions]

    assert shown == [
        "T2 (committed): read x -> []; append x 7; list g -> [1, 2]",
        "T1 (rolled back): nothing",
    ]
    assert written(shown[0]).transactions[0].operations == (
        HISTORY.transactions[0].operations
    )


def test_units_are_counted_by_their_outcome() -> None:
    """Figures come from the history alone."""
    assert [t.number for t in HISTORY.with_outcome(Outcome.COMMITTED)] == [2]
    assert HISTORY.with_outcome(Outcome.UNKNOWN) == []
