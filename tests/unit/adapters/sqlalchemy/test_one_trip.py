"""How often a statement on SQLite goes to the connection's thread."""

import sqlite3
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from unitwork.adapters.sqlalchemy.dialects.interruptible import InterruptibleConnection
from unitwork.adapters.sqlalchemy.dialects.one_trip import OneTripCursor

NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION SELECT i + 1 FROM n LIMIT {})"


class Counting(InterruptibleConnection):
    """Counts its trips."""

    trips = 0

    async def _execute(self, fn: Any, *args: Any, **kwargs: Any) -> Any:
        self.trips += 1
        return await super()._execute(fn, *args, **kwargs)


@pytest.fixture
async def connection() -> AsyncIterator[Counting]:
    made = Counting(partial(sqlite3.connect, ":memory:"), lock_timeout=0)
    async with made:
        await made.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v)")
        made.trips = 0
        yield made


def numbers(rows: int) -> str:
    return f"{NUMBERS.format(rows)} SELECT i FROM n"


@pytest.mark.parametrize(
    ("rows", "trips"), [(0, 1), (1, 1), (63, 1), (64, 2), (999, 2)]
)
async def test_a_statement_is_a_trip_and_two_if_it_has_many_rows(
    connection: Counting, rows: int, trips: int
) -> None:
    async with connection.cursor() as cursor:
        await cursor.execute(numbers(rows) if rows else "SELECT 1 WHERE 0")
        found = [number for (number,) in await cursor.fetchall()]
    assert found == list(range(1, rows + 1))
    assert connection.trips == trips


async def test_a_write_is_a_trip_and_tells_what_it_did(connection: Counting) -> None:
    cursor = await connection.cursor()
    await cursor.execute("INSERT INTO t (v) VALUES (?)", ("a",))
    assert (cursor.rowcount, cursor.lastrowid, cursor.description) == (1, 1, None)
    await cursor.executemany("INSERT INTO t (v) VALUES (?)", [("b",), ("c",)])
    assert cursor.rowcount == 2
    await cursor.execute("UPDATE t SET v = 'd' WHERE id > 1 RETURNING id")
    assert [*await cursor.fetchall()] == [(2,), (3,)]
    assert (cursor.rowcount, cursor.description[0][0]) == (2, "id")
    await cursor.close()
    assert connection.trips == 3


async def test_rows_are_fetched_as_they_are_asked_for(connection: Counting) -> None:
    """A stream holds no more than it must."""
    cursor = await connection.cursor()
    await cursor.execute(numbers(200))
    assert [row[0] for row in await cursor.fetchmany(10)] == list(range(1, 11))
    assert [row[0] for row in await cursor.fetchmany(60)] == list(range(11, 71))
    assert await cursor.fetchmany() == [(71,)]
    assert await cursor.fetchone() == (72,)
    assert [row[0] async for row in cursor] == list(range(73, 201))
    assert await cursor.fetchone() is None
    assert await cursor.fetchmany(5) == []
    assert [*await cursor.fetchall()] == []


async def test_a_closed_cursor_keeps_no_table_locked(connection: Counting) -> None:
    """And one that is used again has ended what it did before."""
    cursor = await connection.cursor()
    await cursor.execute(f"INSERT INTO t (id) {numbers(200)}")
    await cursor.execute("SELECT id FROM t")
    other = await connection.cursor()
    with pytest.raises(sqlite3.OperationalError, match="table is locked"):
        await other.execute("DROP TABLE t")
    await cursor.execute("SELECT id FROM t")
    await cursor.close()
    await other.execute("DROP TABLE t")


class Busy:
    """A cursor that meets a lock when it fetches, after it has executed."""

    description = None
    executed = 0

    def execute(self, *_: object) -> None:
        self.executed += 1

    def fetchmany(self, _: int) -> None:
        error = sqlite3.OperationalError("database is locked")
        error.sqlite_errorcode = sqlite3.SQLITE_BUSY
        raise error

    def close(self) -> None: ...


async def test_what_has_begun_is_not_executed_again() -> None:
    """It may have written: only the first step says whether it had the lock."""
    busy: Any = Busy()
    made = InterruptibleConnection(partial(sqlite3.connect, ":memory:"), lock_timeout=9)
    async with made:
        cursor = OneTripCursor(made._execute, lambda: busy)
        with pytest.raises(sqlite3.OperationalError, match="is locked"):
            await cursor.execute("INSERT INTO t VALUES (1) RETURNING 1")
    assert busy.executed == 1


async def test_a_connection_that_is_closed_says_so_as_the_drivers_own() -> None:
    """SQLAlchemy knows it by its text."""
    engine = create_async_engine(
        "sqlite+aiosqlite://",
        connect_args={
            "async_creator_fn": lambda *args, **_: InterruptibleConnection(
                partial(sqlite3.connect, *args), lock_timeout=0
            )
        },
    )
    async with engine.connect() as open_one:
        raw: Any = await open_one.get_raw_connection()
        await raw.driver_connection.close()
        with pytest.raises(sa.exc.OperationalError, match="Connection closed") as lost:
            await open_one.execute(sa.text("SELECT 1"))
        assert lost.value.connection_invalidated
        await open_one.invalidate()
    await engine.dispose()
