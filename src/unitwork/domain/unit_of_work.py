"""The Unit of Work port."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from enum import Enum
from types import TracebackType
from typing import Any, Self

from unitwork.domain.event import DomainEvent
from unitwork.domain.outcome import Outcome


class Unstated(Enum):
    """That something was not said: None would say it."""

    UNSTATED = "unstated"


UNSTATED = Unstated.UNSTATED


class AbstractUnitOfWork(ABC):
    """Promise that everything done in a block is stored completely, or not at all.

    Derive your port from it, and name the repositories:

        class StockUnitOfWork(AbstractUnitOfWork):
            batches: AbstractRepository[Batch, str]

    The object is a handle: it is not open until `async with`, may be opened again
    after it closed, and belongs to one task at a time. A block inside a block is a
    nested scope, whose commit only hands its changes to the outer one.

    Source: Unit of Work (Fowler, Patterns of Enterprise Application Architecture).
    """

    @abstractmethod
    async def __aenter__(self) -> Self:
        """Open a unit, or a nested scope of the open one. Contract: 1, 6."""

    @abstractmethod
    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Roll back what was not committed; an exception passes. Contract: 4, 5.

        Raises:
            UncommittedChangesError: the block ended cleanly, with changes pending.
        """

    @abstractmethod
    async def commit(self, *, result: object = UNSTATED) -> None:
        """Make everything durable; in a nested scope, hand it to the outer one.

        Returns only when the storage has confirmed it (contract 2). Otherwise it
        raises, nothing is visible to anyone, and `outcome` tells what is known.

        Args:
            result: what the operation is about to return: stored with the effects
                where it runs under an operation key, else passed over. Contract: 34.

        Raises:
            ConcurrencyConflictError: another unit changed what this one writes.
            UniqueViolationError: a unique value is taken.
            ReferenceViolationError: a reference points at nothing.
            CommitOutcomeUnknownError: the storage was lost, nobody can tell.
        """

    @abstractmethod
    async def rollback(self) -> None:
        """Undo this block: objects are as loaded, events are dropped. Contract: 7."""

    @property
    @abstractmethod
    def outcome(self) -> Outcome:
        """Tell what became of the last unit opened on this handle. Contract: 10."""

    @property
    @abstractmethod
    def events(self) -> tuple[DomainEvent, ...]:
        """Give the events recorded so far, in order; after the end, those committed.

        Contract: 35, 36.
        """

    @abstractmethod
    def record(self, aggregate: Any, event: DomainEvent) -> None:
        """Record an event of an aggregate that is no AggregateRoot. Contract: 35."""

    @abstractmethod
    def after_commit(self, hook: Callable[[], Awaitable[object]]) -> None:
        """Run something when this unit has committed; not if this block is undone.

        It runs beside the caller, once, without a unit; `settle()` and `dispose()` of
        the database object wait for it. What it raises is logged. Contract: 6, 35.
        """

    @abstractmethod
    def version_of(self, aggregate: Any) -> int | None:
        """Return the version that storage has of an aggregate, or None if it has none.

        A 63-bit token, compared only for equality; valid after commit too.
        Contract: 16.

        Raises:
            MisuseError: this unit does not hold the aggregate.
        """

    @abstractmethod
    def adopt(self) -> None:
        """Make the running task the owner of an open unit that is idle. Contract: 8."""
