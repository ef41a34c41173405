"""How often a statement on SQLite goes to the connection's thread."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from unitwork.adapters.sqlalchemy.dialects.interruptible import InterruptibleConnection
from unitwork.adapters.sqlalchemy.dialects.one_trip import OneTripCursor, OneTripDriver

NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION SELECT i + 1 FROM n LIMIT {})"


class Counting(InterruptibleConnection):
    """Counts its trips, and the rows that it has made."""

    trips = rows = 0

    async def _execute(self, fn: Any, *args: Any, **kwargs: Any) -> Any:
        self.trips += 1
        return await super()._execute(fn, *args, **kwargs)

    def made(self, row: Any) -> Any:
        """Be called for each row, in the thread."""
        self.rows += 1
        return row


async def connect(*arguments: Any, **_: Any) -> Counting:
    connecting = partial(sqlite3.connect, *arguments, isolation_level=None)
    connection = Counting(connecting, lock_timeout=0)
    await connection
    await connection.create_function("made", 1, connection.made)
    return connection


@pytest.fixture
async def connection() -> AsyncIterator[AsyncConnection]:
    engine = create_async_engine(
        "sqlite+aiosqlite://",
        module=OneTripDriver(),
        connect_args={"async_creator_fn": connect},
        isolation_level="AUTOCOMMIT",
    )
    async with engine.connect() as opened:
        await opened.execute(text("CREATE TABLE t (id INTEGER PRIMARY KEY, v)"))
        (await driver(opened)).trips = 0
        yield opened
        await opened.invalidate()
    await engine.dispose()


async def driver(connection: AsyncConnection) -> Counting:
    raw: Any = await connection.get_raw_connection()
    found: Counting = raw.driver_connection
    return found


def numbers(rows: int, what: str = "i") -> sa.TextClause:
    return text(f"{NUMBERS.format(rows)} SELECT {what} FROM n")


@pytest.mark.parametrize("rows", [1, 64, 999])
async def test_a_statement_is_one_trip(connection: AsyncConnection, rows: int) -> None:
    """The cursor of aiosqlite needs four: open, execute, fetch, close."""
    found = list((await connection.execute(numbers(rows))).scalars())
    assert found == list(range(1, rows + 1))
    assert (await connection.execute(text("SELECT 1 WHERE 0"))).all() == []
    assert (await driver(connection)).trips == 2


async def test_a_write_is_one_trip_and_tells_what_it_did(
    connection: AsyncConnection,
) -> None:
    insert = "INSERT INTO t (v) VALUES (:v)"
    one = await connection.execute(text(insert), {"v": "a"})
    assert (one.rowcount, one.lastrowid, one.returns_rows) == (1, 1, False)
    many = await connection.execute(text(insert), [{"v": "b"}, {"v": "c"}])
    assert (many.rowcount, many.returns_rows) == (2, False)
    update = "UPDATE t SET v = 'd' WHERE id > 1 RETURNING id"
    assert (await connection.execute(text(update))).all() == [(2,), (3,)]
    assert (await driver(connection)).trips == 3


async def test_a_stream_makes_rows_as_they_are_asked_for(
    connection: AsyncConnection,
) -> None:
    """It holds no more than it must: its cursor is aiosqlite's."""
    counting = await driver(connection)
    many = numbers(1_000, "made(i)").execution_options(yield_per=1)
    async with connection.stream(many) as stream:
        assert await stream.fetchone() == (1,)
        assert counting.rows < 10
    assert (await connection.execute(text("SELECT 2"))).scalar() == 2


