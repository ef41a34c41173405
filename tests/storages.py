"""The storages on which every promise is tested, each described once."""

from abc import abstractmethod
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar, Self, TypeVar

import pytest
from sqlalchemy import URL

from tests.servers import Servers, missing
from unitwork import AbstractUnitOfWork
from unitwork.adapters.mapping import Schema
from unitwork.adapters.memory import InMemoryDatabase, InMemoryUnitOfWork
from unitwork.adapters.sqlalchemy import SqlAlchemyDatabase, SqlAlchemyUnitOfWork
from unitwork.adapters.sqlalchemy.emptying import Emptying
from unitwork.adapters.storage import AbstractDatabase
from unitwork.testing.conformance.adapter import Adapter
from unitwork.testing.conformance.capabilities import Capabilities

__all__ = [
    "SQL",
    "STORAGES",
    "InMemory",
    "InMemoryDatabase",
    "InMemoryUnitOfWork",
    "MariaDb",
    "Postgres",
    "Servers",
    "SqlStorage",
    "Sqlite",
    "Storage",
    "missing",
]

U = TypeVar("U", bound=AbstractUnitOfWork)
Repositories = tuple[type[Any], ...]


class Storage(Adapter):
    """An adapter of this library: makes fresh databases, and units on them."""

    def __init__(self, servers: Servers) -> None:
        self._servers = servers

    @classmethod
    def make(cls, request: pytest.FixtureRequest) -> Self:
        """Take the servers that all tests share."""
        return cls(request.getfixturevalue("servers"))

    @abstractmethod
    def database(
        self, schema: Schema, *, lock_timeout: float = 5.0, **sql: Any
    ) -> AbstractAsyncContextManager[AbstractDatabase]:
        """Open a fresh, empty database with the schema's tables.

        Args:
            schema: what it stores.
            lock_timeout: in seconds.
            sql: further options of a SqlAlchemyDatabase; the fake has no pool.
        """

    def unit(
        self,
        port: type[U],
        *,
        repositories: Repositories = (),
        memory: Repositories = (),
        sql: Repositories = (),
    ) -> Callable[..., U]:
        """Return the unit class of a port, with those of its repositories."""
        own = memory if self.unit_of_work is InMemoryUnitOfWork else sql
        return super().unit(port, repositories=(*repositories, *own))


class InMemory(Storage):
    """The fake; it yields to the loop wherever a database would, so races show."""

    unit_of_work = InMemoryUnitOfWork
    capabilities = Capabilities(raw=False)

    @asynccontextmanager
    async def database(
        self, schema: Schema, *, lock_timeout: float = 5.0, **sql: Any
    ) -> AsyncIterator[InMemoryDatabase]:
        """Make a new object."""
        del sql
        yield InMemoryDatabase(schema, lock_timeout=lock_timeout, yielding=True)


class SqlStorage(Storage):
    """A database that SQLAlchemy reaches."""

    unit_of_work = SqlAlchemyUnitOfWork

    @abstractmethod
    def fresh(
        self, schema: Schema | None = None
    ) -> AbstractAsyncContextManager[tuple[URL, bool]]:
        """Lend an empty database, and whether it has the schema's tables already."""

    @abstractmethod
    async def keep(self, schema: Schema, url: URL) -> None:
        """Keep the tables for the next test that wants them."""

    @asynccontextmanager
    async def database(
        self, schema: Schema, *, lock_timeout: float = 5.0, **sql: Any
    ) -> AsyncIterator[SqlAlchemyDatabase]:
        """Make an empty database, its engine and its tables."""
        async with self.fresh(schema) as (url, ready):
            database = SqlAlchemyDatabase(schema, url, lock_timeout=lock_timeout, **sql)
            try:
                if not ready:
                    await database.create_all()
                    await database.dispose()
                    await self.keep(schema, url)
                yield database
            finally:
                await database.dispose()

    async def empty(self, database: AbstractDatabase) -> bool:
        """Delete by statements."""
        assert isinstance(database, SqlAlchemyDatabase)
        await Emptying(database).empty(None)
        return True


class Sqlite(SqlStorage):
    """A file."""

    @asynccontextmanager
    async def fresh(
        self, schema: Schema | None = None
    ) -> AsyncIterator[tuple[URL, bool]]:
        """Make a folder for the file and what stands beside it."""
        with TemporaryDirectory(prefix="unitwork-") as folder:
            file = Path(folder, "test.db")
            made = schema and self._servers.sqlite_files.get(schema)
            if made:
                file.write_bytes(made)
            yield URL.create("sqlite+aiosqlite", database=str(file)), bool(made)

    async def keep(self, schema: Schema, url: URL) -> None:
        """Keep the file as it is now."""
        self._servers.sqlite_files[schema] = Path(str(url.database)).read_bytes()


class Postgres(SqlStorage):
    """The server in the wheel, or the one that UNITWORK_POSTGRES_URL names."""

    driver: ClassVar[str]

    @asynccontextmanager
    async def fresh(
        self, schema: Schema | None = None
    ) -> AsyncIterator[tuple[URL, bool]]:
        """Lend this process's database."""
        database = self._servers.postgres
        async with database.emptied(schema) as ready:
            yield database.url.set(drivername=f"postgresql+{self.driver}"), ready

    async def keep(self, schema: Schema, url: URL) -> None:
        """Keep the tables; both drivers find them."""
        await self._servers.postgres.keep(schema)


class PostgresByAsyncpg(Postgres):
    """PostgreSQL by asyncpg."""

    driver = "asyncpg"


class PostgresByPsycopg(Postgres):
    """PostgreSQL by psycopg."""

    driver = "psycopg"


class MariaDb(SqlStorage):
    """The server that UNITWORK_MARIADB_URL names, or the one on this machine."""

    @asynccontextmanager
    async def fresh(
        self, schema: Schema | None = None
    ) -> AsyncIterator[tuple[URL, bool]]:
        """Lend this process's database."""
        database = self._servers.mariadb
        async with database.emptied(schema) as ready:
            yield database.url, ready

    async def keep(self, schema: Schema, url: URL) -> None:
        """Keep the tables."""
        await self._servers.mariadb.keep(schema)


STORAGES: dict[str, type[Storage]] = {
    "memory": InMemory,
    "sqlite": Sqlite,
    "postgresql-asyncpg": PostgresByAsyncpg,
    "postgresql-psycopg": PostgresByPsycopg,
    "mariadb": MariaDb,
}
SQL = [name for name, kind in STORAGES.items() if issubclass(kind, SqlStorage)]
