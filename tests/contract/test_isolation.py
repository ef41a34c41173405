"""What each isolation level shows: the Hermitage table, the same on every storage.

| anomaly                                     | committed | snapshot | serializable |
|---------------------------------------------|-----------|----------|--------------|
| G0 dirty write                              | no        | no       | no           |
| G1a aborted read                            | no        | no       | no           |
| G1b intermediate read                       | no        | no       | no           |
| G1c circular information flow               | no        | no       | no           |
| OTV observed transaction vanishes           | no        | no       | no           |
| P2 fuzzy read of a loaded aggregate         | no        | no       | no           |
| P4 lost update                              | no        | no       | no           |
| PMP with a write predicate                  | no        | no       | no           |
| PMP predicate-many-preceders, phantom       | shown     | no       | no           |
| G-single read skew                          | shown     | no       | no           |
| G-single with predicates                    | shown     | no       | no           |
| G-single with a write predicate             | no        | no       | no           |
| G2-item write skew                          | shown     | shown    | no           |
| G2 write skew by phantoms                   | shown     | shown    | no           |
| G2 with two edges, the read-only anomaly    | shown     | shown    | no           |

Source: Adya's phenomena, in the scenarios of Kleppmann's Hermitage.
"""

from collections.abc import AsyncIterator
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from tests.shop import Counter, Shop, ShopUnitOfWork
from unitwork import ConcurrencyConflictError
from unitwork.adapters.mapping import Schema
from unitwork.adapters.unit_of_work import IsolationName

if TYPE_CHECKING:
    from tests.storages import Storage

COUNTERS = Schema(Counter)
LEVELS: list[IsolationName] = ["read_committed", "snapshot", "serializable"]


@pytest.fixture(params=LEVELS)
def level(request: pytest.FixtureRequest) -> IsolationName:
    """Each isolation level in turn."""
    named: IsolationName = request.param
    return named


@pytest.fixture
async def shop(storage: "Storage") -> AsyncIterator[Shop]:
    """Hermitage's table: 10 and 20."""
    async with storage.database(COUNTERS) as database:
        unit = storage.unit(ShopUnitOfWork)  # type: ignore[type-abstract]  # a port
        opened = Shop(database, unit)
        await opened.put(x=10, y=20)
        yield opened


async def value(uow: ShopUnitOfWork, name: str) -> int:
    """Read one counter."""
    return (await uow.counters.get(name)).value


async def test_a_dirty_write_never_happens(shop: Shop, level: IsolationName) -> None:
    """Contract 18: G0. Two units write the same rows: one of them, all of it."""
    async with shop.unit(level) as one, shop.unit(level) as two:
        for uow, written in ((one, 11), (two, 12)):
            for name in ("x", "y"):
                (await uow.counters.get(name)).value = written
        await one.commit()
        with pytest.raises(ConcurrencyConflictError):
            await two.commit()

    assert await shop.counters() == {"x": 11, "y": 11}


async def test_an_aborted_write_is_never_read(shop: Shop, level: IsolationName) -> None:
    """Contract 18: G1a. What is rolled back was seen by nobody, before or after."""
    async with shop.unit(level) as one, shop.unit(level) as two:
        (await one.counters.get("x")).value = 101
        before = await two.counters.count(Counter.value == 101)
        await one.rollback()
        after = await two.counters.count(Counter.value == 101)

        assert (before, after, await value(two, "x")) == (0, 0, 10)


async def test_an_intermediate_value_is_never_read(
    shop: Shop, level: IsolationName
) -> None:
    """Contract 18: G1b. Of several values in one unit, only the last can be seen."""
    seen = []
    async with shop.unit(level) as one:
        changed = await one.counters.get("x")
        for step in (101, 102, 11):
            changed.value = step
            async with shop.unit(level) as two:
                seen.append(await value(two, "x"))
        await one.commit()
    async with shop.unit(level) as two:
        seen.append(await value(two, "x"))

    assert seen == [10, 10, 10, 11]


async def test_information_never_flows_in_a_circle(
    shop: Shop, level: IsolationName
) -> None:
    """Contract 18: G1c. Of two open units, neither sees what the other changed."""
    async with shop.unit(level) as one, shop.unit(level) as two:
        (await one.counters.get("x")).value = 11
        (await two.counters.get("y")).value = 22

        assert (await value(one, "y"), await value(two, "x")) == (20, 10)
        await one.commit()
        with suppress(ConcurrencyConflictError):  # serializable: each read the other's
            await two.commit()


async def test_what_was_observed_does_not_vanish(
    shop: Shop, level: IsolationName
) -> None:
    """Contract 18: OTV. Who has seen one write of a unit sees all its other ones."""
    async with shop.unit(level) as reader:
        await shop.put(x=11, y=19)
        await shop.put(x=12, y=18)

        assert (await value(reader, "x"), await value(reader, "y")) == (12, 18)


async def test_a_loaded_aggregate_stays_as_loaded(
    shop: Shop, level: IsolationName
) -> None:
    """Contract 18: P2, the fuzzy read. A second read gives the same values again."""
    async with shop.unit(level) as uow:
        first = await value(uow, "x")
        await shop.put(x=11)
        found = await uow.counters.matching(Counter.name == "x")

        assert (first, await value(uow, "x"), found[0].value) == (10, 10, 10)


