"""One open unit's connection: when it is taken, what runs on it, how it ends."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any, TypeVar

from unitwork.adapters.mapping.description import AggregateMapping
from unitwork.adapters.sqlalchemy.drivers.portable import PortableConnection
from unitwork.adapters.sqlalchemy.gateway import Gateway
from unitwork.adapters.sqlalchemy.layout import Place
from unitwork.adapters.sqlalchemy.patience import to_its_end
from unitwork.adapters.sqlalchemy.phase import Begin, Phase
from unitwork.adapters.sqlalchemy.raw import Frame, RawTransaction, Savepoint
from unitwork.adapters.sqlalchemy.reads import TornError
from unitwork.adapters.sqlalchemy.resolving import LostCommit, Resolver, traces_of
from unitwork.adapters.storage import (
    AbstractStorageSession,
    ChangeSet,
    Isolation,
    Query,
    Record,
    UnitOptions,
    snapshot_before_lock,
)
from unitwork.adapters.workspace import Workspace
from unitwork.domain.errors import (
    CommitOutcomeUnknownError,
    ConcurrencyConflictError,
    PersistenceError,
)
from unitwork.domain.outcome import Outcome
from unitwork.domain.storage_errors import ConnectionLostError

T = TypeVar("T")
Keys = Mapping[int, Any]
Written = tuple[ChangeSet, Keys]
_SNAPSHOT = Begin(Isolation.SNAPSHOT, writes=False)
_ATTEMPTS = 2


class SqlAlchemySession(AbstractStorageSession):
    """What one open unit needs of a database.

    Cost: a read takes one statement, and one for each child table if there are more
    than one; a commit takes BEGIN, a guard for each class that is changed or removed,
    the writes, and COMMIT.
    """

    def __init__(self, gateway: Gateway, options: UnitOptions) -> None:
        """Take no connection yet."""
        self._gateway = gateway
        self._options = options
        self._held: PortableConnection | None = None
        """Inside the transaction of a snapshot, or the raw one."""
        self._raw: RawTransaction | None = None
        self._turn = AsyncExitStack()
        """The turn to write, while the raw transaction is open."""
        self._flushed: list[Written] = []
        """What the raw transaction has written so far."""
        self._marks: dict[Frame, int] = {}
        """How much of it there was when a savepoint began."""
        self._ended_by_others: PersistenceError | None = None
        self.layouts = gateway.layouts

    @property
    def ended_by_others(self) -> PersistenceError | None:
        """Return what says that user code ended the raw transaction, if it did."""
        if self._raw is not None:
            self._ended_by_others = self._raw.ended_by_others
        return self._ended_by_others

    @property
    def transactional(self) -> bool:
        """Tell whether the raw transaction is open."""
        return self._raw is not None

    # ── reading ─────────────────────────────────────────────────────────────

    async def load(
        self, mapping: AggregateMapping, keys: Sequence[Any]
    ) -> list[Record]:
        """Read the aggregates that have these keys."""
        return await self._whole(lambda: self._gateway.reads.load(mapping, keys))

    async def scan(self, query: Query) -> list[Record]:
        """Read what a query means, in its order."""
        return await self._whole(lambda: self._gateway.reads.scan(query))

    async def count(self, query: Query) -> int:
        """Count what a query means."""
        return await self._read(lambda: self._gateway.reads.count(query))

    async def exists(self, query: Query) -> bool:
        """Tell whether a query means anything."""
        return await self._read(lambda: self._gateway.reads.exists(query))

    async def _read(self, make: Callable[[], Phase[T]]) -> T:
        if self._raw is not None:
            self._raw.require_sound()
        if self._held is not None:
            return await self._held.run(make())
        if self._options.isolation is Isolation.READ_COMMITTED:
            connection, found = await self._start(make, None)
            await connection.release()
            return found
        begin = Begin(self._options.isolation, writes=False)
        self._held, found = await self._start(make, begin)
        return found

    async def _whole(self, make: Callable[[], Phase[T]]) -> T:
        """Read; where writers tear it again and again, read in a snapshot."""
        try:
            return await self._read(make)
        except TornError:
            if self._held is not None:
                raise ConcurrencyConflictError(
                    reason="It was changed during each attempt to read it."
                ) from None
        connection, found = await self._start(make, _SNAPSHOT)
        await connection.abandon()
        return found

    async def _start(
        self, make: Callable[[], Phase[T]], begin: Begin | None
    ) -> tuple[PortableConnection, T]:
        driver = self._gateway.driver()
        return await driver.start(make, begin, read_only=self._options.read_only)

    # ── the raw transaction ─────────────────────────────────────────────────

    async def hatch(self) -> RawTransaction:
        """Open the raw transaction, unless it is open."""
        if self._raw is None:
            await self._open(_nothing)
        return self.raw

    def lend(self) -> None:
        """Take note that user code gets the connection."""
        self._gateway.pools.lent = True

    @property
    def raw(self) -> RawTransaction:
        """Return the raw transaction, which is open."""
        if self._raw is None:
            raise AssertionError
        return self._raw

    async def lock(self, mapping: AggregateMapping, key: Any) -> Record | None:
        """Read the latest committed aggregate, and keep writers out until `close`.

        Cost: BEGIN where no raw transaction is open, a lock, a read.
        """

        def make() -> Phase[Record | None]:
            return self._gateway.writes.lock(mapping, key)

        if self._raw is None:
            return await self._open(make)
        return await self._whole(make)

    async def _open(self, make: Callable[[], Phase[T]]) -> T:
        """Begin the raw transaction with a phase."""
        if self._held is not None:
            raise snapshot_before_lock()
        begin = Begin(self._options.isolation, writes=not self._options.read_only)
        async with AsyncExitStack() as turn:
            if begin.writes:
                await turn.enter_async_context(self._gateway.writing())
            connection, found = await self._begin_anew(make, begin)
            self._turn = turn.pop_all()
        self._held = connection
        self._raw = RawTransaction(connection, self._gateway.translator)
        return found

    async def _begin_anew(
        self, make: Callable[[], Phase[T]], begin: Begin
    ) -> tuple[PortableConnection, T]:
        """Begin with a snapshot that is not older than the lock it waited for."""
        for _ in range(_ATTEMPTS):
            with contextlib.suppress(ConcurrencyConflictError):
                return await self._start(make, begin)
        return await self._start(make, begin)

    async def flush(self, changes: ChangeSet) -> Keys:
        """Write into the raw transaction."""
        self.raw.require_sound()
        try:
            with self._gateway.translator.translating():
                await self.raw.flush()
            phase = self._gateway.writes.write(changes, verify=False)
            keys = await self.raw.lent.run(phase)
        except BaseException as error:
            self.raw.failed(error)
            raise
        written = changes, keys
        self._flushed.append(written)

        def undone() -> None:
            self._flushed = [each for each in self._flushed if each is not written]
            changes.undone()

        self.raw.wrote(undone)
        return keys

    async def savepoint(self) -> Savepoint:
        """Begin a savepoint."""
        with self._gateway.translator.translating():
            made = await self.raw.savepoint()
        self._marks[made.frame] = len(self._flushed)
        return made

    async def undo(self, savepoint: Savepoint) -> None:
        """Undo everything since a savepoint."""
        del self._flushed[self._marks.pop(savepoint.frame, 0) :]
        with self._gateway.translator.translating():
            await self.raw.undo(savepoint)

    async def release(self, savepoint: Savepoint) -> None:
        """Keep everything since a savepoint."""
        with self._gateway.translator.translating():
            await self.raw.release(savepoint)

    # ── the end ─────────────────────────────────────────────────────────────

    async def apply(self, changes: ChangeSet) -> Keys:
        """Guard, write and commit, in a fresh transaction or the raw one."""
        if self._raw is not None:
            return await self._finish(self._raw, changes)
        await self._let_go()
        async with self._gateway.writing():
            begin = Begin(_writing(self._options.isolation), writes=True)
            connection, keys = await self._gateway.driver().start(
                lambda: self._gateway.writes.write(changes), begin, read_only=False
            )
            await self._commit(connection, [(changes, keys)])
        return keys

    async def _finish(self, raw: RawTransaction, changes: ChangeSet) -> Keys:
        """Write the rest into the raw transaction and commit it, if it is sound."""
        try:
            raw.require_sound()
            with self._gateway.translator.translating():
                await raw.settle()
            raw.require_sound()
            phase = self._gateway.writes.write(changes, verify=False)
            keys = await raw.lent.run(phase)
            if raw.lent_out:
                await raw.lent.run(self._gateway.writes.probe())
            raw.require_sound()
        except BaseException:
            await self._let_go()
            raise
        raw.end()
        self._held = self._raw = None
        try:
            await raw.close()
            await self._commit(raw.lent, [*self._flushed, (changes, keys)])
        finally:
            await self._turn.aclose()
        return keys

    async def _commit(
        self, connection: PortableConnection, written: Sequence[Written]
    ) -> None:
        """Let COMMIT run to its end, whoever cancels. Contract: 31."""
        ended = await to_its_end(self._settle(connection, written))
        error = ended.task.exception()
        if error is None:
            self.interruption = ended.interruption
            return
        unknown = isinstance(error, CommitOutcomeUnknownError)
        if ended.interruption is not None and not unknown:
            raise ended.interruption from error
        raise error

    async def _settle(
        self, connection: PortableConnection, written: Sequence[Written]
    ) -> None:
        """Send COMMIT; find out what became of it if no answer comes. Contract: 30."""
        limits = self._gateway.pools.engines.limits
        session = connection.session_id
        loop = asyncio.get_running_loop()
        late = loop.call_later(limits.commit_timeout, connection.cut)
        try:
            await connection.settle()
        except CommitOutcomeUnknownError as unknown:
            await connection.abandon()
            lost = LostCommit(traces_of(written), session)
            seconds = max(limits.commit_timeout, limits.lock_timeout)
            outcome = await Resolver(self._gateway, seconds).outcome(lost)
            if outcome is Outcome.ROLLED_BACK:
                raise ConnectionLostError(unknown.detail) from unknown.__cause__
            if outcome is Outcome.UNKNOWN:
                raise
        except BaseException:
            await connection.abandon()
            raise
        finally:
            late.cancel()

    async def close(self) -> None:
        """End what is open, and give the connection back.

        What a serializable unit read ends in COMMIT: PostgreSQL forgets what was rolled
        back, and would let a writer commit that comes before what the reader saw.
        """
        reader = self._held if self._raw is None else None
        if reader is not None and self._options.isolation is Isolation.SERIALIZABLE:
            self._held = None
            await reader.conclude()
        await self._let_go()

    async def _let_go(self) -> None:
        held, raw = self._held, self._raw
        if raw is not None:
            self._ended_by_others = raw.end()
        self._held = self._raw = None
        try:
            if held is not None:
                await held.abandon()
            if raw is not None:
                await raw.close()
        finally:
            await self._turn.aclose()


async def raw_transaction(
    workspace: Workspace, *, lend: bool = False
) -> RawTransaction:
    """Open the raw transaction of a unit, and write into it what is pending.

    Args:
        workspace: the open unit.
        lend: whether user code gets its connection, and may write by it.
    """
    session = _sql_session(workspace)
    if lend:
        session.lend()
    await workspace.enter_transaction(session.hatch)
    return session.raw


def key_place(workspace: Workspace, mapping: AggregateMapping) -> Place:
    """Return the column that holds the key of an aggregate."""
    return _sql_session(workspace).layouts[mapping].key


def _sql_session(workspace: Workspace) -> SqlAlchemySession:
    session = workspace.session.innermost
    if not isinstance(session, SqlAlchemySession):
        raise TypeError(session)
    return session


def _nothing() -> Phase[None]:
    """Begin, and no more."""
    yield from ()


def _writing(isolation: Isolation) -> Isolation:
    """Only SERIALIZABLE needs more than versions."""
    if isolation is Isolation.SERIALIZABLE:
        return isolation
    return Isolation.READ_COMMITTED
