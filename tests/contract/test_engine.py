"""`database.engine`: connections of one's own, from the pool that units use."""

import asyncio
from typing import TYPE_CHECKING, Any, cast

import pytest
from sqlalchemy import text

from tests.shop import Shop, open_shop
from unitwork.adapters.sqlalchemy import PoolOptions

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from tests.storages import SqlStorage
    from unitwork.adapters.sqlalchemy import SqlAlchemyDatabase

ADD = text("UPDATE counter SET value = value + 1")


class Enough(Exception):  # noqa: N818 - it is no error
    """Ends a block."""


def engine_of(shop: Shop) -> "AsyncEngine":
    """Return the engine for user code."""
    return cast("SqlAlchemyDatabase", shop.database).engine


async def test_the_engine_commits_and_rolls_back_as_sqlalchemy_says(
    sql_storage: "SqlStorage",
) -> None:
    """Contract 29: and leaves nothing open."""
    async with open_shop(sql_storage, pool=PoolOptions(1, 0, 5)) as shop:
        await shop.put(a=0)
        engine = engine_of(shop)
        async with engine.begin() as connection:
            await connection.execute(ADD)
            async with connection.begin_nested():
                await connection.execute(ADD)
            undone = await connection.begin_nested()
            await connection.execute(ADD)
            await undone.rollback()
        async with engine.connect() as connection:
            await connection.execute(ADD)
            await connection.rollback()
            await connection.execute(ADD)
        with pytest.raises(Enough):
            async with engine.begin() as connection:
                await connection.execute(ADD)
                raise Enough

        assert await shop.counters() == {"a": 2}


@pytest.mark.parametrize("opening", ["connect", "begin"])
async def test_a_cancelled_use_of_the_engine_costs_no_connection(
    sql_storage: "SqlStorage", opening: str
) -> None:
    """Contract 29: wherever it was cancelled, the unit that comes next works."""
    async with open_shop(sql_storage, pool=PoolOptions(1, 0, 5)) as shop:
        await shop.put(a=0)
        engine: Any = engine_of(shop)

        async def use() -> None:
            async with getattr(engine, opening)() as connection:
                await connection.execute(ADD)

        for turns in range(40):
            task = asyncio.create_task(use())
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task])
            assert task.cancelled() or task.exception() is None
            assert engine.pool.checkedout() == 0
            assert (await shop.counters()).keys() == {"a"}
