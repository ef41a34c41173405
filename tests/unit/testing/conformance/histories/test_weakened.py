"""The checker is silent because nothing is wrong, not because it is blind."""

import pytest

from unitwork.adapters.making import IsolationName
from unitwork.adapters.memory import InMemoryDatabase
from unitwork.testing.conformance.histories.checker import check
from unitwork.testing.conformance.histories.phenomena import Phenomenon
from unitwork.testing.conformance.histories.weakened import Weakened
from unitwork.testing.conformance.histories.workload import Workload, run

WEAKENED: list[tuple[dict[str, bool], IsolationName, Phenomenon]] = [
    ({"versions": False}, "read_committed", Phenomenon.LOST_UPDATE),
    ({"versions": False}, "snapshot", Phenomenon.LOST_UPDATE),
    ({"versions": False, "reads": False}, "serializable", Phenomenon.LOST_UPDATE),
    ({"snapshots": False}, "snapshot", Phenomenon.G_SINGLE),
    ({"reads": False}, "serializable", Phenomenon.G2_ITEM),
    ({"reads": False}, "serializable", Phenomenon.G2),
]


@pytest.mark.parametrize(("broken", "level", "shown"), WEAKENED)
async def test_a_workload_shows_each_promise_that_is_broken(
    database: InMemoryDatabase,
    broken: dict[str, bool],
    level: IsolationName,
    shown: Phenomenon,
) -> None:
    """By its own races, without a schedule that is made for it."""
    history = await run(Weakened(database, **broken), level, Workload(300))

    assert shown in {anomaly.phenomenon for anomaly in check(history)}
