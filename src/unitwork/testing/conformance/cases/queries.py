"""Random queries, over rows full of what storages get wrong."""

from functools import partial

import pytest

from unitwork.testing.conformance.adapter import Adapter
from unitwork.testing.conformance.battery.cabinet import CABINET, CabinetUnit
from unitwork.testing.conformance.battery.runner import run_battery

QUESTIONS, BLOCKS = 160, 2


@pytest.mark.parametrize("block", range(BLOCKS))
async def test_queries(storage: Adapter, block: int) -> None:
    """Contract 20, 22, 23, 24: 160 questions, of units that hold something and not."""
    async with storage.database(CABINET) as database:
        unit = partial(CabinetUnit, database)
        seeds = range(block, block + 1)
        async for progress in run_battery(unit, seeds, queries_per_seed=QUESTIONS):
            assert progress.difference is None, progress.difference
    assert progress.questions == QUESTIONS
