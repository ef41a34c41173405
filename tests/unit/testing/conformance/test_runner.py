"""Running programs of many seeds, up to the first difference."""

from collections.abc import AsyncIterator
from functools import partial

import pytest

from tests.storages import Servers, Sqlite
from tests.unit.testing.conformance.broken import (
    CountsWhatTheUnitHolds,
    ForgetsReads,
    IgnoresVersions,
    LosesChildren,
    WritesHalf,
    memory,
)
from tests.unit.testing.conformance.written import added, matched, opened, put, stored
from unitwork.adapters.memory.session import InMemorySession
from unitwork.testing.conformance.interpreter import Interpreter, MakeUnit
from unitwork.testing.conformance.laws import check_laws
from unitwork.testing.conformance.runner import Progress, emptied, run_programs
from unitwork.testing.conformance.warehouse import (
    WarehouseUnitOfWork,
    warehouse_schema,
)


@pytest.fixture
async def sqlite(servers: Servers) -> AsyncIterator[MakeUnit]:
    storage = Sqlite(servers)
    async with storage.database(warehouse_schema()) as database:
        unit = storage.unit(WarehouseUnitOfWork)  # type: ignore[type-abstract]  # a port
        yield partial(unit, database)


async def test_the_memory_storage_does_as_the_model_says() -> None:
    """The promise of the fake, on 300 programs; and none passes for lack of trying."""
    reports = [report async for report in run_programs(memory(), range(300))]
    assert [report.difference for report in reports if report.difference] == []
    assert (reports[-1].programs, reports[-1].seed) == (300, 299)
    reports[-1].coverage.check()


async def test_sqlite_does_as_the_model_says(sqlite: MakeUnit) -> None:
    """The same programs, on a database; emptied by its own units."""
    async for report in run_programs(emptied(sqlite), range(100)):
        assert report.difference is None, report.difference
    assert report.programs == 100


async def test_sqlite_keeps_every_law(sqlite: MakeUnit) -> None:
    """Whatever the model says."""
    assert [law async for law in check_laws(emptied(sqlite), range(5))] == []


@pytest.mark.parametrize(
    ("kind", "within"),
    [
        (IgnoresVersions, 20),
        (ForgetsReads, 40),
        (LosesChildren, 20),
        (CountsWhatTheUnitHolds, 60),
        (WritesHalf, 20),
    ],
)
async def test_a_broken_storage_is_found_and_the_run_ends_there(
    kind: type[InMemorySession], within: int
) -> None:
    """The last report has the difference, shrunk."""
    runs = run_programs(memory(kind), range(within))
    reports: list[Progress] = [report async for report in runs]
    *before, found = reports
    assert all(report.difference is None for report in before)
    assert found.difference is not None
    assert len(found.difference.program) <= 12
    assert found.difference.program.seed == found.seed


async def test_a_run_is_resumed_by_later_seeds() -> None:
    """A seed does not depend on those before it."""
    whole = [r.seed async for r in run_programs(memory(IgnoresVersions), range(40))]
    rest = range(whole[-1], 40)
    resumed = [report async for report in run_programs(memory(IgnoresVersions), rest)]
    assert [report.seed for report in resumed] == [whole[-1]]


async def test_a_storage_is_emptied_also_of_sites_in_a_circle() -> None:
    """They refer to each other, so no order of removals would do."""
    unit = await memory()()
    run = Interpreter(unit)
    circle = put(0, "Site", "a", "parent", "b"), put(0, "Site", "b", "parent", "a")
    steps = (
        *stored(added(0, "Site", "a"), added(0, "Site", "b")),
        *stored(*circle),
        *stored(added(0, "Item", "a", site="a"), added(0, "Pick", 0, item="a")),
    )
    for one in steps:
        assert "raises" not in await run.step(one)
    await run.close()

    fresh = Interpreter(await emptied(unit)())

    await fresh.step(opened(0))
    for of in ("Site", "Item", "Pick"):
        assert await fresh.step(matched(0, of)) == {"found": []}
    await fresh.close()
