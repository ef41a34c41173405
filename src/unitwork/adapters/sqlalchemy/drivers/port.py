"""The driver port: lend a connection, run a phase of work on it.

A *phase* is all statements of a read, or of a commit up to COMMIT, written as a
generator: it yields steps and is sent what each gave. It does no I/O itself, so a
driver may run it in a thread, in a greenlet, or ahead of the replies.

Source: sans-I/O.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any, Generic, TypeVar

import attrs
from sqlalchemy.sql.base import Executable

from unitwork.adapters.mapping.description import AggregateMapping
from unitwork.adapters.sqlalchemy.patience import to_its_end
from unitwork.adapters.storage import Isolation
from unitwork.domain.storage_errors import ConnectionLostError

T = TypeVar("T")
Parameters = Mapping[str, Any]


@attrs.frozen
class Writes:
    """Which table a step writes, for errors: the n-th of a mapping."""

    mapping: AggregateMapping
    table: int
    removes: bool = False


@attrs.frozen
class Step:
    """One statement, for one or many sets of parameters."""

    statement: Executable
    parameters: Sequence[Parameters]
    fetches: bool = True
    """Whether its rows are wanted; otherwise the number of rows, or -1 if unknown."""
    writes: Writes | None = None


Phase = Generator[Step, Any, T]


@attrs.frozen
class Begin:
    """Begin a transaction before the first step."""

    isolation: Isolation
    writes: bool
    """Whether it will write; otherwise it is only a snapshot."""


class AbstractConnection(ABC):
    """One connection, lent by a pool. Every error is an error of the library."""

    touched: bool
    """Whether the server has answered anything since it was lent."""

    @abstractmethod
    async def run(self, phase: Phase[T], begin: Begin | None = None) -> T:
        """Run a phase, in a new transaction if `begin` says so, else as it stands.

        When cancelled it returns in time, and the connection is either usable or
        marked to be destroyed.
        """

    @abstractmethod
    async def commit(self) -> None:
        """Commit the transaction. After an error it may still be open."""

    @abstractmethod
    async def rollback(self) -> None:
        """Roll back what is open; does not raise: what cannot roll back is broken."""

    @abstractmethod
    async def release(self) -> None:
        """Give it back, or destroy it if its state is unknown; does not raise."""

    async def abandon(self) -> None:
        """Roll back and release, to the end, also while being cancelled."""

        async def leave() -> None:
            await self.rollback()
            await self.release()

        ended = await to_its_end(leave())
        if ended.interruption is not None:
            raise ended.interruption


C = TypeVar("C", bound=AbstractConnection)


class AbstractDriver(ABC, Generic[C]):
    """A pool of connections to one database."""

    @abstractmethod
    async def lend(self, *, read_only: bool) -> C:
        """Lend a connection.

        Raises:
            PoolTimeoutError: none came free in time.
            ConnectionLostError: the server cannot be reached.
        """

    async def start(
        self, make: Callable[[], Phase[T]], begin: Begin | None, *, read_only: bool
    ) -> tuple[C, T]:
        """Lend a connection and run a phase on it.

        A connection that died in the pool is replaced, once: nothing was done on it.
        Contract: 42.
        """
        connection = await self.lend(read_only=read_only)
        try:
            return connection, await connection.run(make(), begin)
        except ConnectionLostError:
            await connection.abandon()
            if connection.touched:
                raise
        except BaseException:
            await connection.abandon()
            raise
        connection = await self.lend(read_only=read_only)
        try:
            return connection, await connection.run(make(), begin)
        except BaseException:
            await connection.abandon()
            raise
