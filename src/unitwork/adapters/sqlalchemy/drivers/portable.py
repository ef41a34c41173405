"""The driver for every database: SQLAlchemy Core over an AsyncConnection.

Cost: a greenlet for each phase.
"""

import asyncio
import contextlib
import logging
import sys
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, NoReturn, TypeVar

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection

from unitwork.adapters.sqlalchemy.drivers.port import (
    AbstractConnection,
    AbstractDriver,
    to_the_end,
)
from unitwork.adapters.sqlalchemy.engines import Engines, Pools
from unitwork.adapters.sqlalchemy.errors import Translator
from unitwork.adapters.sqlalchemy.phase import Begin, Phase, Step
from unitwork.domain.errors import CommitOutcomeUnknownError, PersistenceError
from unitwork.domain.storage_errors import ConnectionLostError

T = TypeVar("T")
_log = logging.getLogger("unitwork")
_SOON_SECONDS = 1
_RESTRICT, _UNRESTRICT = "PRAGMA query_only = 1", "PRAGMA query_only = 0"


class PortableConnection(AbstractConnection):
    """One AsyncConnection, in the driver's autocommit mode; we say BEGIN ourselves."""

    def __init__(
        self,
        core: AsyncConnection,
        engines: Engines,
        translator: Translator,
        end: Callable[[int], Awaitable[None]],
    ) -> None:
        """Wrap a connection that was just lent.

        Args:
            core: what was lent.
            engines: what it belongs to.
            translator: knows the schema.
            end: ends another session at the server.
        """
        self._end = end
        self.core = core
        self.touched = False
        self._dialect = engines.dialect
        self._statement_timeout = engines.limits.statement_timeout
        self._translator = translator
        self._broken = False
        self._restricted = False
        self._handling: BaseException | None = None
        self.goes_on: int | None = None
        """The session whose statement outlives the connection, if it is cancelled."""
        self._cancelled = False

    @property
    def in_transaction(self) -> bool:
        """Tell whether the driver knows of an open transaction."""
        try:
            return self.usable and self._dialect.in_transaction(self._driver)
        except Exception:  # noqa: BLE001 - closed by user code: it cannot tell any more
            self._broken = True
            return False

    def may_commit(self, statement: str) -> bool:
        """Tell whether a statement may commit what came before, even if it fails."""
        return self._dialect.may_commit(statement)

    @property
    def usable(self) -> bool:
        """Tell whether its state is known."""
        return not (self._broken or self.core.closed or self.core.invalidated)

    @property
    def session_id(self) -> int | None:
        """Return the number that the server knows it by, if it is there."""
        return self._dialect.session_id(self._driver) if self.usable else None

    def cut(self) -> None:
        """Let what waits for the server fail: its answer is not waited for."""
        self._dialect.cut(self._driver)

    async def run(self, phase: Phase[T], begin: Begin | None = None) -> T:
        """Run a phase in one greenlet."""
        statements = () if begin is None else self._dialect.begin(begin)
        self._handling = sys.exc_info()[1]
        try:
            return await self.core.run_sync(self._perform, phase, statements)
        finally:
            phase.close()

    async def commit(self) -> None:
        """Send COMMIT."""
        await self.core.run_sync(self._say, "COMMIT", committing=True)

    async def rollback(self) -> None:
        """Send ROLLBACK if a transaction is open; databases end some by themselves."""
        try:
            if self.in_transaction:
                await self.core.run_sync(self._say, "ROLLBACK")
        except Exception:  # noqa: BLE001 - whatever it was, the connection is lost to us
            self._broken = True

    async def restrict(self) -> None:
        """Let it only read until it is released."""
        self._restricted = True
        await self.core.run_sync(self._say, _RESTRICT)

    async def release(self) -> None:
        """Give it back to SQLAlchemy's pool, to the end where that takes statements."""
        if self._restricted or self._cancelled:
            await to_the_end(self._give_back())
        else:
            await self._give_back()

    async def _give_back(self) -> None:
        try:
            if self._restricted and self.usable:
                await self.core.run_sync(self._say, _UNRESTRICT)
            if self._broken:
                await self.core.invalidate()
            await self.core.close()
            if self._cancelled and self.goes_on is not None:
                await self._end(self.goes_on)
        except Exception:  # noqa: BLE001 - whatever it was, the pool replaces it
            _log.warning("A connection could not be given back", exc_info=True)

    @property
    def _driver(self) -> Any:
        core: Any = self.core.sync_connection
        return core.connection.driver_connection

    def _perform(
        self, connection: Connection, phase: Phase[T], begin: tuple[str, ...]
    ) -> T:
        for statement in begin:
            self._say(connection, statement)
        try:
            step = next(phase)
            while True:
                try:
                    reply = self._answer(connection, step)
                except PersistenceError as error:
                    step = phase.throw(error)
                else:
                    step = phase.send(reply)
        except StopIteration as end:
            value: T = end.value
            return value

    def _say(
        self, connection: Connection, statement: str, *, committing: bool = False
    ) -> None:
        try:
            connection.exec_driver_sql(statement)
        except BaseException as error:  # noqa: BLE001 - translated, and raised
            self._refuse(error, committing=committing)
        self.touched = True

    def _answer(self, connection: Connection, step: Step) -> Any:
        many = step.parameters if len(step.parameters) > 1 else step.parameters[0]
        try:
            with self._limited():
                result = connection.execute(step.statement, many)
                reply = result.fetchall() if step.fetches else result.rowcount
        except BaseException as error:  # noqa: BLE001 - translated, and raised
            self._refuse(error, writes=step.writes)
        self.touched = True
        return reply

    def _refuse(self, error: BaseException, **context: Any) -> NoReturn:
        self._cancelled |= isinstance(error, asyncio.CancelledError)
        cancelled = _hidden_cancellation(error, self._handling)
        if cancelled is not None and not context.get("committing"):
            self._broken = True
            raise cancelled from error
        made = self._translator.translate(error, **context)
        if isinstance(made, ConnectionLostError | CommitOutcomeUnknownError):
            self._broken = True
        if made is error:
            raise error
        raise made from made.__cause__

    @contextlib.contextmanager
    def _limited(self) -> Iterator[None]:
        """Interrupt a statement when its time is up; servers do so by themselves."""
        if self._statement_timeout is None or not self._dialect.interrupts:
            yield
            return
        loop = asyncio.get_running_loop()
        stop = self._driver.interrupt_now
        timer = loop.call_later(self._statement_timeout, stop)
        try:
            yield
        finally:
            timer.cancel()


