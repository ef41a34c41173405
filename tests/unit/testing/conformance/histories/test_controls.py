"""Directed histories: what the checker must find, and what storage must prevent."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from unitwork import Outcome
from unitwork.adapters.making import IsolationName
from unitwork.adapters.memory import InMemoryDatabase
from unitwork.testing.conformance.histories import controls
from unitwork.testing.conformance.histories.checker import check
from unitwork.testing.conformance.histories.history import History

Control = Callable[..., Awaitable[History]]
CASES: list[tuple[Control, dict[str, Any], IsolationName, list[str]]] = [
    (controls.lost_update, {}, "read_committed", ["LOST_UPDATE", "STALE_READ"]),
    (controls.lost_update, {}, "snapshot", ["LOST_UPDATE", "STALE_READ"]),
    (controls.lost_update, {}, "serializable", ["LOST_UPDATE", "STALE_READ"]),
    (controls.write_skew, {}, "read_committed", ["G2_ITEM"]),
    (controls.write_skew, {}, "snapshot", ["G2_ITEM"]),
    (controls.write_skew, {"reads": False}, "serializable", ["G2_ITEM"]),
    (controls.skew_by_phantoms, {}, "read_committed", ["G2"]),
    (controls.skew_by_phantoms, {}, "snapshot", ["G2"]),
    (controls.skew_by_phantoms, {"reads": False}, "serializable", ["G2"]),
    (controls.read_skew, {}, "read_committed", ["G_SINGLE"]),
    (controls.read_skew, {"snapshots": False}, "snapshot", ["G_SINGLE"]),
]
PREVENTED: list[tuple[Control, dict[str, Any], IsolationName]] = [
    (controls.lost_update, {"versions": True}, "read_committed"),
    (controls.lost_update, {"versions": True}, "snapshot"),
    (controls.lost_update, {"versions": True}, "serializable"),
    (controls.write_skew, {}, "serializable"),
    (controls.skew_by_phantoms, {}, "serializable"),
]


@pytest.mark.parametrize(("control", "broken", "level", "shown"), CASES)
async def test_a_control_fires(
    database: InMemoryDatabase,
    control: Control,
    broken: dict[str, Any],
    level: IsolationName,
    shown: list[str],
) -> None:
    """All its units commit, and the checker finds what no order explains."""
    history = await control(database, level, **broken)

    assert len(history.with_outcome(Outcome.COMMITTED)) == len(history.transactions)
    assert [anomaly.phenomenon.name for anomaly in check(history)] == shown


@pytest.mark.parametrize(("control", "intact", "level"), PREVENTED)
async def test_what_fires_in_a_control_is_prevented_by_a_conflict(
    database: InMemoryDatabase,
    control: Control,
    intact: dict[str, Any],
    level: IsolationName,
) -> None:
    """The same lines, with the promise kept: one unit fails, and nothing is shown."""
    history = await control(database, level, **intact)

    errors = [each.error for each in history.transactions if each.error]
    assert errors == ["ConcurrencyConflictError"]
    assert check(history) == []


@pytest.mark.parametrize("level", ["snapshot", "serializable"])
async def test_a_snapshot_prevents_read_skew_without_a_conflict(
    database: InMemoryDatabase, level: IsolationName
) -> None:
    """The reader is simply before the writer."""
    history = await controls.read_skew(database, level)

    assert len(history.with_outcome(Outcome.COMMITTED)) == len(history.transactions)
    assert check(history) == []
