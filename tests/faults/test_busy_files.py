"""Contract 21, 25, 32: a file that another process writes to is waited for, in tasks.

Where a test gives an hour, it would not fail but take one.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.shop import Counter, ShopUnitOfWork, shop_schema
from unitwork import Outcome, StorageBusyError
from unitwork.adapters.sqlalchemy import SqlAlchemyDatabase, SqlAlchemyUnitOfWork

AN_HOUR = 3600.0
INSERT = sa.text("INSERT INTO counter (name, value, version) VALUES (:name, 1, 1)")


class SqlShop(SqlAlchemyUnitOfWork, ShopUnitOfWork): ...


@asynccontextmanager
async def shop(folder: Path, *, lock_timeout: float) -> AsyncIterator[SqlShop]:
    """Open a shop of tables."""
    url = f"sqlite+aiosqlite:///{folder / 'shop.db'}"
    database = SqlAlchemyDatabase(shop_schema(), url, lock_timeout=lock_timeout)
    await database.create_all()
    yield SqlShop(database)
    await database.dispose()


@contextmanager
def another_process(folder: Path) -> Iterator[sqlite3.Connection]:
    """Write to the file, as somebody who does not queue with the units."""
    connection = sqlite3.connect(folder / "shop.db", isolation_level=None)
    with closing(connection):
        connection.execute("BEGIN IMMEDIATE")
        yield connection


async def insert(uow: SqlShop) -> None:
    async with uow:
        uow.counters.add(Counter(name="a"))
        await uow.commit()


async def lock(uow: SqlShop) -> None:
    async with uow:
        await uow.counters.find("a", lock=True)


async def insert_beside(uow: SqlShop) -> None:
    database = uow.database
    assert isinstance(database, SqlAlchemyDatabase)
    async with database.engine.begin() as connection:
        await connection.execute(INSERT, {"name": "a"})


@pytest.mark.parametrize("write", [insert, lock, insert_beside])
async def test_who_waits_for_a_busy_file_can_be_cancelled(
    tmp_path: Path, write: Callable[[SqlShop], Awaitable[None]]
) -> None:
    """Contract 32: SQLite's own waiting would not heed an interrupt."""
    async with shop(tmp_path, lock_timeout=AN_HOUR) as uow:
        with another_process(tmp_path), pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await write(uow)
        await insert(uow)
        assert uow.outcome is Outcome.COMMITTED


async def test_a_busy_file_is_written_to_when_it_is_free(tmp_path: Path) -> None:
    """Contract 25: whoever waits needs no luck."""
    async with shop(tmp_path, lock_timeout=AN_HOUR) as uow:
        with another_process(tmp_path) as other:
            asyncio.get_running_loop().call_later(0.02, other.rollback)
            await insert(uow)
        assert uow.outcome is Outcome.COMMITTED


async def test_a_busy_file_is_waited_for_as_long_as_was_said(tmp_path: Path) -> None:
    """Contract 21: at most lock_timeout."""
    async with shop(tmp_path, lock_timeout=0.05) as uow:
        with another_process(tmp_path), pytest.raises(StorageBusyError) as busy:
            await insert(uow)
        assert busy.value.retryable
        assert uow.outcome is Outcome.ROLLED_BACK


async def test_a_snapshot_that_is_too_old_to_write_is_not_waited_for(
    tmp_path: Path,
) -> None:
    """Contract 32: it will not become any younger."""
    async with shop(tmp_path, lock_timeout=AN_HOUR) as uow:
        database = uow.database
        assert isinstance(database, SqlAlchemyDatabase)
        async with database.engine.connect() as connection:
            await connection.execute(sa.text("SELECT * FROM counter"))
            await insert(uow)
            with pytest.raises(sa.exc.OperationalError, match="locked"):
                await connection.execute(INSERT, {"name": "b"})
