"""Contract 32: a statement that would never end is stopped, on SQLite too.

Without the interruption these tests would not fail: they would not end.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from tests.shop import Counter, ShopUnitOfWork, shop_schema
from unitwork import Outcome, PersistenceError, StatementTimeoutError, all_of
from unitwork.adapters.sqlalchemy import SqlAlchemyDatabase, SqlAlchemyUnitOfWork

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
COUNT = text(f"{ENDLESS} SELECT count(*) FROM n")


class SqlShop(SqlAlchemyUnitOfWork, ShopUnitOfWork): ...


@asynccontextmanager
async def endless(folder: Path, **options: Any) -> AsyncIterator[SqlAlchemyDatabase]:
    """Open a database in which tickets never end, but counters do."""
    url = f"sqlite+aiosqlite:///{folder / 'shop.db'}"
    database = SqlAlchemyDatabase(shop_schema(), url, **options)
    await database.create_all()
    async with database.engine.begin() as connection:
        await connection.exec_driver_sql("DROP TABLE folder")
        await connection.exec_driver_sql(
            f"CREATE VIEW folder AS {ENDLESS}"
            " SELECT i AS name, i AS parent, 1 AS version FROM n"
        )
    yield database
    await database.dispose()


async def check_that_it_works(database: SqlAlchemyDatabase) -> None:
    """Neither a lock nor an open transaction nor a connection is left."""
    async with SqlShop(database) as uow:
        uow.counters.add(Counter(name="after"))
        await uow.commit()
    async with SqlShop(database) as uow:
        assert [c.name for c in await uow.counters.matching(all_of())] == ["after"]
    pool: Any = database.engine.sync_engine.pool
    assert pool.checkedout() == 0


async def test_a_read_that_is_cancelled_ends(tmp_path: Path) -> None:
    """Contract 32: by asyncio.timeout; the unit is rolled back."""
    async with endless(tmp_path) as database:
        uow = SqlShop(database)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1), uow:
                uow.counters.add(Counter(name="lost"))
                await uow.folders.count()
        assert uow.outcome is Outcome.ROLLED_BACK
        await check_that_it_works(database)


async def test_a_read_that_takes_too_long_ends(tmp_path: Path) -> None:
    """Contract 32: by the statement_timeout of the database object."""
    async with endless(tmp_path, statement_timeout=0.1) as database:
        with pytest.raises(StatementTimeoutError) as stopped:
            async with SqlShop(database) as uow:
                await uow.folders.count()
        assert stopped.value.retryable
        await check_that_it_works(database)


async def test_a_raw_statement_that_is_cancelled_ends(tmp_path: Path) -> None:
    """Contract 32: in the middle of a transaction that had written."""
    async with endless(tmp_path) as database:
        uow = SqlShop(database)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1), uow:
                uow.counters.add(Counter(name="lost"))
                await (await uow.connection()).execute(COUNT)
        assert uow.outcome is Outcome.ROLLED_BACK
        await check_that_it_works(database)


async def test_a_cancelled_statement_that_was_swallowed_dooms_the_unit(
    tmp_path: Path,
) -> None:
    """Contract 28: an interrupted statement may have ended the transaction."""
    async with endless(tmp_path) as database:
        async with SqlShop(database) as uow:
            uow.counters.add(Counter(name="lost"))
            connection = await uow.connection()
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await connection.execute(COUNT)
            with pytest.raises(PersistenceError):
                await uow.commit()
        assert uow.outcome is Outcome.ROLLED_BACK
        await check_that_it_works(database)
