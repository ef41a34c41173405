"""The storage port, the thin waist: read records, apply a change set. Nothing else.

Whoever writes an adapter implements the two abstract classes here; everything that a
unit of work promises beyond them is in the shared core, and inherited.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, Any

import attrs

from unitwork.adapters.background import Background
from unitwork.adapters.mapping.criterion import EVERYTHING, Criterion
from unitwork.adapters.mapping.description import AggregateMapping, SortTerm, State
from unitwork.adapters.mapping.schema import Schema
from unitwork.application.message_bus import MessageBus
from unitwork.domain.errors import (
    ConcurrencyConflictError,
    MisuseError,
    PersistenceError,
)

if TYPE_CHECKING:
    from attrs import frozen
else:  # type checkers see to it; at run time it would more than double their cost
    from attrs import define as frozen

_SHORTEST, _LONGEST = 0.001, 2_000_000
_CHANGED = "What this unit had read has been changed since."


class Isolation(Enum):
    """What a unit sees of others while it is open. Contract: 18."""

    READ_COMMITTED = "read_committed"
    SNAPSHOT = "snapshot"
    SERIALIZABLE = "serializable"


@attrs.frozen
class UnitOptions:
    """How a unit was asked to behave."""

    isolation: Isolation = Isolation.READ_COMMITTED
    read_only: bool = False
    reads_latest: bool = attrs.field(init=False, eq=False, repr=False)
    """Whether each read sees the latest commit."""
    serializable: bool = attrs.field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        latest = self.isolation is Isolation.READ_COMMITTED
        object.__setattr__(self, "reads_latest", latest)
        serializable = self.isolation is Isolation.SERIALIZABLE
        object.__setattr__(self, "serializable", serializable)


@frozen
class Record:
    """An aggregate as storage has it."""

    key: Any
    version: int
    state: State


@attrs.frozen
class Query:
    """Which aggregates to read, in which order. Contract: 22, 23."""

    mapping: AggregateMapping
    criterion: Criterion = EVERYTHING
    order: tuple[SortTerm, ...] = ()
    """Total: the key, column 0, is always its last term."""
    limit: int | None = None
    offset: int = 0
    excluding: tuple[Any, ...] = ()
    """Keys that are left out; of any number."""
    after: tuple[Any, ...] | None = None
    """Only rows that come strictly after these values of the order's columns."""


@frozen(eq=False)
class Insert:
    """A new aggregate. Its state's key is None if the database makes it."""

    mapping: AggregateMapping
    after: State

    @property
    def key(self) -> Any:
        """Return the key, or None."""
        return self.after[0][0][0]


@frozen(eq=False)
class Update:
    """A changed aggregate: root or children differ; the version always changes."""

    mapping: AggregateMapping
    version: int
    before: State
    after: State

    @property
    def key(self) -> Any:
        """Return the key."""
        return self.before[0][0][0]


@frozen(eq=False)
class Delete:
    """A removed aggregate."""

    mapping: AggregateMapping
    version: int
    before: State

    @property
    def key(self) -> Any:
        """Return the key."""
        return self.before[0][0][0]


Write = Insert | Update | Delete


@attrs.frozen
class KeyRead:
    """What a serializable unit found under keys: the version, or None."""

    mapping: AggregateMapping
    found: tuple[tuple[Any, int | None], ...]


@attrs.frozen
class QueryRead:
    """What a serializable unit got from a scan: keys and versions, in order."""

    query: Query
    found: tuple[tuple[Any, int], ...]


@attrs.frozen
class CountRead:
    """What a serializable unit counted; `found` is a bool for an exists."""

    query: Query
    found: int


Read = KeyRead | QueryRead | CountRead
Undo = Callable[[], None]


def _nothing() -> None:
    """Leave it undone."""


@frozen
class ChangeSet:
    """Everything one unit writes."""

    token: int
    """The version that every root row written gets: 63 bits, not 0. Contract: 16."""
    writes: tuple[Write, ...]
    """In an order in which no statement meets a constraint that the whole keeps."""
    reads: tuple[Read, ...] = ()
    """Only of serializable units: read again first; a difference is a conflict."""
    undone: Undo = attrs.field(default=_nothing, eq=False)
    """To call if they were flushed, and user code then undid that by itself."""
    guards: tuple[Update | Delete, ...] = attrs.field(
        init=False,
        repr=False,
        default=attrs.Factory(lambda made: _guarded(made.writes), takes_self=True),
    )
    """The writes whose versions are guarded, in the order of their keys.

    All storages lock in this order, so that units do not deadlock. Contract: 25.
    """


def _guarded(writes: tuple[Write, ...]) -> tuple[Update | Delete, ...]:
    written = [write for write in writes if not isinstance(write, Insert)]
    if len(written) > 1:
        written.sort(key=lambda write: (write.mapping.position, write.key))
    return tuple(written)


