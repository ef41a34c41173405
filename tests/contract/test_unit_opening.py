"""Opening a unit, committing it once, dropping it; read-only units."""

import gc
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.shop import Counter, Customer, Paid, Shop, ShopUnitOfWork, open_shop
from unitwork import (
    Outcome,
    PersistenceError,
    ReadOnlyError,
    UniqueViolationError,
    UnitOfWorkClosedError,
    UnitOfWorkNotOpenError,
    all_of,
    new_id,
)
from unitwork.adapters.sqlalchemy import PoolOptions

if TYPE_CHECKING:
    from tests.storages import Storage
    from unitwork.adapters.sqlalchemy import SqlAlchemyDatabase, SqlAlchemyUnitOfWork
    from unitwork.adapters.unit_of_work import IsolationName

ISOLATIONS: list["IsolationName"] = ["read_committed", "snapshot", "serializable"]
ONE_CONNECTION = PoolOptions(size=1, overflow=0, timeout=5)
TWO_CONNECTIONS = PoolOptions(size=2, overflow=0, timeout=5)


async def test_a_unit_without_reads_and_writes_touches_no_storage(
    shop: Shop, calls: list[str]
) -> None:
    """Contract 1: opening, nesting and an empty commit take no connection."""
    async with shop.unit() as uow:
        async with uow:
            uow.counters.add(counter := Counter(name="a"))
            await uow.commit()
        uow.counters.remove(counter)
        await uow.commit()
    assert calls == []


async def test_a_unit_that_only_read_commits_without_writing(
    shop: Shop, calls: list[str]
) -> None:
    """Contract 1: a commit with nothing to write asks storage for nothing."""
    async with shop.unit() as uow:
        assert await uow.counters.find("a") is None
        assert calls == ["load"]
        await uow.commit()
    assert calls == ["load"]
    assert uow.outcome is Outcome.COMMITTED


async def test_a_connection_is_taken_by_the_first_read_and_given_back(
    sql_storage: "Storage",
) -> None:
    """Contract 1: no connection before the first read, none after the end."""
    async with open_shop(sql_storage, pool=ONE_CONNECTION) as shop:
        pool = cast("SqlAlchemyDatabase", shop.database).engine.pool
        async with shop.unit("snapshot") as uow:
            uow.counters.add(Counter(name="a"))
            assert pool.checkedout() == 0  # type: ignore[attr-defined]  # a QueuePool
            await uow.counters.find("b")
            assert pool.checkedout() == 1  # type: ignore[attr-defined]
            await uow.commit()
        assert pool.checkedout() == 0  # type: ignore[attr-defined]


@pytest.mark.parametrize("isolation", ISOLATIONS)
async def test_a_unit_needs_one_connection_from_its_first_read_to_its_commit(
    storage: "Storage", isolation: "IsolationName"
) -> None:
    """Contract 1: a unit never holds two connections; a pool of one serves it."""
    async with open_shop(storage, pool=ONE_CONNECTION) as shop:
        await shop.store(Counter(name="a"))
        async with shop.unit(isolation) as uow:
            counter = await uow.counters.get("a")
            assert await uow.counters.count() == 1
            counter.value = 1
            async with uow:
                uow.counters.add(Counter(name="b"))
                await uow.commit()
            await uow.commit()
        async with shop.unit(isolation) as uow:
            assert (await uow.counters.get("a")).value == 1
            assert await uow.counters.count() == 2


@pytest.mark.parametrize("isolation", ISOLATIONS)
async def test_two_units_on_a_pool_of_two_do_not_wait_for_each_other(
    storage: "Storage", isolation: "IsolationName"
) -> None:
    """Contract 1: units that hold their connections can all commit."""
    async with open_shop(storage, pool=TWO_CONNECTIONS) as shop:
        await shop.store(Counter(name="a"), Counter(name="b"))
        async with shop.unit(isolation) as one, shop.unit(isolation) as two:
            (await one.counters.get("a")).value = 1
            (await two.counters.get("b")).value = 2
            await one.commit()
            await two.commit()
        async with shop.unit() as uow:
            found = await uow.counters.matching(all_of())
        assert [counter.value for counter in found] == [1, 2]


