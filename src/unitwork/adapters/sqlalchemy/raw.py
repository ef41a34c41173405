"""The raw transaction: a real one, open while the unit is, for SQL of your own.

Contract: 18, 21, 28.
"""

from collections.abc import Iterator
from textwrap import shorten
from typing import Any

import attrs
from sqlalchemy import Connection, Executable, event, exc
from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    AsyncSession,
    AsyncSessionTransaction,
)
from sqlalchemy.orm import Session, SessionTransaction

from unitwork.adapters.sqlalchemy.control import control_word
from unitwork.adapters.sqlalchemy.drivers.portable import PortableConnection
from unitwork.adapters.sqlalchemy.errors import Translator
from unitwork.adapters.sqlalchemy.handles import UnitConnection, UnitSession, refuse
from unitwork.adapters.sqlalchemy.watching import AbstractWatcher, watch
from unitwork.adapters.storage import Undo
from unitwork.domain.errors import (
    CommitOutcomeUnknownError,
    ConcurrencyConflictError,
    MisuseError,
    PersistenceError,
)
from unitwork.domain.storage_errors import ConnectionLostError, StorageError

_STATEMENT_WIDTH = 60
_ENDED = "the transaction was ended by something else"
_BLOCK_ENDED = "the savepoint of a nested block was ended by something else"


@attrs.define(eq=False)
class Frame:
    """What happened since a savepoint, or since the beginning."""

    name: str
    error: BaseException | None = None
    flushed: list[Undo] = attrs.field(factory=list)
    """Tells the unit that what it wrote here is not there any more."""
    block: bool = False
    """Whether it is a nested block of the unit, which alone may end it."""


@attrs.frozen
class Savepoint:
    """A nested block of the unit, in the database and in the ORM session."""

    frame: Frame
    nested: AsyncSessionTransaction


