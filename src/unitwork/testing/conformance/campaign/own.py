"""The library's own storages, as adapters that need no pytest."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from functools import partial
from typing import ClassVar, Self

from unitwork.adapters.mapping.schema import Schema
from unitwork.adapters.memory import InMemoryDatabase, InMemoryUnitOfWork
from unitwork.adapters.sqlalchemy.database import SqlAlchemyDatabase
from unitwork.adapters.sqlalchemy.unit_of_work import SqlAlchemyUnitOfWork
from unitwork.adapters.storage import AbstractDatabase
from unitwork.domain.errors import MisuseError
from unitwork.testing.conformance.adapter import Adapter
from unitwork.testing.conformance.capabilities import Capabilities
from unitwork.testing.postgres import PostgresServer
from unitwork.testing.storages import MissingDatabaseError, Storages, Trial


class InMemory(Adapter):
    """The fake."""

    unit_of_work = InMemoryUnitOfWork
    capabilities = Capabilities(raw=False)

    @asynccontextmanager
    async def database(
        self, schema: Schema, *, lock_timeout: float = 5.0
    ) -> AsyncIterator[InMemoryDatabase]:
        """Make a new object."""
        yield InMemoryDatabase(schema, lock_timeout=lock_timeout, yielding=True)


class _Sql(Adapter):
    unit_of_work = SqlAlchemyUnitOfWork
    version_query: ClassVar[str] = "SELECT version()"

    def __init__(self, url: str) -> None:
        self._url = url
        self._trials: dict[AbstractDatabase, Trial] = {}

    @asynccontextmanager
    async def database(
        self, schema: Schema, *, lock_timeout: float = 5.0
    ) -> AsyncIterator[SqlAlchemyDatabase]:
        """Make a database beside the one that is named, and drop it in the end."""
        connect = partial(SqlAlchemyDatabase, lock_timeout=lock_timeout)
        unit = self.unit_of_work
        stored = Storages(schema, memory=unit, sql=unit, connect=connect)
        trial = Trial(stored, self._url)
        self._trials[trial.database] = trial
        try:
            yield trial.database
        finally:
            del self._trials[trial.database]
            await trial.database.dispose()
            trial.close()

    async def empty(self, database: AbstractDatabase) -> bool:
        """Delete from the tables that were written."""
        await self._trials[database].empty()
        return True

    async def version(self, database: AbstractDatabase) -> str:
        """Ask the server."""
        engine = self._trials[database].database.engine
        async with engine.connect() as connection:
            found = await connection.exec_driver_sql(self.version_query)
            return str(found.scalar_one()).partition(" on ")[0]


class Sqlite(_Sql):
    """A temporary file."""

    version_query = "SELECT 'SQLite ' || sqlite_version()"

    @classmethod
    @contextmanager
    def opened(cls) -> Iterator[Self]:
        """Make it: there is nothing to start."""
        yield cls("sqlite+aiosqlite://")


class _Postgres(_Sql):
    driver: ClassVar[str]

    @classmethod
    @contextmanager
    def opened(cls) -> Iterator[Self]:
        """Take the server of UNITWORK_POSTGRES_URL, or start one from binaries."""
        with ExitStack() as at_end:
            url = os.environ.get("UNITWORK_POSTGRES_URL")
            try:
                url = url or at_end.enter_context(PostgresServer()).url()
            except MisuseError as error:
                raise MissingDatabaseError(f"{error.what} {error.remedy}") from error
            yield cls(f"postgresql+{cls.driver}://{url.partition('://')[2]}")


class PostgresByAsyncpg(_Postgres):
    """PostgreSQL by asyncpg."""

    driver = "asyncpg"


class PostgresByPsycopg(_Postgres):
    """PostgreSQL by psycopg."""

    driver = "psycopg"


class MariaDb(_Sql):
    """The server that UNITWORK_MARIADB_URL names, or the one on this machine."""

    version_query = "SELECT concat('MariaDB ', version())"

    @classmethod
    @contextmanager
    def opened(cls) -> Iterator[Self]:
        """Make it: whether the server answers, the first database tells."""
        usual = "mysql+asyncmy://root@127.0.0.1:3306/test"
        yield cls(os.environ.get("UNITWORK_MARIADB_URL", usual))


OWN: tuple[type[Adapter], ...] = (
    InMemory,
    Sqlite,
    PostgresByAsyncpg,
    PostgresByPsycopg,
    MariaDb,
)


def named(kind: type[Adapter]) -> str:
    """Give the name by which other processes find an adapter: `module:Class`."""
    return f"{kind.__module__}:{kind.__name__}"
