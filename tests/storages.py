"""The storages on which every promise is tested, each described once."""

import itertools
import os
import socket
import types
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager
from functools import cache, cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar, Never, TypeVar

import asyncmy
import psycopg
import pytest
from sqlalchemy import URL, make_url

from unitwork import AbstractUnitOfWork
from unitwork.adapters.mapping import Schema
from unitwork.adapters.memory import InMemoryDatabase, InMemoryUnitOfWork
from unitwork.adapters.sqlalchemy import SqlAlchemyDatabase, SqlAlchemyUnitOfWork
from unitwork.adapters.storage import AbstractDatabase
from unitwork.domain.errors import MisuseError
from unitwork.testing.postgres import PostgresServer

U = TypeVar("U", bound=AbstractUnitOfWork)
Repositories = tuple[type[Any], ...]

MARIADB = "mysql+asyncmy://root@127.0.0.1:3306/test"
LOCK_SECONDS = 5
WORKER = f"{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"

RESET_POSTGRES = "DROP SCHEMA public CASCADE; CREATE SCHEMA public"
END_TRANSACTIONS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


def missing(service: str, why: str) -> Never:
    """Skip the test, or fail it where every service must answer."""
    reason = f"{service} is not there: {why}"
    if os.environ.get("UNITWORK_REQUIRE_SERVICES") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


class Servers:
    """Database servers, each one found or started when a test first asks for it."""

    def __init__(self, at_end: ExitStack) -> None:
        self._at_end = at_end

    @cached_property
    def postgres(self) -> psycopg.Connection:
        """A connection to an empty PostgreSQL database of this process."""
        url = os.environ.get("UNITWORK_POSTGRES_URL") or self._own_postgres
        name = f"unitwork_{WORKER}"
        admin = psycopg.connect(url, autocommit=True)
        self._at_end.callback(admin.close)
        admin.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        self._at_end.callback(admin.execute, f"DROP DATABASE {name} WITH (FORCE)")
        inside = psycopg.connect(url, dbname=name, autocommit=True)
        self._at_end.callback(inside.close)
        inside.execute(f"SET lock_timeout = '{LOCK_SECONDS}s'")
        return inside

    @cached_property
    def _own_postgres(self) -> str:
        try:
            return self._at_end.enter_context(PostgresServer()).url()
        except MisuseError as error:
            missing("PostgreSQL", str(error))

    @cached_property
    def mariadb(self) -> URL:
        """Where MariaDB answers."""
        url = make_url(os.environ.get("UNITWORK_MARIADB_URL", MARIADB))
        try:
            socket.create_connection((url.host, url.port or 3306), timeout=5).close()
        except OSError as error:
            missing("MariaDB", f"{url} ({error})")
        return url


class Storage(ABC):
    """One way to keep aggregates: makes fresh databases, and units on them."""

    def __init__(self, servers: Servers) -> None:
        self._servers = servers

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

    @abstractmethod
    def unit(
        self,
        port: type[U],
        *,
        memory: Repositories = (),
        sql: Repositories = (),
    ) -> Callable[..., U]:
        """Return the unit class of a port, with those of its repositories."""


class InMemory(Storage):
    """The fake; it yields to the loop wherever a database would, so races show."""

    @asynccontextmanager
    async def database(
        self, schema: Schema, *, lock_timeout: float = 5.0, **sql: Any
    ) -> AsyncIterator[InMemoryDatabase]:
        """Make a new object."""
        del sql
        yield InMemoryDatabase(schema, lock_timeout=lock_timeout, yielding=True)

    def unit(
        self,
        port: type[U],
        *,
        memory: Repositories = (),
        sql: Repositories = (),
    ) -> Callable[..., U]:
        """Derive from the in-memory unit of work."""
        del sql
        return _concrete(InMemoryUnitOfWork, port, memory)