async def test_an_update_is_never_lost(shop: Shop, level: IsolationName) -> None:
    """Contract 18: P4. Of two units that add to one value, the second conflicts."""
    async with shop.unit(level) as one, shop.unit(level) as two:
        for uow in (one, two):
            (await uow.counters.get("x")).value += 1
        await one.commit()
        with pytest.raises(ConcurrencyConflictError):
            await two.commit()

    assert (await shop.counters())["x"] == 11


async def test_a_write_by_predicate_never_misses_a_change(
    shop: Shop, level: IsolationName
) -> None:
    """Contract 18: PMP for writes. A remove of what has changed meanwhile conflicts."""
    async with shop.unit(level) as one, shop.unit(level) as two:
        for changed in await one.counters.matching(Counter.value >= 0):
            changed.value += 10
        for found in await two.counters.matching(Counter.value == 20):
            two.counters.remove(found)
        await one.commit()
        with pytest.raises(ConcurrencyConflictError):
            await two.commit()

    assert await shop.counters() == {"x": 20, "y": 30}


async def test_phantoms_show_under_read_committed_only(
    shop: Shop, level: IsolationName
) -> None:
    """Contract 18: PMP. A query sees rows that were not there the first time."""
    async with shop.unit(level) as uow:
        before = await uow.counters.count(Counter.value == 30)
        await shop.put(z=30)
        after = await uow.counters.count(Counter.value == 30)
        loaded = await uow.counters.matching(Counter.value == 30)

    shown = level == "read_committed"
    assert (before, after, len(loaded)) == (0, int(shown), int(shown))


async def test_read_skew_shows_under_read_committed_only(
    shop: Shop, level: IsolationName
) -> None:
    """Contract 18: G-single. Two rows are read from two different moments."""
    async with shop.unit(level) as uow:
        x = await value(uow, "x")
        await shop.put(x=12, y=18)
        y = await value(uow, "y")

    assert (x, y) == ((10, 18) if level == "read_committed" else (10, 20))


async def test_read_skew_by_predicates_shows_under_read_committed_only(
    shop: Shop, level: IsolationName
) -> None:
    """Contract 18: G-single with predicates. Two counts are of different moments."""
    async with shop.unit(level) as uow:
        tens = await uow.counters.count(Counter.value == 10)
        await shop.put(x=12)
        twelves = await uow.counters.count(Counter.value == 12)

    assert (tens, twelves) == (1, int(level == "read_committed"))


async def test_a_skewed_read_is_never_written(shop: Shop, level: IsolationName) -> None:
    """Contract 18: G-single for writes. What a stale query found is not removed."""
    async with shop.unit(level) as uow:
        await value(uow, "x")
        await shop.put(x=12, y=18)
        for found in await uow.counters.matching(Counter.value == 20):
            uow.counters.remove(found)
        with suppress(ConcurrencyConflictError):
            await uow.commit()

    assert await shop.counters() == {"x": 12, "y": 18}


async def test_write_skew_shows_unless_serializable(
    shop: Shop, level: IsolationName
) -> None:
    """Contract 18: G2-item. Two units read both rows, and each changes another one."""
    async with shop.unit(level) as one, shop.unit(level) as two:
        for uow, name, written in ((one, "x", 11), (two, "y", 21)):
            assert await value(uow, "x") + await value(uow, "y") == 30
            (await uow.counters.get(name)).value = written
        await one.commit()
        conflict = await conflicts(two)

    assert conflict is (level == "serializable")
    assert await shop.counters() == {"x": 11, "y": 20 if conflict else 21}


async def test_write_skew_by_phantoms_shows_unless_serializable(
    shop: Shop, level: IsolationName
) -> None:
    """Contract 18: G2. Two units find nothing, and each adds what the other missed."""
    async with shop.unit(level) as one, shop.unit(level) as two:
        for uow, name in ((one, "a"), (two, "b")):
            assert not await uow.counters.exists(Counter.value == 30)
            uow.counters.add(Counter(name=name, value=30))
        await one.commit()
        conflict = await conflicts(two)

    assert conflict is (level == "serializable")
    assert len(await shop.counters()) == (3 if conflict else 4)


async def test_the_read_only_anomaly_shows_unless_serializable(
    shop: Shop, level: IsolationName
) -> None:
    """Contract 18: G2 with two edges. A reader sees a state that no order explains."""
    async with shop.unit(level) as one:
        assert await value(one, "x") + await value(one, "y") == 30
        await shop.put(y=25)
        async with shop.unit(level, read_only=True) as reader:
            assert (await value(reader, "x"), await value(reader, "y")) == (10, 25)
        (await one.counters.get("x")).value = 0
        conflict = await conflicts(one)

    assert conflict is (level == "serializable")


async def conflicts(uow: ShopUnitOfWork) -> bool:
    """Commit; tell whether it was a conflict."""
    try:
        await uow.commit()
    except ConcurrencyConflictError:
        return True
    return False
