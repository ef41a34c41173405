"""Random queries on every storage, judged by an evaluation of the battery's own."""

from functools import partial
from typing import TYPE_CHECKING

from unitwork.testing.conformance.battery.cabinet import CABINET, CabinetUnit
from unitwork.testing.conformance.battery.runner import run_battery

if TYPE_CHECKING:
    from tests.storages import Storage


async def test_every_query_is_answered_as_the_contract_says(
    storage: "Storage",
) -> None:
    """Contract 20, 22, 23, 24: of units that hold nothing, and of those that do."""
    async with storage.database(CABINET) as database:
        unit = partial(CabinetUnit, database)
        async for progress in run_battery(unit, range(2), queries_per_seed=160):
            assert progress.difference is None, progress.difference

    assert progress.questions == 320