class PortableDriver(AbstractDriver[PortableConnection]):
    """Lend connections of SQLAlchemy's pools."""

    def __init__(self, pools: Pools, translator: Translator) -> None:
        """Take the pools."""
        self._pools = pools
        self._translator = translator

    async def lend(self, *, read_only: bool) -> PortableConnection:
        """Check a connection out."""
        pools = self._pools
        engine = pools.reading if read_only else pools.writing
        try:
            with self._translator.translating():
                core = await engine.connect()
        except ConnectionLostError as error:
            error.made = False
            raise
        lent = PortableConnection(
            core, pools.engines, self._translator, self.end_session
        )
        if pools.engines.dialect.outlives:
            lent.goes_on = lent.session_id
        if read_only and pools.engines.single:
            try:
                await lent.restrict()
            except BaseException:
                await lent.abandon()
                raise
        return lent

    async def end_session(self, session: int) -> None:
        """End a session at the server, if that answers soon. Contract: 32."""
        end = self._pools.engines.dialect.end_session
        with contextlib.suppress(PersistenceError, TimeoutError):
            async with asyncio.timeout(_SOON_SECONDS):
                other = await self.lend(read_only=False)
                try:
                    await other.run(end(session))
                finally:
                    await other.release()


def _hidden_cancellation(
    error: BaseException, handling: BaseException | None
) -> asyncio.CancelledError | None:
    """Return the cancellation that a driver failed at handling, if that is what it was.

    psycopg asserts where it is cancelled while it opens a pipeline: its own state is
    then unknown, and what has to be delivered is the cancellation. Contract: 4, 27.

    Args:
        error: what the driver raised.
        handling: what the caller was handling before, which may be a cancellation too.
    """
    task = asyncio.current_task()
    if task is None or not task.cancelling():
        return None
    found = error.__context__
    while found is not None and found is not handling:
        if isinstance(found, asyncio.CancelledError):
            return found
        found = found.__context__
    return None
