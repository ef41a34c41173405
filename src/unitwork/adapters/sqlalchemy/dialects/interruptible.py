"""A connection to SQLite that keeps nobody who was cancelled. Contract: 32."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from typing import Any
from weakref import WeakSet

import aiosqlite

from unitwork.adapters.sqlalchemy.dialects.one_trip import OneTripCursor
from unitwork.adapters.sqlalchemy.patience import shielded

_ROWS_AT_ONCE = 64
_INTERRUPT_SECONDS = 0.005
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.001, 0.05
_PRIMARY = 0xFF


class InterruptibleConnection(aiosqlite.Connection):
    """Run calls in the connection's thread, for one task at a time.

    A cancelled call is interrupted, and has ended when the cancellation goes on: what
    comes next finds an idle connection. SQLite's own waiting for a lock would not heed
    an interrupt; so it does not wait at all, and what met a lock is tried again here.

    Cost: a trip to the thread for a statement.
    """

    def __init__(
        self, connector: Callable[[], sqlite3.Connection], *, lock_timeout: float
    ) -> None:
        """Take what connects, in the thread, and the seconds to wait for a lock."""
        super().__init__(connector, _ROWS_AT_ONCE)
        self._lock_timeout = lock_timeout
        self._streams: WeakSet[sqlite3.Cursor] = WeakSet()
        self._stopped = False
        self._stopping: asyncio.Future[Any] | None = None

    def stop(self) -> asyncio.Future[Any] | None:
        """Stop the thread, once: it would not answer a second time.

        Whoever closes a connection while it is terminated would wait for ever.
        """
        if not self._stopped:
            self._stopped, self._stopping = True, super().stop()
        return self._stopping

    def one_trip_cursor(self) -> OneTripCursor:
        """Make a cursor that goes to the thread once for a statement."""
        return OneTripCursor(self._execute, self._open_now)

    def _open_now(self) -> sqlite3.Cursor:
        return self._conn.cursor()

    def interrupt_now(self) -> None:
        """Interrupt what runs in the thread; aiosqlite's own is a coroutine."""
        with contextlib.suppress(Exception):
            self._conn.interrupt()

    async def _execute(self, fn: Any, *args: Any, **kwargs: Any) -> Any:
        """Call in the thread, again and again while the database is busy."""
        pauses: Iterator[float] | None = None
        while True:
            try:
                return await self._once(fn, *args, **kwargs)
            except sqlite3.OperationalError as error:
                if not self._repeatable(fn, error):
                    raise
                pauses = pauses or _pauses(self._lock_timeout)
                pause = next(pauses, None)
                if pause is None:
                    raise
            await asyncio.sleep(pause)

    async def _once(self, fn: Any, *args: Any, **kwargs: Any) -> Any:
        called = getattr(fn, "__self__", None)
        if isinstance(called, sqlite3.Cursor):
            self._streams.add(called)
        try:
            return await super()._execute(fn, *args, **kwargs)  # type: ignore[no-untyped-call]  # aiosqlite's has no types
        except asyncio.CancelledError:
            await self._come_to_rest()
            raise

    async def _come_to_rest(self) -> None:
        """Interrupt until the thread is idle, and end what is still being read.

        No result shall keep the file locked; and SQLite remembers an interrupt, for all
        statements to come, as long as one of them is open.
        """
        idle = asyncio.get_running_loop().create_future()
        self._tx.put_nowait((idle, self._end_streams_now))
        with shielded():
            while not idle.done() and self._thread.is_alive():
                self.interrupt_now()
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.wait([idle], timeout=_INTERRUPT_SECONDS)

    def _end_streams_now(self) -> None:
        for stream in list(self._streams):
            stream.close()
        self._streams.clear()

    def _repeatable(self, fn: Any, error: sqlite3.OperationalError) -> bool:
        """Tell whether waiting may help, and nothing has been done yet."""
        code = getattr(error, "sqlite_errorcode", 0)
        if code & _PRIMARY != sqlite3.SQLITE_BUSY:
            return False
        if code == sqlite3.SQLITE_BUSY_SNAPSHOT:
            return False
        called = getattr(fn, "__self__", None)
        if isinstance(called, OneTripCursor):
            return called.repeatable(in_transaction=self._conn.in_transaction)
        many = getattr(fn, "__name__", "") == "executemany"
        return not many or self._conn.in_transaction


def _pauses(seconds: float) -> Iterator[float]:
    """Double the pause up to a longest one, until the time is up."""
    now = asyncio.get_running_loop().time
    due, pause = now() + seconds, _SHORTEST_PAUSE
    while (left := due - now()) > 0:
        yield min(pause, left)
        pause = min(2 * pause, _LONGEST_PAUSE)