class RawTransaction(AbstractWatcher):
    """One connection inside a transaction, that user code may use as well.

    A failed statement dooms what it was part of, also where the database would go on:
    the innermost savepoint, or everything. Only undoing that savepoint redeems it.

    The ORM session is there before the first savepoint, and makes those of the unit's
    blocks: its objects and the rows are undone together, whoever asked for what first.
    """

    def __init__(self, lent: PortableConnection, translator: Translator) -> None:
        """Watch a connection on which a transaction has begun."""
        self.lent = lent
        self.lent_out = False
        """Whether user code has a handle."""
        self._translator = translator
        self._frames = [Frame("")]
        self._begun_so_far = 0
        self._over: BaseException | None = None
        self._gone = False
        """Whether no transaction is open any more, so that nothing may be sent."""
        self._ended = False
        """Whether the unit itself ends it."""
        self._lost_track: CommitOutcomeUnknownError | None = None
        self._interrupted: BaseException | None = None
        """A statement of SQLite ends in its own time, and may undo everything then."""
        self._session: UnitSession | None = None
        connection = lent.core.sync_connection
        if connection is None:
            raise AssertionError
        self._watch(connection)

    async def connection(self) -> AsyncConnection:
        """Return the handle for user code; it cannot end the transaction."""
        self.lent_out = True
        return (await self._joined()).handle

    async def session(self) -> AsyncSession:
        """Return an ORM session on the same connection."""
        self.lent_out = True
        return await self._joined()

    async def _joined(self) -> UnitSession:
        """Let an ORM session take part, from before the first savepoint."""
        if self._session is None:
            core = self.lent.core
            session = UnitSession(UnitConnection(core.engine, core.sync_connection))
            await AsyncSession.connection(session)
            self._session = session
        return self._session

    async def keys(self, statement: Executable) -> list[Any]:
        """Return the first column of what a finder's statement selects."""
        try:
            connection = await self.connection()
            return [row[0] for row in await connection.execute(statement)]
        except exc.SQLAlchemyError as error:
            made = self._translator.translate(error)
            raise made from made.__cause__

    # ── what failed ─────────────────────────────────────────────────────────

    def failed(
        self, error: BaseException, *, lost: bool = False, statement: str | None = None
    ) -> None:
        """Remember a failure; one that ended the transaction is never redeemed."""
        if statement is not None and isinstance(error, MisuseError):
            return  # refused before it was sent
        frame = self._frames[-1]
        frame.error = frame.error or error
        made = self._translator.translate(error)
        if not isinstance(error, Exception):
            self._interrupted = error
        ended = lost or isinstance(made, ConcurrencyConflictError)
        if statement is not None and self.lent.may_commit(statement):
            self._lose_track(f"{_shortened(statement)} failed", error)
        if ended or not self.lent.in_transaction:
            self._over = self._over or error
            self._gone = True

    def require_sound(self, depth: int = 0) -> None:
        """Raise what failed in a frame, or in one inside it.

        Raises:
            PersistenceError: the first failure.
        """
        self._require_track()
        errors = [self._over, *(frame.error for frame in self._frames[depth:])]
        error = next((error for error in errors if error is not None), None)
        if error is None:
            return
        made = self._translator.translate(error)
        if not isinstance(made, Exception):  # a cancellation that was swallowed
            made = ConnectionLostError("a statement was cancelled")
            made.__cause__ = error
        if isinstance(made, PersistenceError):
            made.earlier = True
        raise made

    def wrote(self, undo: Undo) -> None:
        """Remember how to tell the unit that what it wrote was undone by others."""
        self._frames[-1].flushed.append(undo)

    def _watch(self, connection: Connection) -> None:
        watch(connection, self)
        event.listen(connection, "savepoint", self._begun)
        event.listen(connection, "rollback_savepoint", self._undone)
        event.listen(connection, "release_savepoint", self._released)
        event.listen(connection, "rollback", self._rolled_back)
        event.listen(connection, "commit", self._refused)
        event.listen(connection, "before_cursor_execute", self._before)
        event.listen(connection, "after_cursor_execute", self._after)

    def _before(self, _: Connection, __: Any, statement: str, *said: Any) -> None:
        """Let nothing out that no transaction holds, or that would end this one."""
        if self._ended:
            return
        word = control_word(statement, said[1])
        if word is not None:
            refuse(f'execute("{word}")')
        self._look("it was gone")
        if self._gone:
            self.require_sound(len(self._frames))

    def _after(self, _: Connection, __: Any, statement: str, *said: Any) -> None:
        del said
        self._look(_shortened(statement))
        self._interrupted = None  # that one has ended, and the transaction goes on
        self._require_track()

    def _look(self, last: str) -> None:
        """See whether the transaction has ended without any failure."""
        if self._ended or self._gone or self.lent.in_transaction:
            return
        if self._interrupted is None:
            self._lose_track(last)
        self._over = self._over or self._interrupted
        self._gone = True

    def _lose_track(self, last: str, cause: BaseException | None = None) -> None:
        """Remember that a part may be stored, and since when."""
        if not (self._ended or self._gone):
            self._gone = True
            self._lost_track = CommitOutcomeUnknownError(last, during_commit=False)
            self._lost_track.__cause__ = cause

    def _require_track(self) -> None:
        if self.ended_by_others is not None:
            raise self.ended_by_others

    @property
    def ended_by_others(self) -> CommitOutcomeUnknownError | None:
        """Return what says that a part of the unit may be stored. Contract: 10."""
        self._look("it was gone")
        return self._lost_track

    def _rolled_back(self, _: Connection) -> None:
        """The ORM session could not write, or user code went round the handles."""
        self._over = self._over or StorageError(_ENDED)

    def _refused(self, connection: Connection) -> None:
        self._rolled_back(connection)
        refuse("commit()")

    def _begun(self, _: Connection, name: str | None) -> None:
        """Enter a frame; SQLAlchemy numbers its savepoints only after this event."""
        self._begun_so_far += 1
        self._frames.append(Frame(name or f"sa_savepoint_{self._begun_so_far}"))

    def _undone(self, _: Connection, name: str, __: Any) -> None:
        """Leave a frame; one of a block is doomed, until the block is undone."""
        left = self._leave(name)
        for undo in reversed([undo for frame in left for undo in frame.flushed]):
            undo()
        if left and left[0].block:
            left[0].error = _first_error(left) or StorageError(_BLOCK_ENDED)
            left[0].flushed.clear()
            self._frames.append(left[0])

    def _released(self, _: Connection, name: str, __: Any) -> None:
        left, outer = self._leave(name), self._frames[-1]
        outer.error = outer.error or _first_error(left)
        for frame in left:
            outer.flushed += frame.flushed

    def _leave(self, name: str) -> list[Frame]:
        """End a frame and those inside it."""
        names = [frame.name for frame in self._frames]
        depth = names.index(name) if name in names else len(names)
        left, self._frames = self._frames[depth:], self._frames[:depth]
        return left

    # ── savepoints of the unit's own blocks ─────────────────────────────────

    async def savepoint(self) -> Savepoint:
        """Begin a savepoint."""
        self.require_sound()
        nested = await (await self._joined()).begin_nested()
        frame = self._frames[-1]
        frame.block = True
        return Savepoint(frame, nested)

    async def undo(self, savepoint: Savepoint) -> None:
        """Undo everything since a savepoint, if there still is anything to undo."""
        open_still = self.lent.in_transaction and not self._gone
        if self._over is None and open_still and self._holds(savepoint):
            await (await self._joined()).run_sync(self._undo, savepoint)

    def _undo(self, session: Session, savepoint: Savepoint) -> None:
        """Undo it in the ORM session, and in the database if that did not.

        A flush that failed has undone it before, but other SQL may have come after.
        """
        frame, nested = savepoint.frame, savepoint.nested.sync_transaction
        for inner in self._frames[self._frames.index(frame) :]:
            inner.flushed.clear()
        frame.block = False
        if nested is not None:
            nested.rollback()
        if frame in self._frames:
            connection = session.connection()
            connection.dialect.do_rollback_to_savepoint(connection, frame.name)
            self._leave(frame.name)

    async def release(self, savepoint: Savepoint) -> None:
        """Keep everything since a savepoint."""
        frame = savepoint.frame
        depth = self._frames.index(frame) if self._holds(savepoint) else 0
        self.require_sound(depth)
        await self.flush()
        self.require_sound(depth)
        frame.block = False
        await savepoint.nested.commit()

    def _holds(self, savepoint: Savepoint) -> bool:
        """Tell whether a savepoint is still there; if not, everything is doomed."""
        held = savepoint.frame in self._frames and any(
            transaction is savepoint.nested.sync_transaction
            for transaction in _nested(self._session)
        )
        if not held:
            self._over = self._over or StorageError(_BLOCK_ENDED)
        return held

    # ── the end ─────────────────────────────────────────────────────────────

    def end(self) -> CommitOutcomeUnknownError | None:
        """Let the unit end the transaction; return what says that others have."""
        ended_by_others = self.ended_by_others
        self._ended = True
        return ended_by_others

    async def flush(self) -> None:
        """Write what the ORM session has pending."""
        if self._session is not None:
            await self._session.flush()

    async def settle(self) -> None:
        """Write what the ORM session has pending, and keep what it has begun."""
        if self._session is not None:
            await self._session.run_sync(_settle)

    async def close(self) -> None:
        """Let go of the ORM session: its objects keep what they have."""
        if self._session is not None:
            await AsyncSession.close(self._session)


def _shortened(statement: str) -> str:
    return repr(shorten(statement, _STATEMENT_WIDTH))


def _first_error(frames: list[Frame]) -> BaseException | None:
    return next((frame.error for frame in frames if frame.error is not None), None)


def _nested(session: AsyncSession | None) -> Iterator[SessionTransaction]:
    """Go through the savepoints of an ORM session, from the innermost outwards."""
    nested = session.sync_session.get_nested_transaction() if session else None
    while nested is not None:
        yield nested
        nested = nested.parent


def _settle(session: Session) -> None:
    session.flush()
    while (nested := session.get_nested_transaction()) is not None:
        nested.commit()