async def test_what_was_committed_is_there_for_every_other_unit(shop: Shop) -> None:
    """Contract 2: commit returns when everything is durable, and not before."""
    async with shop.unit() as uow, shop.unit() as other:
        uow.counters.add(Counter(name="a", value=7))
        assert await other.counters.find("a") is None
        await uow.commit()
        assert (await other.counters.get("a")).value == 7


async def test_a_commit_that_fails_leaves_nothing_of_the_unit(shop: Shop) -> None:
    """Contract 2: otherwise it raises, and nothing is visible to anyone."""
    await shop.store(Customer(name="Ada", email="a@b.c"), Counter(name="kept"))
    async with shop.unit() as uow:
        uow.counters.add(Counter(name="new"))
        (await uow.counters.get("kept")).value = 1
        uow.customers.add(Customer(name="Eve", email="a@b.c"))
        with pytest.raises(UniqueViolationError):
            await uow.commit()
        assert uow.outcome is Outcome.ROLLED_BACK
    async with shop.unit() as uow:
        assert await uow.counters.find("new") is None
        assert (await uow.counters.get("kept")).value == 0
        assert await uow.customers.count() == 1


async def _stream(uow: ShopUnitOfWork) -> None:
    async for _ in uow.counters.stream():
        pass


async def _nested(uow: ShopUnitOfWork) -> None:
    async with uow:
        pass


async def _added(uow: ShopUnitOfWork) -> None:
    uow.counters.add(Counter(name="b"))


async def _removed(uow: ShopUnitOfWork) -> None:
    uow.counters.remove(Counter(name="b"))


async def _recorded(uow: ShopUnitOfWork) -> None:
    uow.record(Counter(name="b"), Paid(new_id()))


Use = Callable[[ShopUnitOfWork], Awaitable[Any]]
USES: dict[str, Use] = {
    "add": _added,
    "remove": _removed,
    "record": _recorded,
    "get": lambda uow: uow.counters.get("a"),
    "find": lambda uow: uow.counters.find("a"),
    "matching": lambda uow: uow.counters.matching(all_of()),
    "first": lambda uow: uow.counters.first(all_of()),
    "count": lambda uow: uow.counters.count(),
    "exists": lambda uow: uow.counters.exists(all_of()),
    "page": lambda uow: uow.counters.page(),
    "stream": _stream,
    "nested": _nested,
    "commit": lambda uow: uow.commit(),
    "rollback": lambda uow: uow.rollback(),
}


async def test_a_block_commits_once_and_is_not_used_after_it(shop: Shop) -> None:
    """Contract 2: later use of the unit in the block raises; afterwards too."""
    async with shop.unit() as uow:
        uow.counters.add(Counter(name="a"))
        await uow.commit()
        for use in USES.values():
            with pytest.raises(UnitOfWorkClosedError, match="has ended: committed"):
                await use(uow)
    for name, use in USES.items():
        if name != "nested":  # that opens a new unit
            with pytest.raises(UnitOfWorkClosedError, match="has ended: committed"):
                await use(uow)
    assert uow.outcome is Outcome.COMMITTED


async def test_a_block_is_not_used_after_a_rollback_either(shop: Shop) -> None:
    """Contract 2: a block that was rolled back has ended as well."""
    async with shop.unit() as uow:
        await uow.rollback()
        for use in USES.values():
            with pytest.raises(UnitOfWorkClosedError, match="has ended: rolled back"):
                await use(uow)
    assert uow.outcome is Outcome.ROLLED_BACK


async def test_a_unit_is_not_used_before_it_is_open(shop: Shop) -> None:
    """Contract 2: a handle is no unit until a block opens one."""
    uow = shop.unit()
    for name, use in USES.items():
        if name != "nested":
            with pytest.raises(UnitOfWorkNotOpenError):
                await use(uow)
    assert uow.outcome is Outcome.NEW