async def test_a_cursor_that_is_used_again_has_forgotten_what_was_before(
    connection: AsyncConnection,
) -> None:
    """Rows, description and counts of a statement, even of one that failed."""

    def use(sync: Any) -> None:
        cursor = sync.connection.cursor()
        cursor.execute("INSERT INTO t (v) VALUES ('a') RETURNING id")
        cursor.execute(f"{NUMBERS.format(9)} SELECT i FROM n")
        with pytest.raises(sqlite3.OperationalError, match="integer overflow"):
            cursor.execute(
                f"{NUMBERS.format(9)} SELECT CASE i WHEN 5 THEN"
                " abs(-9223372036854775808) ELSE i END FROM n"
            )
        cursor.execute("SELECT 'new'")
        assert [*cursor.fetchall()] == [("new",)]
        cursor.executemany("INSERT INTO t (v) VALUES (?)", [("b",), ("c",)])
        assert (cursor.description, cursor.rowcount) == (None, 2)
        cursor.close()

    await connection.run_sync(use)


class Busy:
    """A cursor of sqlite3 that meets a lock at some step."""

    executed = rowcount = lastrowid = 0
    description = None

    def __init__(self, at: str) -> None:
        self._at = at

    def execute(self, *_: object) -> None:
        self.executed += 1
        self._meet("execute")

    executemany = execute

    def fetchall(self) -> list[Any]:
        self._meet("fetchall")
        return []

    def close(self) -> None: ...

    def _meet(self, at: str) -> None:
        if at == self._at and self.executed == 1:
            error = sqlite3.OperationalError("database is locked")
            error.sqlite_errorcode = sqlite3.SQLITE_BUSY
            raise error


async def met(busy: Any, call: str, *, in_transaction: bool = False) -> int:
    """Return how often a statement was executed."""
    connecting = partial(sqlite3.connect, ":memory:", isolation_level=None)
    async with InterruptibleConnection(connecting, lock_timeout=9) as made:
        if in_transaction:
            await made.execute("BEGIN")
        cursor = OneTripCursor(made._execute, lambda: busy)
        try:
            await getattr(cursor, call)("INSERT", ())
        except sqlite3.OperationalError:
            assert busy.executed == 1
    executed: int = busy.executed
    return executed


async def test_a_lock_is_waited_for_where_nothing_has_been_done() -> None:
    """The first step tells; without a transaction, each of many is a commit."""
    assert await met(Busy("execute"), "execute") == 2
    assert await met(Busy("fetchall"), "execute") == 1
    assert await met(Busy("execute"), "executemany", in_transaction=True) == 2
    assert await met(Busy("execute"), "executemany") == 1


async def test_what_is_cancelled_leaves_a_usable_connection_and_no_open_stream(
    connection: AsyncConnection,
) -> None:
    """SQLite remembers an interrupt as long as a statement is open, even another."""
    used = await driver(connection)
    stream = await used.execute(str(numbers(1_000)))
    assert await stream.fetchone() == (1,)
    cursor = used.one_trip_cursor()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await cursor.execute(str(numbers(2**40, "count(*)")))
    await cursor.execute("SELECT 2")
    assert await cursor.fetchall() == [(2,)]
    with pytest.raises(sqlite3.ProgrammingError, match="closed cursor"):
        await stream.fetchone()
    await cursor.execute("DROP TABLE t")


async def test_a_connection_that_is_closed_says_so(connection: AsyncConnection) -> None:
    """SQLAlchemy knows it by the text of aiosqlite."""
    await (await driver(connection)).close()
    with pytest.raises(sa.exc.OperationalError, match="Connection closed") as lost:
        await connection.execute(text("SELECT 1"))
    assert lost.value.connection_invalidated


async def test_a_connection_that_is_stopped_twice_answers_twice() -> None:
    """Closed while it is terminated: its thread is gone, and nobody waits for it."""
    connecting = partial(sqlite3.connect, ":memory:")
    connection = InterruptibleConnection(connecting, lock_timeout=0)
    await connection
    closing = asyncio.create_task(connection.close())
    await asyncio.sleep(0)  # it has asked the thread
    terminating = connection.stop()
    async with asyncio.timeout(30):
        await closing
        assert terminating is not None
        await terminating
