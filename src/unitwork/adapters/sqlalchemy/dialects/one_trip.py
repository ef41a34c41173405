"""SQLAlchemy's way to aiosqlite, with one trip to the thread for a statement."""

import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Self

import aiosqlite
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
    AsyncAdapt_aiosqlite_dbapi,
)


class OneTripCursor:
    """Open, execute, fetch all and close together, in the thread.

    A trip costs more than most statements, and by aiosqlite's own cursor each of these
    is one. Streams use that one: their rows are fetched as they are asked for.

    Methods whose names end with `_now` run in the thread; all others in the loop.
    """

    description: Any = None
    rowcount = -1
    lastrowid: int | None = None
    arraysize = 1

    def __init__(
        self,
        call: Callable[..., Awaitable[Any]],
        open_now: Callable[[], sqlite3.Cursor],
    ) -> None:
        """Take what calls in the thread, and what opens a cursor of sqlite3 there."""
        self._call = call
        self._open_now = open_now
        self._rows: Sequence[Any] = ()
        self._native: sqlite3.Cursor | None = None
        self._begun = self._many = False

    async def __aenter__(self) -> Self:
        """Be there: SQLite is told by the statement."""
        return self

    async def execute(self, sql: str, parameters: Any = ()) -> None:
        """Execute a statement, and fetch its rows."""
        await self._call(self.execute_now, sql, parameters)

    async def executemany(self, sql: str, parameters: Any) -> None:
        """Execute a statement once for each of some parameters."""
        await self._call(self.executemany_now, sql, parameters)

    async def fetchall(self) -> Sequence[Any]:
        """Give the rows; the second time there are none."""
        rows, self._rows = self._rows, ()
        return rows

    async def close(self) -> None:
        """Forget the rows; the thread has closed what it opened."""
        self._rows = ()

    def repeatable(self, *, in_transaction: bool) -> bool:
        """Tell whether a statement that met a lock has done nothing yet."""
        return in_transaction if self._many else not self._begun

    # ── in the thread ───────────────────────────────────────────────────────

    def execute_now(self, sql: str, parameters: Any) -> None:
        """Execute once."""
        native = self._opened_now(many=False)
        try:
            native.execute(sql, parameters)
            self._begun = True  # the first step had its lock; what it wrote is written
            self.description = native.description
            self._rows = native.fetchall()
            self.rowcount, self.lastrowid = native.rowcount, native.lastrowid
        finally:
            self.close_now()

    def executemany_now(self, sql: str, parameters: Any) -> None:
        """Execute for each; without a transaction each would be a commit."""
        native = self._opened_now(many=True)
        try:
            native.executemany(sql, parameters)
            self.description = native.description
            self.rowcount, self.lastrowid = native.rowcount, native.lastrowid
        finally:
            self.close_now()

    def close_now(self) -> None:
        """Let no result keep the file locked."""
        native, self._native = self._native, None
        if native is not None:
            native.close()

    def _opened_now(self, *, many: bool) -> sqlite3.Cursor:
        self._many, self._begun = many, False
        self.description, self._rows, self.rowcount = None, (), -1
        self._native = native = self._open_now()
        return native


class _Cursor(AsyncAdapt_aiosqlite_cursor):
    __slots__ = ()

    def _make_new_cursor(self, connection: Any) -> Any:
        return connection.one_trip_cursor()


class _Connection(AsyncAdapt_aiosqlite_connection):
    __slots__ = ()
    _cursor_cls = _Cursor


class OneTripDriver(AsyncAdapt_aiosqlite_dbapi):
    """The driver that an engine is made with; its connections are interruptible."""

    def __init__(self) -> None:
        """Stand before aiosqlite."""
        super().__init__(aiosqlite, sqlite3)

    def connect(self, *args: Any, **options: Any) -> AsyncAdapt_aiosqlite_connection:
        """Connect as SQLAlchemy does."""
        made: Any = super().connect(*args, **options)
        return _Connection(self, made.driver_connection)