async def test_a_closed_unit_opens_again_as_a_new_one(shop: Shop) -> None:
    """Contract 2: the same handle opens a new unit, which holds nothing yet."""
    uow = shop.unit()
    async with uow:
        uow.counters.add(first := Counter(name="a"))
        uow.record(first, Paid(new_id()))
        await uow.commit()
    async with uow:
        assert (uow.outcome, uow.events) == (Outcome.ACTIVE, ())
        second = await uow.counters.get("a")
        assert second is not first
        second.value = 1
        await uow.commit()
    async with uow:
        assert (await uow.counters.get("a")).value == 1


async def _put(uow: ShopUnitOfWork, name: str) -> None:
    """Serve a request, as a service does: open, change, commit."""
    async with uow:
        uow.counters.add(Counter(name=name))
        await uow.commit()


async def test_a_service_that_is_handed_a_new_unit_commits_it(shop: Shop) -> None:
    """Contract 3: its own block is the outermost: durable before the caller goes on."""
    uow = shop.unit()
    outcomes = [uow.outcome]
    await _put(uow, "a")
    outcomes.append(uow.outcome)

    assert outcomes == [Outcome.NEW, Outcome.COMMITTED]
    assert await shop.counters() == {"a": 0}


async def test_a_service_that_is_handed_an_open_unit_works_in_a_scope_of_it(
    shop: Shop,
) -> None:
    """Contract 3: the same service, called by another: who opened it commits or not."""
    for kept in (False, True):
        async with shop.unit() as uow:
            await _put(uow, "a")
            assert uow.outcome is Outcome.ACTIVE
            assert await uow.counters.exists(all_of())
            assert await shop.counters() == {}
            await (uow.commit() if kept else uow.rollback())
        assert await shop.counters() == ({"a": 0} if kept else {})


async def test_a_unit_dropped_while_open_warns_with_its_place(shop: Shop) -> None:
    """Contract 9: a ResourceWarning names where the unit was opened."""
    uow = shop.unit()
    await uow.__aenter__()
    await uow.counters.find("a")
    place = rf"opened at .*{Path(__file__).name}:\d+ was dropped while open"
    with pytest.warns(ResourceWarning, match=place):
        del uow
        gc.collect()


async def test_a_unit_dropped_after_its_end_does_not_warn(shop: Shop) -> None:
    """Contract 9: only open units are missed."""
    uow = shop.unit()
    async with uow:
        await uow.commit()
    del uow
    gc.collect()


async def test_a_read_only_unit_refuses_changes_at_commit(
    shop: Shop, calls: list[str]
) -> None:
    """Contract 11: what was changed, added and removed is named; nothing is sent."""
    await shop.store(Counter(name="a"), Counter(name="c"))
    calls.clear()
    async with shop.unit(read_only=True) as uow:
        (await uow.counters.get("a")).value = 1
        uow.counters.add(Counter(name="b"))
        uow.counters.remove(await uow.counters.get("c"))
        with pytest.raises(ReadOnlyError) as refused:
            await uow.commit()
    assert sorted(refused.value.changes) == [
        "added Counter 'b'",
        "changed Counter 'a'",
        "removed Counter 'c'",
    ]
    assert (uow.outcome, calls) == (Outcome.ROLLED_BACK, ["load", "load"])


async def test_a_read_only_unit_reads_and_commits(shop: Shop) -> None:
    """Contract 11: without changes it is a unit like any other."""
    await shop.store(Counter(name="a", value=3))
    async with shop.unit(read_only=True) as uow:
        assert (await uow.counters.get("a")).value == 3
        assert await uow.counters.count() == 1
        await uow.commit()
    assert uow.outcome is Outcome.COMMITTED


async def test_the_database_refuses_the_writes_of_a_read_only_unit(
    sql_storage: "Storage",
) -> None:
    """Contract 11: the raw hatch of a read-only unit cannot write either."""
    async with open_shop(sql_storage) as shop:
        await shop.store(Counter(name="a"))
        uow = shop.unit(read_only=True)
        with pytest.raises((DBAPIError, PersistenceError)):
            async with uow:
                raw = await cast("SqlAlchemyUnitOfWork", uow).connection()
                await raw.execute(text("DELETE FROM counter"))
        async with shop.unit() as uow:
            assert await uow.counters.exists(all_of())
            (await uow.counters.get("a")).value = 1
            await uow.commit()
