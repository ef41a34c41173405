"""Random queries, over rows full of what storages get wrong."""

from functools import partial

import pytest

from unitwork.testing.conformance.adapter import Adapter
from unitwork.testing.conformance.battery.cabinet import CABINET, CabinetUnit
from unitwork.testing.conformance.battery.questions import Case, Question
from unitwork.testing.conformance.battery.runner import differs_on, run_battery
from unitwork.testing.conformance.chunks import parametrize, queries_of_a_seed
from unitwork.testing.conformance.replaying import replay_case

pytest_generate_tests = parametrize


async def test_queries(
    storage: Adapter, queries: range | Case, pytestconfig: pytest.Config
) -> None:
    """Contract 20, 22, 23, 24: asked of units that hold something and not."""
    levels = storage.capabilities.levels
    async with storage.database(CABINET) as database:
        unit = partial(CabinetUnit, database)
        if isinstance(queries, Case):
            differs = await replay_case(unit, queries, levels)
            assert differs is None, differs
            return
        each = queries_of_a_seed(pytestconfig)
        at = partial(unit, isolation=levels[queries[0] // len(queries) % len(levels)])
        async for progress in run_battery(at, queries, queries_per_seed=each):
            assert progress.difference is None, progress.difference
    assert progress.questions == each * len(queries)


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