class SqlStorage(Storage):
    """A database that SQLAlchemy reaches."""

    @abstractmethod
    def fresh(self) -> AbstractAsyncContextManager[URL]:
        """Make an empty database, and remove it afterwards."""

    @asynccontextmanager
    async def database(
        self, schema: Schema, *, lock_timeout: float = 5.0, **sql: Any
    ) -> AsyncIterator[SqlAlchemyDatabase]:
        """Make an empty database, its engine and its tables."""
        async with self.fresh() as url:
            database = SqlAlchemyDatabase(schema, url, lock_timeout=lock_timeout, **sql)
            try:
                await database.create_all()
                yield database
            finally:
                await database.dispose()

    def unit(
        self,
        port: type[U],
        *,
        memory: Repositories = (),
        sql: Repositories = (),
    ) -> Callable[..., U]:
        """Derive from the SQLAlchemy unit of work."""
        del memory
        return _concrete(SqlAlchemyUnitOfWork, port, sql)


class Sqlite(SqlStorage):
    """A file."""

    @asynccontextmanager
    async def fresh(self) -> AsyncIterator[URL]:
        """Make a folder for the file and what stands beside it."""
        with TemporaryDirectory(prefix="unitwork-") as folder:
            yield URL.create("sqlite+aiosqlite", database=str(Path(folder, "test.db")))


class Postgres(SqlStorage):
    """The server in the wheel, or the one that UNITWORK_POSTGRES_URL names."""

    driver: ClassVar[str]

    @asynccontextmanager
    async def fresh(self) -> AsyncIterator[URL]:
        """Lend this process's database, and empty it."""
        admin = self._servers.postgres
        info = admin.info
        try:
            yield URL.create(
                f"postgresql+{self.driver}",
                username=info.user,
                password=info.password or None,
                host=info.host,
                port=info.port,
                database=info.dbname,
            )
        finally:
            try:
                admin.execute(RESET_POSTGRES)
            except psycopg.errors.LockNotAvailable:  # spare the tests that follow
                admin.execute(END_TRANSACTIONS)
                admin.execute(RESET_POSTGRES)
                raise


class PostgresByAsyncpg(Postgres):
    """PostgreSQL by asyncpg."""

    driver = "asyncpg"


class PostgresByPsycopg(Postgres):
    """PostgreSQL by psycopg."""

    driver = "psycopg"


class MariaDb(SqlStorage):
    """The server that UNITWORK_MARIADB_URL names, or the one on this machine."""

    _numbers = itertools.count()

    @asynccontextmanager
    async def fresh(self) -> AsyncIterator[URL]:
        """Make a database, and drop it."""
        url = self._servers.mariadb
        name = f"unitwork_{WORKER}_{next(self._numbers)}"
        await self._execute(url, f"CREATE DATABASE {name}")
        try:
            yield url.set(database=name)
        finally:
            await self._execute(url, f"DROP DATABASE {name}")

    async def _execute(self, url: URL, statement: str) -> None:
        connection = await asyncmy.connect(
            host=url.host,
            port=url.port or 3306,
            user=url.username,
            password=url.password or "",
            init_command=f"SET lock_wait_timeout = {LOCK_SECONDS}",
        )
        try:
            async with connection.cursor() as cursor:
                await cursor.execute(statement)
        finally:
            connection.close()


@cache
def _concrete(
    adapter: type[AbstractUnitOfWork], port: type[U], repositories: Repositories
) -> type[U]:
    """Write `class Name(adapter, port, repositories=[...])`."""
    return types.new_class(
        f"{adapter.__name__.removesuffix('UnitOfWork')}{port.__name__}",
        (adapter, port),
        {"repositories": list(repositories)},
        lambda body: body.update(__module__=port.__module__),
    )


STORAGES: dict[str, type[Storage]] = {
    "memory": InMemory,
    "sqlite": Sqlite,
    "postgresql-asyncpg": PostgresByAsyncpg,
    "postgresql-psycopg": PostgresByPsycopg,
    "mariadb": MariaDb,
}
SQL = [name for name, kind in STORAGES.items() if issubclass(kind, SqlStorage)]
