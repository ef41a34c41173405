"""What the author of an adapter hands over to be judged."""

import types
from abc import ABC, abstractmethod
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    nullcontext,
)
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from unitwork.adapters.mapping.schema import Schema
from unitwork.adapters.storage import AbstractDatabase
from unitwork.adapters.unit_of_work import TrackingUnitOfWork
from unitwork.domain.unit_of_work import AbstractUnitOfWork
from unitwork.testing.conformance.capabilities import Capabilities

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

U = TypeVar("U", bound=AbstractUnitOfWork)


class Adapter(ABC):
    """Name an adapter's unit class, and say how a fresh database of it is made.

    Derive from it, and hand the class to `conformance_suite`.
    """

    unit_of_work: ClassVar[type[TrackingUnitOfWork]] = TrackingUnitOfWork
    """The adapter's class, which is joined with the ports of the suite."""
    capabilities: ClassVar[Capabilities] = Capabilities()
    """What the storage can do."""

    @classmethod
    def make(cls, request: "pytest.FixtureRequest") -> Self:
        """Make the adapter for one test; override it to take fixtures of your own."""
        del request
        return cls()

    @classmethod
    def opened(cls) -> AbstractContextManager[Self]:
        """Make the adapter where there is no pytest, for as long as a block.

        `python -m unitwork.testing.conformance` asks for it, once in each of its
        processes. Override it if `make` takes fixtures: start what they would start,
        and end it. If there is nothing to reach, raise a MissingDatabaseError.
        """
        return nullcontext(cls())

    @abstractmethod
    def database(
        self, schema: Schema, *, lock_timeout: float = 5.0
    ) -> AbstractAsyncContextManager[AbstractDatabase]:
        """Open a fresh, empty database that can store a schema; close it at the end.

        Args:
            schema: what is stored. The suite has few of them, each always the same
                object: tables may be kept for it, if their rows are not.
            lock_timeout: how long a unit waits for a lock, in seconds.
        """

    async def version(self, database: AbstractDatabase) -> str:
        """Name the storage and its version, for a report."""
        return type(database).__name__

    async def empty(self, database: AbstractDatabase) -> bool:
        """Remove all that is stored, if there is a quicker way than by units.

        Programs ask for it before each of them, while no unit is open.

        Args:
            database: what `database` gave.

        Returns:
            Whether everything is gone; by default nothing is done.
        """
        del database
        return False

    def unit(
        self, port: type[U], *, repositories: tuple[type[Any], ...] = ()
    ) -> "Callable[..., U]":
        """Return the unit class of a port: `class Name(unit_of_work, port)`.

        Args:
            port: names the repositories.
            repositories: classes for those whose finders are abstract.
        """
        return _joined(self.unit_of_work, port, repositories)


@cache
def _joined(
    adapter: type[AbstractUnitOfWork],
    port: type[U],
    repositories: tuple[type[Any], ...],
) -> type[U]:
    return types.new_class(
        f"{adapter.__name__.removesuffix('UnitOfWork')}{port.__name__}",
        (adapter, port),
        {"repositories": list(repositories)},
        lambda body: body.update(__module__=port.__module__),
    )
