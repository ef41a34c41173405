"""What an application's conftest.py says once, and the databases made from it."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Generic, TypeVar

import attrs

from unitwork.adapters.making import IsolationName
from unitwork.adapters.mapping.schema import Schema
from unitwork.adapters.memory import InMemoryDatabase
from unitwork.adapters.sqlalchemy.database import SqlAlchemyDatabase
from unitwork.adapters.sqlalchemy.emptying import Emptying
from unitwork.adapters.sqlalchemy.trial_databases import (
    create_database,
    drop_database,
)
from unitwork.adapters.storage import AbstractStorageSession, ChangeSet
from unitwork.domain.errors import MisuseError
from unitwork.domain.storage_errors import ConnectionLostError
from unitwork.domain.unit_of_work import AbstractUnitOfWork
from unitwork.testing.passing import Keys, PassingSession
from unitwork.testing.postgres import PostgresServer

T = TypeVar("T")
U = TypeVar("U", bound=AbstractUnitOfWork)


class MissingDatabaseError(Exception):
    """A database that tests were told of does not answer, or cannot be started."""


@attrs.frozen(eq=False)
class Storages(Generic[U]):
    """Name the schema, and the unit class of each storage, for the plugin's fixtures.

    A conftest.py returns it from a fixture `unitwork_storages` of session scope.
    """

    schema: Schema
    """What is stored."""
    memory: Callable[..., U] = attrs.field(kw_only=True)
    """The unit class over the in-memory storage."""
    sql: Callable[..., U] = attrs.field(kw_only=True)
    """The unit class over SQLAlchemy."""
    connect: Callable[[Schema, str], SqlAlchemyDatabase] = attrs.field(
        default=SqlAlchemyDatabase, kw_only=True
    )
    """Makes the database object; say here what your application gives it on top."""
    create: Callable[[SqlAlchemyDatabase], Awaitable[None]] = attrs.field(
        default=SqlAlchemyDatabase.create_all, kw_only=True
    )
    """Makes the tables, once: `create_all`, or your migrations."""

    def fake(self) -> InMemoryDatabase:
        """Make an empty in-memory database, on which races between units show."""
        return InMemoryDatabase(self.schema, yielding=True)

    def unit(
        self,
        database: InMemoryDatabase | SqlAlchemyDatabase,
        *,
        isolation: IsolationName = "read_committed",
        read_only: bool = False,
    ) -> U:
        """Make a unit that is not open, of the class that fits a database."""
        fits = self.memory if isinstance(database, InMemoryDatabase) else self.sql
        return fits(database, isolation=isolation, read_only=read_only)


class Trial:
    """A real database for all tests of a process, emptied between them."""

    def __init__(self, storages: Storages[Any], url: str) -> None:
        """Make the database and its tables.

        Args:
            storages: what is stored.
            url: a database is made beside the one that it names. If it ends with ://,
                a temporary file is made, or a PostgreSQL server is started.

        Raises:
            MissingDatabaseError: the server does not answer, or there is none to start.
        """
        self._storages = storages
        self._written: set[str] | None = None
        """The tables that may have rows; None: any."""
        with ExitStack() as at_end:
            self._make(_completed(url, at_end), at_end)
            self._at_end = at_end.pop_all()

    def _make(self, url: str, at_end: ExitStack) -> None:
        try:
            made = aside(create_database(url, _name()))
        except ConnectionLostError as lost:
            raise _missing(url, f"does not answer: {lost.detail}") from lost
        at_end.callback(lambda: aside(drop_database(url, made)))
        self.database = self._storages.connect(self._storages.schema, made)
        self._emptying = Emptying(self.database)
        aside(self._create())
        self.database.interposers = (*self.database.interposers, self._watched)

    async def _create(self) -> None:
        try:
            await self._storages.create(self.database)
            await self._emptying.learn()
        finally:
            await self.database.dispose()

    def close(self) -> None:
        """Drop the database, and stop the server that was started for it."""
        self._at_end.close()

    async def empty(self) -> None:
        """Delete what units have written; if user code had a connection, everything.

        Cost: nothing if there is nothing to delete.
        """
        if self._emptying.lent():
            self._written = None
        if self._written != set():
            await self._emptying.empty(self._written)
        self._written = set()

    def _watched(self, session: AbstractStorageSession) -> AbstractStorageSession:
        return _WatchedSession(session, self._wrote)

    def _wrote(self, changes: ChangeSet) -> None:
        if self._written is not None:
            for write in changes.writes:
                self._written.update(table.name for table in write.mapping.tables)


class _WatchedSession(PassingSession):
    """Hear of every change set, applied or not: it may be, and nobody knows."""

    def __init__(
        self, inner: AbstractStorageSession, wrote: Callable[[ChangeSet], None]
    ) -> None:
        super().__init__(inner)
        self._wrote = wrote

    async def apply(self, changes: ChangeSet) -> Keys:
        """Note it, then pass it on."""
        self._wrote(changes)
        return await super().apply(changes)

    async def flush(self, changes: ChangeSet) -> Keys:
        """Note it, then pass it on."""
        self._wrote(changes)
        return await super().flush(changes)


def aside(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on an event loop of its own, whatever loops there are here."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(asyncio.run, work).result()


def _completed(url: str, at_end: ExitStack) -> str:
    """Add what a URL that is only a scheme leaves to us."""
    scheme, _, place = url.partition("://")
    if place:
        return url
    if scheme.startswith("postgresql"):
        try:
            return at_end.enter_context(PostgresServer()).url(driver=scheme)
        except MisuseError as error:
            why = f"cannot be started: {error.what} {error.remedy}"
            raise _missing(url, why) from error
    if scheme.startswith("sqlite"):
        folder = at_end.enter_context(TemporaryDirectory(prefix="unitwork-"))
        return f"{url}/{Path(folder, 'unitwork.db')}"
    return url


def _missing(url: str, why: str) -> MissingDatabaseError:
    scheme, _, place = url.partition("://")
    return MissingDatabaseError(f"{scheme}://{place.rpartition('@')[2]} {why}")


def _name() -> str:
    """Name this process, so that those that run at the same time do not meet."""
    return f"{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"
