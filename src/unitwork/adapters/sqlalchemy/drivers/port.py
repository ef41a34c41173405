"""The driver port: lend a connection, run a phase of work on it."""

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

from unitwork.adapters.sqlalchemy.patience import to_its_end
from unitwork.adapters.sqlalchemy.phase import Begin, Phase
from unitwork.domain.errors import PersistenceError
from unitwork.domain.storage_errors import ConnectionLostError

T = TypeVar("T")


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

    async def settle(self) -> None:
        """Commit, and release if that did not fail."""
        await self.commit()
        await self.release()

    @abstractmethod
    async def rollback(self) -> None:
        """Roll back what is open; does not raise: what cannot roll back is broken."""

    @abstractmethod
    async def release(self) -> None:
        """Give it back, or destroy it if its state is unknown; raises no failure.

        When cancelled, it has been given back.
        """

    async def abandon(self) -> None:
        """Roll back and release, to the end, also while being cancelled."""
        await to_the_end(self._leave())

    async def conclude(self) -> None:
        """Commit what was only read, and release; otherwise like `abandon`."""
        await to_the_end(self._conclude())

    async def _conclude(self) -> None:
        with contextlib.suppress(PersistenceError):  # there is nothing to lose
            await self.commit()
        await self._leave()

    async def _leave(self) -> None:
        await self.rollback()
        await self.release()


async def to_the_end(work: Coroutine[Any, Any, None]) -> None:
    """Do work to its end; then raise the cancellation that came meanwhile."""
    ended = await to_its_end(work)
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
