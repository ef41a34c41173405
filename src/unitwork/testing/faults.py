"""What can go wrong when a unit calls its storage, as a storage would tell it."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import attrs

from unitwork.adapters.storage import ChangeSet
from unitwork.domain.errors import (
    CommitOutcomeUnknownError,
    ConcurrencyConflictError,
    PersistenceError,
)
from unitwork.domain.storage_errors import (
    ConnectionLostError,
    PoolTimeoutError,
    StatementTimeoutError,
    StorageBusyError,
    StorageFullError,
    StorageReadOnlyError,
)

T = TypeVar("T")


@attrs.frozen
class Call(Generic[T]):
    """A call on its way to storage: a read, or a commit."""

    proceed: Callable[[], Awaitable[T]]
    """Let the storage do it."""
    changes: ChangeSet | None = None
    """What a commit applies; None: it is a read."""


class AbstractFault(ABC):
    """Something that happens to a call."""

    commits_only: bool = False
    """Whether it cannot happen to a read."""

    @abstractmethod
    async def strike(self, call: Call[T]) -> T:
        """Happen to a call: fail it, let it pass later, or both."""


@attrs.frozen
class Failure(AbstractFault):
    """An error of the library, raised in the place of a storage's own."""

    name: str
    make: Callable[[ChangeSet | None], PersistenceError] = attrs.field(repr=False)
    commits_only: bool = attrs.field(default=False, repr=False)
    applied: bool = attrs.field(default=False, repr=False)
    """Whether the storage does the work all the same, before the error."""

    async def strike(self, call: Call[T]) -> T:
        """Raise it, before or after the work."""
        if self.applied:
            await call.proceed()
        raise self.make(call.changes)

    def __str__(self) -> str:
        """Return the name that it is imported by."""
        return self.name


def _conflict(changes: ChangeSet | None) -> PersistenceError:
    for write in changes.guards if changes else ():
        return ConcurrencyConflictError(write.mapping.aggregate, write.key)
    return ConcurrencyConflictError(
        reason="The database could not put it in line with concurrent ones."
    )


conflict = Failure("conflict", _conflict)
"""Another unit was faster: ConcurrencyConflictError, retryable, rolled back."""
deadlock = Failure(
    "deadlock",
    lambda _: ConcurrencyConflictError(
        reason="Units waited for each other's locks: a deadlock."
    ),
)
"""This unit was chosen to give way: ConcurrencyConflictError, as for a conflict."""
busy = Failure("busy", lambda _: StorageBusyError("the lock was held for too long"))
"""A lock was not free in time: StorageBusyError, retryable, rolled back."""
timed_out = Failure(
    "timed_out", lambda _: StatementTimeoutError("the statement took too long")
)
"""A statement was stopped: StatementTimeoutError, retryable, rolled back."""
no_connection = Failure(
    "no_connection", lambda _: PoolTimeoutError("no connection came free")
)
"""The pool gave none in time: PoolTimeoutError, retryable, rolled back."""
lost = Failure("lost", lambda _: ConnectionLostError("the server went away"))
"""The connection broke before COMMIT: ConnectionLostError, retryable, rolled back."""
disk_full = Failure("disk_full", lambda _: StorageFullError("the disk is full"))
"""No room for the write: StorageFullError, not retryable, rolled back."""
read_only = Failure(
    "read_only", lambda _: StorageReadOnlyError("the server only reads")
)
"""The server became a standby: StorageReadOnlyError, not retryable, rolled back."""
lost_request = Failure(
    "lost_request",
    lambda _: CommitOutcomeUnknownError("COMMIT did not reach the server"),
    commits_only=True,
)
"""Lost in COMMIT, and nothing was stored: CommitOutcomeUnknownError, UNKNOWN."""
lost_reply = Failure(
    "lost_reply",
    lambda _: CommitOutcomeUnknownError("the reply to COMMIT did not come"),
    commits_only=True,
    applied=True,
)
"""Lost in COMMIT, and everything was stored: the same error, UNKNOWN as well."""


@attrs.frozen
class slow(AbstractFault):  # noqa: N801 - a word of the plan, like the others
    """Let a call wait before the storage sees it; no real time on a virtual loop."""

    seconds: float
    """From 0."""

    async def strike(self, call: Call[T]) -> T:
        """Wait, then pass."""
        await asyncio.sleep(self.seconds)
        return await call.proceed()


class Gate(AbstractFault):
    """Hold a call until the test opens the gate: any order of events, exactly.

    The test awaits `reached()`, does what shall come in between, and calls `open()`.
    """

    def __init__(self, *, replies: bool = False) -> None:
        """Be shut.

        Args:
            replies: hold what the storage answers, when it has done the work, and
                not the call on its way there.
        """
        self._replies = replies
        self._reached = asyncio.Event()
        self._opened = asyncio.Event()

    async def reached(self) -> None:
        """Wait until a call stands before the gate."""
        await self._reached.wait()

    def open(self) -> None:
        """Let the call pass."""
        self._opened.set()

    async def strike(self, call: Call[T]) -> T:
        """Hold the call, or its answer."""
        if self._replies:
            answer = await call.proceed()
            await self._hold()
            return answer
        await self._hold()
        return await call.proceed()

    async def _hold(self) -> None:
        self._reached.set()
        await self._opened.wait()
