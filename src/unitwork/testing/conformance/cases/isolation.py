"""The levels, and Hermitage's anomalies at each of them."""

from functools import partial

import pytest

from unitwork.adapters.making import IsolationName
from unitwork.adapters.storage import AbstractDatabase
from unitwork.domain.errors import MisuseError
from unitwork.domain.specification import all_of
from unitwork.testing.conformance.histories.hermitage import CASES
from unitwork.testing.conformance.histories.phenomena import LEVELS
from unitwork.testing.conformance.histories.verdicts import play, promised
from unitwork.testing.conformance.reads import answer
from unitwork.testing.conformance.shop import Shop


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("anomaly", [case.anomaly for case in CASES])
async def test_an_anomaly_shows_at_the_levels_that_are_said_and_at_no_other(
    ledger: AbstractDatabase, anomaly: str, level: IsolationName
) -> None:
    """Contract 18: the table of Hermitage's anomalies, the same on every storage."""
    assert await play(ledger, anomaly, level) is promised()[anomaly][level]


async def test_each_first_load_of_a_read_committed_unit_sees_the_latest_commit(
    shop: Shop,
) -> None:
    """Contract 18: read_committed, the default. What is not loaded yet is fresh."""
    await shop.put(x=1, y=1)
    async with shop.unit() as uow:
        await uow.counters.get("x")
        await shop.put(x=2, y=2, z=2)
        found = await uow.counters.matching(all_of())

        assert answer(found) == [("x", 1), ("y", 2), ("z", 2)]


async def test_a_level_that_does_not_exist_is_refused(shop: Shop) -> None:
    """Contract 18: the level is chosen when the unit is opened, from three."""
    make = partial(shop.unit, "chaos")  # type: ignore[arg-type]  # the mistake to show
    with pytest.raises(MisuseError) as raised:
        make()

    assert str(raised.value) == (
        "isolation='chaos' is no isolation level.\n"
        "The levels are 'read_committed', 'snapshot', 'serializable'.\n"
        "Choose one of them; 'read_committed' is the default. [misuse]"
    )
