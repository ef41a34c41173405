"""How many connections a unit holds, and from when to when."""

from typing import cast

import pytest

from tests.shop import Counter, open_shop
from tests.storages import Storage
from unitwork import all_of
from unitwork.adapters.making import IsolationName
from unitwork.adapters.sqlalchemy import (
    PoolOptions,
    SqlAlchemyDatabase,
)

ISOLATIONS: list["IsolationName"] = ["read_committed", "snapshot", "serializable"]


ONE_CONNECTION = PoolOptions(size=1, overflow=0, timeout=5)


TWO_CONNECTIONS = PoolOptions(size=2, overflow=0, timeout=5)


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


async def test_a_stream_holds_no_connection_between_its_chunks(
    sql_storage: "Storage",
) -> None:
    """Contract 23: with a pool of one, others work while the stream is under way."""
    one = PoolOptions(size=1, overflow=0, timeout=0.5)
    async with open_shop(sql_storage, pool=one) as shop:
        await shop.put(a=1, b=2, c=3)
        async with shop.unit() as uow:
            async for _ in uow.counters.stream(chunk_size=1):
                await shop.put(z=1)

        assert await shop.counters() == {"a": 1, "b": 2, "c": 3, "z": 1}
