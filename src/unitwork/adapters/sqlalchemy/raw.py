"""The raw transaction: a real one, open while the unit is, for SQL of your own.

Contract: 18, 21, 28.
"""

from typing import Any, Never

import attrs
from sqlalchemy import Connection, Executable, event, exc
from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    AsyncSession,
    AsyncSessionTransaction,
    AsyncTransaction,
)

from unitwork.adapters.sqlalchemy.drivers.portable import PortableConnection
from unitwork.adapters.sqlalchemy.errors import Translator
from unitwork.adapters.sqlalchemy.watching import AbstractWatcher, watch
from unitwork.domain.errors import ConcurrencyConflictError, MisuseError
from unitwork.domain.storage_errors import ConnectionLostError, StorageError

_ENDED = "the transaction was ended by something else"
Savepoint = AsyncTransaction | AsyncSessionTransaction


@attrs.define(eq=False)
class Frame:
    """What happened since a savepoint, or since the beginning."""

    name: str
    error: BaseException | None = None


class RawTransaction(AbstractWatcher):
    """One connection inside a transaction, that user code may use as well.

    A failed statement dooms what it was part of, also where the database would go on:
    the innermost savepoint, or everything. Only undoing that savepoint redeems it.
    """

    def __init__(self, lent: PortableConnection, translator: Translator) -> None:
        """Watch a connection on which a transaction has begun."""
        self.lent = lent
        self._translator = translator
        self._frames = [Frame("")]
        self._begun_so_far = 0
        self._over: BaseException | None = None
        self._handle: AsyncConnection | None = None
        self._session: AsyncSession | None = None
        connection = lent.core.sync_connection
        if connection is None:
            raise AssertionError
        self._watch(connection)

    @property
    def connection(self) -> AsyncConnection:
        """Return the handle for user code; it cannot end the transaction."""
        if self._handle is None:
            core = self.lent.core
            self._handle = UnitConnection(core.engine, core.sync_connection)
        return self._handle

    @property
    def session(self) -> AsyncSession:
        """Return an ORM session on the same connection."""
        if self._session is None:
            self._session = UnitSession(
                self.connection,
                expire_on_commit=False,
                join_transaction_mode="rollback_only",
            )
        return self._session

    async def keys(self, statement: Executable) -> list[Any]:
        """Return the first column of what a finder's statement selects."""
        try:
            return [row[0] for row in await self.connection.execute(statement)]
        except exc.SQLAlchemyError as error:
            made = self._translator.translate(error)
            raise made from made.__cause__

    # ── what failed ─────────────────────────────────────────────────────────

    def failed(self, error: BaseException, *, lost: bool = False) -> None:
        """Remember a failure; one that ended the transaction is never redeemed."""
        frame = self._frames[-1]
        frame.error = frame.error or error
        made = self._translator.translate(error)
        ended = lost or isinstance(made, ConcurrencyConflictError)
        if ended or not self.lent.in_transaction:
            self._over = self._over or error

    def require_sound(self, depth: int = 0) -> None:
        """Raise what failed in a frame, or in one inside it.

        Raises:
            PersistenceError: the first failure.
        """
        errors = [self._over, *(frame.error for frame in self._frames[depth:])]
        error = next((error for error in errors if error is not None), None)
        if error is None and not self.lent.in_transaction:
            error = self._over = StorageError(_ENDED)
        if error is None:
            return
        made = self._translator.translate(error)
        if not isinstance(made, Exception):  # a cancellation that was swallowed
            made = ConnectionLostError("a statement was cancelled")
            made.__cause__ = error
        made.add_note(
            "A statement of this unit had failed earlier; nothing was stored."
        )
        raise made

    def _watch(self, connection: Connection) -> None:
        watch(connection, self)
        event.listen(connection, "savepoint", self._begun)
        event.listen(connection, "rollback_savepoint", self._undone)
        event.listen(connection, "release_savepoint", self._released)

    def _begun(self, _: Connection, name: str | None) -> None:
        """Enter a frame; SQLAlchemy numbers its savepoints only after this event."""
        self._begun_so_far += 1
        self._frames.append(Frame(name or f"sa_savepoint_{self._begun_so_far}"))

    def _undone(self, _: Connection, name: str, __: Any) -> None:
        self._leave(name)

    def _released(self, _: Connection, name: str, __: Any) -> None:
        error = self._leave(name)
        self._frames[-1].error = self._frames[-1].error or error

    def _leave(self, name: str) -> BaseException | None:
        """End a frame and those inside it; return the first failure in them."""
        depth = next((n for n, f in enumerate(self._frames) if f.name == name), None)
        if depth is None:
            return None
        left, self._frames = self._frames[depth:], self._frames[:depth]
        return next((frame.error for frame in left if frame.error is not None), None)

    # ── savepoints of the unit's own scopes ─────────────────────────────────

    async def savepoint(self) -> tuple[int, Savepoint]:
        """Begin a savepoint, through the ORM session if there is one."""
        self.require_sound()
        depth = len(self._frames)
        if self._session is not None:
            return depth, await self._session.begin_nested()
        return depth, await self.lent.core.begin_nested()

    async def undo(self, savepoint: tuple[int, Savepoint]) -> None:
        """Undo everything since a savepoint, if there still is anything to undo."""
        _, nested = savepoint
        if self._over is not None or not self.lent.in_transaction:
            return
        if self._session is not None and isinstance(nested, AsyncTransaction):
            await AsyncSession.close(self._session)
        if nested.is_active:
            await nested.rollback()

    async def release(self, savepoint: tuple[int, Savepoint]) -> None:
        """Keep everything since a savepoint."""
        depth, nested = savepoint
        await self.flush()
        self.require_sound(depth)
        await nested.commit()

    # ── the end ─────────────────────────────────────────────────────────────

    @property
    def lent_out(self) -> bool:
        """Tell whether user code has a handle."""
        return self._handle is not None

    async def flush(self) -> None:
        """Write what the ORM session has pending."""
        if self._session is not None:
            await self._session.flush()

    async def close(self) -> None:
        """Let go of the ORM session: its objects keep what they have."""
        if self._session is not None:
            await AsyncSession.close(self._session)


class UnitConnection(AsyncConnection):
    """A connection inside a unit of work, which alone begins and ends it."""

    async def commit(self) -> Never:
        """Refuse."""
        _refuse("connection.commit()")

    async def rollback(self) -> Never:
        """Refuse."""
        _refuse("connection.rollback()")

    async def close(self) -> Never:
        """Refuse."""
        _refuse("connection.close()")


class UnitSession(AsyncSession):
    """A session inside a unit of work, which alone begins and ends it."""

    async def commit(self) -> Never:
        """Refuse."""
        _refuse("session.commit()")

    async def rollback(self) -> Never:
        """Refuse."""
        _refuse("session.rollback()")

    async def close(self) -> Never:
        """Refuse."""
        _refuse("session.close()")


def _refuse(what: str) -> Never:
    raise MisuseError(
        f"{what} was called on a handle of a unit of work.",
        "The unit ends its transaction itself, completely or not at all.",
        "Call `await uow.commit()`; for a part that may fail, begin_nested().",
    )
