"""Contract 28: what ended the whole transaction is not redeemed by a savepoint.

Each failure is met in a nested scope, is swallowed outside of it, and the outer block
goes on as if nothing had been.
"""

import asyncio
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import exc, text

from tests.shop import Counter, Shop, open_shop
from tests.storages import STORAGES, Servers
from unitwork import (
    ConcurrencyConflictError,
    Outcome,
    PersistenceError,
    StorageFullError,
)

SERVERS = ["postgresql-asyncpg", "postgresql-psycopg", "mariadb"]
INSERT = text("INSERT INTO counter (name, value, version) VALUES (:name, 1, 7)")
ADD = text("UPDATE counter SET value = value + 1 WHERE name = :name")
ENDLESS = text("""
    INSERT INTO counter (name, value, version)
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
    SELECT i, 1, 7 FROM n
""")
LARGE = text("""
    INSERT INTO counter (name, value, version) VALUES (hex(zeroblob(1000000)), 1, 7)
""")


async def refused(uow: Any) -> PersistenceError:
    """Commit, which must not report success."""
    with pytest.raises(PersistenceError) as raised:
        await uow.commit()
    assert uow.outcome is raised.value.outcome is Outcome.ROLLED_BACK
    return raised.value


@pytest.mark.parametrize("server", SERVERS)
async def test_a_deadlock_that_was_swallowed_dooms_the_whole_unit(
    servers: Servers, server: str
) -> None:
    """Contract 28: the one that was chosen to fail, and all it did before."""
    met, ends = asyncio.Barrier(2), {}

    async def cross(shop: Shop, first: str, second: str) -> None:
        uow: Any = shop.unit()
        async with uow:
            connection = await uow.connection()
            await connection.execute(INSERT, {"name": f"by {first}"})
            await connection.execute(ADD, {"name": first})
            await met.wait()
            try:
                async with uow:
                    await connection.execute(ADD, {"name": second})
                    await uow.commit()
            except exc.DBAPIError:
                ends[first] = type(await refused(uow))
            else:
                await uow.commit()

    async with open_shop(STORAGES[server](servers)) as shop:
        await shop.put(a=0, b=0)
        await asyncio.gather(cross(shop, "a", "b"), cross(shop, "b", "a"))
        [(loser, kind)] = ends.items()
        [winner] = {"a", "b"} - {loser}

        assert kind is ConcurrencyConflictError
        assert await shop.counters() == {"a": 1, "b": 1, f"by {winner}": 1}


async def test_a_full_disk_that_was_swallowed_dooms_the_whole_unit(
    servers: Servers,
) -> None:
    """Contract 28: SQLite rolls everything back when a row finds no room."""
    async with open_shop(STORAGES["sqlite"](servers)) as shop:
        uow: Any = shop.unit()
        async with uow:
            uow.counters.add(Counter(name="pending"))
            connection = await uow.connection()
            pages = await connection.scalar(text("PRAGMA page_count"))
            await connection.execute(text(f"PRAGMA max_page_count = {pages}"))
            with suppress(exc.DBAPIError):
                async with uow:
                    await connection.execute(LARGE)
            assert type(await refused(uow)) is StorageFullError

        assert await shop.counters() == {}


async def test_an_interrupted_write_that_was_swallowed_dooms_the_whole_unit(
    servers: Servers,
) -> None:
    """Contract 28: SQLite rolls everything back when a write is interrupted."""
    async with open_shop(STORAGES["sqlite"](servers)) as shop:
        uow: Any = shop.unit()
        async with uow:
            uow.counters.add(Counter(name="pending"))
            connection = await uow.connection()
            with suppress(TimeoutError):
                async with asyncio.timeout(0.1), uow:
                    await connection.execute(ENDLESS)
            await refused(uow)

        assert await shop.counters() == {}
