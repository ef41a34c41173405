"""A cursor of SQLite that goes to the connection's thread once for a statement."""

import sqlite3
from collections import deque
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Generator,
    Sequence,
)
from typing import Any, Self

_ROWS_AT_ONCE = 64


class OneTripCursor:
    """Open, execute, fetch and close together, in the thread.

    A trip costs more than most statements. What has more rows than a batch stays open
    behind it, and is fetched as asked for: a stream holds no more than it must.

    It is used like aiosqlite's. Methods whose names end with `_now` run in the thread,
    all others in the loop.
    """

    description: Any = None
    rowcount = -1
    lastrowid: int | None = None
    arraysize = 1

    def __init__(
        self,
        call: Callable[..., Awaitable[Any]],
        opened_now: Callable[[], sqlite3.Cursor],
    ) -> None:
        """Take what calls in the thread, and what opens a cursor of sqlite3 there."""
        self._call = call
        self._open_now = opened_now
        self._native: sqlite3.Cursor | None = None
        self._rows: deque[Any] = deque()
        self._begun = False

    def __await__(self) -> Generator[Any, None, Self]:
        """Be there at once."""
        return self.__aenter__().__await__()

    async def __aenter__(self) -> Self:
        """Be there at once."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """End the statement."""
        await self.close()

    async def execute(self, sql: str, parameters: Any = ()) -> Self:
        """Execute a statement, and fetch its first rows."""
        await self._call(self.execute_now, sql, parameters)
        return self

    async def executemany(self, sql: str, parameters: Any) -> Self:
        """Execute a statement once for each of some parameters."""
        await self._call(self.executemany_now, sql, parameters)
        return self

    async def fetchone(self) -> Any:
        """Take the next row, or None; a batch is fetched if there is none."""
        await self._have(1, ask=_ROWS_AT_ONCE)
        return self._rows.popleft() if self._rows else None

    async def fetchmany(self, size: int | None = None) -> Sequence[Any]:
        """Take the next rows, at most so many."""
        wanted = self.arraysize if size is None else size
        await self._have(wanted, ask=wanted - len(self._rows))
        return [self._rows.popleft() for _ in range(min(wanted, len(self._rows)))]

    async def fetchall(self) -> Sequence[Any]:
        """Take all rows that are left."""
        if self._native is not None:
            await self._call(self.fetch_now)
        rows, self._rows = self._rows, deque()
        return rows

    async def close(self) -> None:
        """End the statement, if rows of it are left."""
        if self._native is not None:
            await self._call(self.close_now)

    async def __aiter__(self) -> AsyncIterator[Any]:
        """Go through the rows that are left."""
        while (row := await self.fetchone()) is not None:
            yield row

    async def _have(self, wanted: int, *, ask: int) -> None:
        if self._native is not None and len(self._rows) < wanted:
            await self._call(self.fetch_now, ask)

    # ── in the thread ───────────────────────────────────────────────────────

    def execute_now(self, sql: str, parameters: Any) -> None:
        """Open, execute, fetch a batch; close, if that was all."""
        native = self._opened_now()
        native.execute(sql, parameters)
        self._begun = True
        self.description = native.description
        self.fetch_now(_ROWS_AT_ONCE)

    def executemany_now(self, sql: str, parameters: Any) -> None:
        """Open, execute and close."""
        native = self._opened_now()
        self._begun = not native.connection.in_transaction  # each row is a commit
        native.executemany(sql, parameters)
        self.fetch_now(0)

    def fetch_now(self, number: int | None = None) -> None:
        """Fetch so many more rows, or all; close, if there were fewer."""
        native = self._native
        if native is None:
            return
        rows = native.fetchall() if number is None else native.fetchmany(number)
        self._rows.extend(rows)
        self.rowcount, self.lastrowid = native.rowcount, native.lastrowid
        if not number or len(rows) < number:
            self.close_now()

    def close_now(self) -> None:
        """Let no result keep the file locked."""
        native, self._native = self._native, None
        if native is not None:
            native.close()

    def _opened_now(self) -> sqlite3.Cursor:
        self.close_now()
        self._begun = False
        self._native = native = self._open_now()
        return native

    @property
    def repeatable(self) -> bool:
        """Tell whether a statement that met a lock has done nothing yet."""
        return not self._begun