class AbstractStorageSession(ABC):
    """What one open unit needs of a storage. Used by one task at a time.

    A session reads at the level of its `UnitOptions`: at READ_COMMITTED each call sees
    the latest commit; at the others, every call sees the moment of the session's first
    read or lock. It reads any number of times, applies at most once, and is closed
    once; after `apply`, whether it raised or not, nothing but `close` is called.
    """

    interruption: BaseException | None = None
    """A cancellation that came while `apply` could no longer be stopped; the core
    raises it when the outcome is recorded. Contract: 31."""

    @abstractmethod
    async def load(
        self, mapping: AggregateMapping, keys: Sequence[Any]
    ) -> list[Record]:
        """Read the aggregates that have these keys, in any order, none of them torn.

        Args:
            mapping: of their class.
            keys: canonical, as `Record.key` is; of any number, each once. One that
                storage does not have is left out of the answer.
        """

    @abstractmethod
    async def scan(self, query: Query) -> list[Record]:
        """Read the aggregates that a query means, in its order, none of them torn."""

    @abstractmethod
    async def count(self, query: Query) -> int:
        """Count what a query means; its limit and offset are not set."""

    @abstractmethod
    async def exists(self, query: Query) -> bool:
        """Tell whether a query means anything."""

    @abstractmethod
    async def lock(self, mapping: AggregateMapping, key: Any) -> Record | None:
        """Read the latest committed aggregate and keep writers out until the end.

        That is the end of `apply`, or `close`. Until then `lock` and `apply` of the key
        wait in other sessions; their reads do not. A key that storage does not have may
        be locked, or not; None is returned for it.

        Raises:
            ConcurrencyConflictError: this session reads at a moment at which it was
                another version; or it would wait for one that waits for it.
            StorageBusyError: someone else held it for longer than lock_timeout.
        """

    @abstractmethod
    async def apply(self, changes: ChangeSet) -> Mapping[int, Any]:
        """Check versions and constraints, write, and make it durable: all or nothing.

        First wait for locks that others have on `guards`; then, with nobody writing in
        between: the versions of the guards, the `reads` again by the latest commit, and
        the writes in their order, each with its keys, unique values and references.
        Every root row that is written gets the token as its version; an Insert of a key
        None is given one. A session of its own snapshot writes over the latest commit.

        Returns:
            The keys that the database made, by position among the writes.

        Raises:
            PersistenceError: nothing was applied, unless its outcome is UNKNOWN.
            CancelledError: nothing was applied. A cancellation that comes too late
                to stop it is kept in `interruption`, and `apply` returns.
        """

    @abstractmethod
    async def close(self) -> None:
        """Give everything back: locks, snapshots, transactions, connections.

        Called once, always; it does not raise.
        """

    @property
    def innermost(self) -> "AbstractStorageSession":
        """Return the storage's own session, if this one stands before it."""
        return self

    @property
    def ended_by_others(self) -> PersistenceError | None:
        """Return what says that user code may have stored a part. Contract: 10."""
        return None

    @property
    def transactional(self) -> bool:
        """Tell whether a raw transaction is open, in which the unit now runs."""
        return False

    async def flush(self, changes: ChangeSet) -> Mapping[int, Any]:
        """Write into the raw transaction, without committing it."""
        raise NotImplementedError

    async def savepoint(self) -> Any:
        """Begin a savepoint in the raw transaction and return its handle."""
        raise NotImplementedError

    async def undo(self, savepoint: Any) -> None:
        """Undo everything since a savepoint, and end it."""
        raise NotImplementedError

    async def release(self, savepoint: Any) -> None:
        """Keep everything since a savepoint, and end it.

        Raises:
            PersistenceError: a statement since then has failed (contract 28).
        """
        raise NotImplementedError


Interposer = Callable[[AbstractStorageSession], AbstractStorageSession]
"""Puts a session before another one: to watch what passes, or to disturb it."""


class AbstractDatabase(ABC):
    """What a unit of work is constructed with: one for each process and storage."""

    schema: Schema
    bus: MessageBus | None = None
    """Who is told of the events of its units."""
    interposers: tuple[Interposer, ...] = ()
    """What stands between units and storage, the outermost last; tests add some."""

    @abstractmethod
    def open(self, options: UnitOptions) -> AbstractStorageSession:
        """Begin a session; takes no connection before its first read or write."""

    @cached_property
    def background(self) -> Background:
        """Return what runs after commits."""
        return Background()

    async def settle(self) -> None:
        """Wait for every handler and hook that runs after commits. Contract: 35."""
        await self.background.join()

    def session(self, options: UnitOptions) -> AbstractStorageSession:
        """Begin a session for a unit, with everything that stands before it."""
        session = self.open(options)
        for interpose in self.interposers:
            session = interpose(session)
        return session


def checked_seconds(name: str, value: float) -> float:
    """Return a time limit that every database understands: 1 ms to 24 days.

    Raises:
        MisuseError: it is another one; to some databases 0 means no limit.
    """
    if type(value) in (int, float) and _SHORTEST <= value <= _LONGEST:
        return value
    raise MisuseError(
        f"{name}={value!r} is no time limit.",
        "It counts seconds, as an int or float, from 0.001 to 2,000,000.",
        "Say how long; leave it out for the default.",
    )


def changed_since(read: Read) -> ConcurrencyConflictError:
    """Make the conflict of a read that has another answer now. Contract: 18."""
    if isinstance(read, KeyRead):
        return ConcurrencyConflictError(
            read.mapping.aggregate, read.found[0][0], _CHANGED
        )
    return ConcurrencyConflictError(read.query.mapping.aggregate, reason=_CHANGED)


def snapshot_before_lock() -> MisuseError:
    """Make the refusal of a lock, or a transaction, after a snapshot. Contract: 21."""
    return MisuseError(
        "A snapshot unit asked for a lock or a connection after it had read.",
        "Its snapshot is older than the lock and may not show what is locked.",
        "Lock before the first read, or use isolation='read_committed'.",
    )
