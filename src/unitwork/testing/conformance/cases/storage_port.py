"""What a session of the storage port must do even where the core would hide it.

Units ask a storage for nothing that they hold already; so a session that reads a key
twice, or gives too much, can look right from outside. These cases ask the session.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from unitwork.adapters.mapping.description import SortTerm
from unitwork.adapters.storage import (
    AbstractStorageSession,
    Isolation,
    Query,
    UnitOptions,
)
from unitwork.testing.conformance.declaring import needs
from unitwork.testing.conformance.shop import (
    Counter,
    Order,
    OrderLine,
    Shop,
    an_order,
)

UP, DOWN = SortTerm(1, False, False), SortTerm(1, True, False)  # noqa: FBT003 - by place
KEY, KEY_DOWN = SortTerm(0, False, False), SortTerm(0, True, False)  # noqa: FBT003


@asynccontextmanager
async def session_of(
    shop: Shop, isolation: Isolation = Isolation.READ_COMMITTED
) -> AsyncIterator[AbstractStorageSession]:
    """Open a session as a unit does."""
    session = shop.database.session(UnitOptions(isolation))
    try:
        yield session
    finally:
        await session.close()


@pytest.mark.parametrize(
    ("order", "after", "left"),
    [
        ((UP, KEY), (1, "b"), ["c", "d", "e"]),
        ((UP, KEY), (1, "c"), ["d", "e"]),
        ((UP, KEY_DOWN), (1, "c"), ["b", "e", "d"]),
        ((DOWN, KEY), (2, "d"), ["e", "b", "c", "a"]),
        ((DOWN, KEY_DOWN), (1, "b"), ["a"]),
        ((UP, KEY), (2, "e"), []),
    ],
)
async def test_a_query_goes_on_strictly_after_the_values_of_all_its_terms(
    shop: Shop, order: tuple[SortTerm, ...], after: tuple[Any, ...], left: list[str]
) -> None:
    """Contract 23: what is tied in the first term is told apart by the others."""
    await shop.put(a=0, b=1, c=1, d=2, e=2)
    counters = shop.database.schema.mapping(Counter)
    async with session_of(shop) as session:
        found = await session.scan(Query(counters, order=order, after=after))
        first = await session.scan(Query(counters, order=order, after=after, limit=1))
    assert [record.key for record in found] == left
    assert [record.key for record in first] == left[:1]


async def test_all_keys_that_are_stored_are_loaded_and_no_others(shop: Shop) -> None:
    """Contract 12, 22: any number of keys at once, in any order."""
    await shop.put(**{f"c{number}": number for number in range(1200)})
    counters = shop.database.schema.mapping(Counter)
    wanted = [f"c{number}" for number in range(2398, -2, -2)]
    async with session_of(shop) as session:
        found = await session.load(counters, wanted)
        none = await session.load(counters, ["nobody"])
    assert sorted(record.key for record in found) == sorted(wanted[600:])
    assert all(record.state[0][0] == (r := record.key, int(r[1:])) for record in found)
    assert none == []


async def test_a_session_that_reads_again_reads_a_whole_aggregate_again(
    shop: Shop,
) -> None:
    """Contract 18, 19: root and children are of one moment, the last one."""
    await shop.store(stored := an_order())
    orders = shop.database.schema.mapping(Order)
    async with session_of(shop) as session:
        before = await session.load(orders, [stored.id])
        async with shop.unit() as uow:
            order = await uow.orders.get(stored.id)
            order.priority, order.lines = 7, [OrderLine("SOFA", 3)]
            await uow.commit()
        loaded = await session.load(orders, [stored.id])
        scanned = await session.scan(Query(orders, order=(KEY,)))
    assert loaded == scanned
    assert loaded != before
    read: Order = orders.load(loaded[0].state)
    assert read.priority == 7
    assert [(line.sku, line.quantity) for line in read.lines] == [("SOFA", 3)]


@needs("snapshot")
async def test_every_call_of_a_snapshot_sees_its_first_moment(shop: Shop) -> None:
    """Contract 18: by key, by query, counted, or asked whether it is there."""
    await shop.put(a=1)
    counters = shop.database.schema.mapping(Counter)
    everything = Query(counters, order=(KEY,))
    async with session_of(shop, Isolation.SNAPSHOT) as session:
        assert len(await session.load(counters, ["a", "b"])) == 1
        async with shop.unit() as uow:
            uow.counters.remove(await uow.counters.get("a"))
            uow.counters.add(Counter(name="b", value=2))
            uow.counters.add(Counter(name="c", value=3))
            await uow.commit()
        loaded = await session.load(counters, ["a", "b"])
        scanned = await session.scan(everything)
        counted = await session.count(everything)
        there = await session.exists(Query(counters, excluding=("a",)))
    assert [record.key for record in loaded] == ["a"]
    assert [record.key for record in scanned] == ["a"]
    assert (counted, there) == (1, False)


@needs("locks")
async def test_a_lock_reads_the_latest_commit_whatever_was_read_before(
    shop: Shop,
) -> None:
    """Contract 21: at read_committed, the state and the version are those of now."""
    await shop.put(a=1)
    counters = shop.database.schema.mapping(Counter)
    async with session_of(shop) as session:
        before = await session.load(counters, ["a"])
        await shop.put(a=2)
        locked = await session.lock(counters, "a")
    async with session_of(shop) as session:
        after = await session.load(counters, ["a"])
    assert locked == after[0]
    assert locked.state[0][0] == ("a", 2)
    assert locked.version != before[0].version
