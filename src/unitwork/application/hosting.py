"""What an entry point asks of the unit of work that it lends to an operation."""

from abc import abstractmethod
from collections.abc import Callable
from inspect import signature

import attrs

from unitwork.application.operations import Claim, OperationRecord
from unitwork.domain.errors import MisuseError
from unitwork.domain.outcome import Outcome
from unitwork.domain.repository import AbstractRepository
from unitwork.domain.unit_of_work import UNSTATED, AbstractUnitOfWork


@attrs.frozen
class Terms:
    """On what terms a unit is lent."""

    read_only: bool = False
    """Refuse to write, whatever the handle was made for."""
    claim: Claim | None = None
    """What its commit stores as well. Contract: 34."""


class HostedUnitOfWork(AbstractUnitOfWork):
    """A unit that can be lent to one operation, and taken back. Contract: 3, 39.

    Lent, the handle is not open. A service's own block is the outermost one, and its
    commit is durable. Use without a block opens it, and `conclude` ends that.
    """

    @abstractmethod
    def lend(self, terms: Terms) -> None:
        """Let one operation use this handle, from now on until `conclude`.

        Raises:
            MisuseError: it is open, or lent already; or it is read-only and is to
                store a claim.
        """

    @abstractmethod
    async def conclude(self, *, commit: bool, result: object = UNSTATED) -> None:
        """Take it back, from any task: commit or roll back what use has opened.

        A block that is still open is rolled back. Afterwards every use raises
        `UnitOfWorkClosedError`. A second call does nothing.

        Args:
            commit: whether to commit; what a service has committed stays so.
            result: what the claim shall hold.

        Raises:
            PersistenceError: as commit() does.
            UncommittedChangesError: a block was still open, with changes pending.
        """

    @property
    @abstractmethod
    def effects(self) -> Outcome:
        """Tell what became of everything that was done since it was lent.

        UNKNOWN if that is so of a part; COMMITTED if a part was; else ROLLED_BACK, or
        NEW if it was never opened.
        """

    @property
    @abstractmethod
    def claimed(self) -> bool:
        """Tell whether a commit has stored the claim without a result."""

    @abstractmethod
    def operations(self) -> AbstractRepository[OperationRecord, str]:
        """Return the repository of the operations that took effect.

        Raises:
            MisuseError: the schema has no table for them.
        """


async def take_back(uow: HostedUnitOfWork, error: BaseException) -> None:
    """Roll back what is open, whatever that meets: the first failure passes."""
    try:
        await uow.conclude(commit=False)
    except Exception as second:  # noqa: BLE001 - attached to the first one
        error.add_note(f"The rollback failed as well: {second!r}")


def check_factory(make: object, *, by: str, write: str) -> None:
    """See that an entry point was given what can make units.

    Args:
        make: what it was given.
        by: who it is.
        write: how it should be written.

    Raises:
        MisuseError: it cannot be called without arguments.
    """
    if callable(make) and not _needs_arguments(make):
        return
    raise MisuseError(
        f"The {by} was given {getattr(make, '__name__', type(make).__name__)}, which is"
        " no factory of units.",
        "It calls the factory without arguments, for a fresh unit each time.",
        f"Write {write}.",
    )


def _needs_arguments(make: Callable[..., object]) -> bool:
    """Tell whether it is a class that cannot be called without arguments."""
    if not isinstance(make, type):
        return False
    try:
        signature(make).bind()
    except TypeError:
        return True
    return False


def hosted(made: object, *, by: str, write: str) -> HostedUnitOfWork:
    """Return what an entry point's factory has made, if it can be lent.

    Args:
        made: what it made.
        by: whose factory it is.
        write: how it should be written.

    Raises:
        MisuseError: it is no unit of work of an adapter.
    """
    if isinstance(made, HostedUnitOfWork):
        return made
    raise MisuseError(
        f"The {by}'s factory made an object of {type(made).__name__}.",
        "It makes units of work of an adapter, a fresh one each time.",
        f"Write {write}.",
    )
