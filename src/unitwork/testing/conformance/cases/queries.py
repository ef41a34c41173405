"""Random queries, over rows full of what storages get wrong."""

from functools import partial

import pytest

from unitwork.testing.conformance.adapter import Adapter
from unitwork.testing.conformance.battery.cabinet import CABINET, CabinetUnit
from unitwork.testing.conformance.battery.questions import Case, Question
from unitwork.testing.conformance.battery.runner import differs_on, run_battery

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


async def test_any_number_of_texts_and_bytes_without_a_length_make_an_order(
    storage: Adapter,
) -> None:
    """Contract 23: found by random queries, where a sort buffer was too small."""
    long = [
        "prose",
        "maybe_prose",
        "blob",
        "maybe_blob",
        "size.unit",
        "maybe_size.unit",
    ]
    asked = Question(order=[[path, "desc", None] for path in long])
    rows = [{"code": code, "maybe_size.amount": "1"} for code in "ab"]
    rows.append({"code": "c", "maybe_size.amount": "1", "maybe_size.unit": "m"})
    case = Case({"Specimen": rows}, (["ask", asked],))
    async with storage.database(CABINET) as database:
        assert await differs_on(partial(CabinetUnit, database))(case) is None
