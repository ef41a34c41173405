"""The isolation table of a storage: which anomalies show at which level."""

from collections.abc import Sequence

from unitwork.adapters.making import IsolationName
from unitwork.adapters.storage import AbstractDatabase
from unitwork.testing.conformance.histories.cells import Table
from unitwork.testing.conformance.histories.hermitage import CASES
from unitwork.testing.conformance.histories.phenomena import LEVELS

Verdicts = dict[str, dict[IsolationName, bool]]
"""By anomaly and level: whether it showed."""


async def play_all(
    database: AbstractDatabase, levels: Sequence[IsolationName] = LEVELS
) -> Verdicts:
    """Play every case at some levels.

    Args:
        database: with the schema `LEDGER`; nobody else uses its cells meanwhile.
        levels: which; all, if nothing is said.

    Cost: about 20 units a case and level.
    """
    return {
        case.anomaly: {
            level: await play(database, case.anomaly, level) for level in levels
        }
        for case in CASES
    }


async def play(database: AbstractDatabase, anomaly: str, level: IsolationName) -> bool:
    """Play one case at one level, and tell whether the anomaly showed."""
    [case] = [case for case in CASES if case.anomaly == anomaly]
    table = Table(database, level)
    await table.reset()
    return await case.play(table)


def promised(levels: Sequence[IsolationName] = LEVELS) -> Verdicts:
    """Return what the contract says of every storage."""
    return {
        case.anomaly: {level: level in case.shown_at for level in levels}
        for case in CASES
    }


def as_markdown(verdicts: Verdicts) -> str:
    """Write verdicts as a table for a page."""
    width = max(map(len, verdicts))
    lines = [
        f"| {'anomaly':<{width}} | {' | '.join(LEVELS)} |",
        f"| {'-' * width} | {' | '.join('-' * len(level) for level in LEVELS)} |",
    ]
    for anomaly, shown in verdicts.items():
        marks = [f"{'shown' if shown[lv] else 'no':<{len(lv)}}" for lv in LEVELS]
        lines.append(f"| {anomaly:<{width}} | {' | '.join(marks)} |")
    return "\n".join(lines)
