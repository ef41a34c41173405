"""Database servers for the tests, each found or started when it is first asked for.

Making a schema's tables takes a server 50 to 500 ms, emptying them 5: so a database
keeps them for the next test that wants the same schema.
"""

import asyncio
import os
import socket
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from functools import cached_property
from typing import Any, Never

import asyncmy
import psycopg
import pytest
from sqlalchemy import URL, make_url

from unitwork.adapters.mapping import Schema
from unitwork.domain.errors import MisuseError
from unitwork.testing.postgres import PostgresServer

MARIADB = "mysql+asyncmy://root@127.0.0.1:3306/test"
LOCK_SECONDS = 5
NAME = f"unitwork_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"


def missing(service: str, why: str) -> Never:
    """Skip the test, or fail it where every service must answer."""
    reason = f"{service} is not there: {why}"
    if os.environ.get("UNITWORK_REQUIRE_SERVICES") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


class ServerDatabase(ABC):
    """This process's database on a server; a test has it for itself."""

    def __init__(self, url: URL) -> None:
        self.url = url
        self._schema: Schema | None = None
        self._shape: object = None

    @asynccontextmanager
    async def emptied(self, schema: Schema | None) -> AsyncIterator[bool]:
        """Lend the database without rows; tell whether it has the schema's tables."""
        ready = schema is not None and self._schema is schema
        if not ready:
            await self.reset()
        try:
            yield ready
        finally:
            if self._schema and await self.shape() == self._shape:
                await self.clear()
            else:
                self._schema = None

    async def keep(self, schema: Schema) -> None:
        """Remember that the tables there are now are the schema's."""
        self._schema = schema
        self._shape = await self.shape()

    @abstractmethod
    async def shape(self) -> object:
        """Describe the tables, so that a test which altered them is found out."""

    @abstractmethod
    async def clear(self) -> None:
        """Delete all rows of all tables."""

    async def reset(self) -> None:
        """Drop everything, and remember no tables."""
        self._schema = None
        await self.drop()

    @abstractmethod
    async def drop(self) -> None:
        """Drop everything."""


class PostgresDatabase(ServerDatabase):
    """A database in PostgreSQL, and a connection to it."""

    def __init__(self, admin: psycopg.Connection) -> None:
        info = admin.info
        super().__init__(
            URL.create(
                "postgresql",
                username=info.user,
                password=info.password or None,
                host=info.host,
                port=info.port,
                database=info.dbname,
            )
        )
        self._admin = admin

    async def shape(self) -> object:
        """List tables, sequences and indexes; count columns, constraints, triggers."""
        return self._admin.execute("""
            SELECT array_agg((relname, relkind, relnatts)::text ORDER BY relname),
                (SELECT count(*) FROM pg_constraint),
                (SELECT count(*) FROM pg_trigger)
            FROM pg_class WHERE relnamespace = 'public'::regnamespace
        """).fetchone()

    async def clear(self) -> None:
        """Truncate, and let generated keys begin again."""
        self._alone("""DO $$ BEGIN EXECUTE (
            SELECT 'TRUNCATE ' || string_agg(oid::regclass::text, ', ')
                || ' RESTART IDENTITY'
            FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
        ); END $$""")

    async def drop(self) -> None:
        """Drop the one schema that tests use."""
        self._alone("DROP SCHEMA public CASCADE; CREATE SCHEMA public")

    def _alone(self, statement: str) -> None:
        """Wait for locks a while; a test that left some behind has failed."""
        try:
            self._admin.execute(statement.encode())
        except psycopg.errors.LockNotAvailable:
            self._admin.execute("""
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid()
            """)
            self._schema = None
            raise


class MariaDbDatabase(ServerDatabase):
    """A database in MariaDB."""

    async def shape(self) -> object:
        """List the columns, and count what else there is."""
        return await self.execute(f"""
            SELECT table_name, column_name FROM information_schema.columns
            WHERE table_schema = '{NAME}' UNION ALL
            SELECT 'constraints', count(*) FROM information_schema.table_constraints
            WHERE table_schema = '{NAME}' UNION ALL
            SELECT 'triggers', count(*) FROM information_schema.triggers
            WHERE trigger_schema = '{NAME}' ORDER BY 1, 2
        """)

    async def clear(self) -> None:
        """Delete in one transaction."""
        tables = await self.execute(f"SHOW TABLES FROM {NAME}")
        await self.execute(
            "SET foreign_key_checks = 0",
            *(f"DELETE FROM {NAME}.`{table}`" for (table,) in tables),
            "COMMIT",
        )

    async def drop(self) -> None:
        """Make the database anew."""
        await self.execute(f"DROP DATABASE IF EXISTS {NAME}", f"CREATE DATABASE {NAME}")

    async def execute(self, *statements: str) -> list[Any]:
        """Execute statements on a connection of their own; return the last's rows."""
        connection = await asyncmy.connect(
            host=self.url.host,
            port=self.url.port or 3306,
            user=self.url.username,
            password=self.url.password or "",
            init_command=f"SET lock_wait_timeout = {LOCK_SECONDS},"
            f" innodb_lock_wait_timeout = {LOCK_SECONDS}, sql_notes = 0",
        )
        try:
            async with connection.cursor() as cursor:
                for statement in statements:
                    await cursor.execute(statement)
                return list(await cursor.fetchall())
        finally:
            connection.close()


class Servers:
    """The databases of this process, ready when a test first asks for one."""

    def __init__(self, at_end: ExitStack) -> None:
        self._at_end = at_end
        self.sqlite_files: dict[Schema, bytes] = {}

    @cached_property
    def postgres(self) -> PostgresDatabase:
        """PostgreSQL: the one that is named, or one of our own."""
        url = os.environ.get("UNITWORK_POSTGRES_URL") or self._own_postgres
        admin = psycopg.connect(url, autocommit=True)
        self._at_end.callback(admin.close)
        admin.execute(f"CREATE DATABASE {NAME} TEMPLATE template0")
        self._at_end.callback(admin.execute, f"DROP DATABASE {NAME} WITH (FORCE)")
        inside = psycopg.connect(url, dbname=NAME, autocommit=True)
        self._at_end.callback(inside.close)
        inside.execute(f"SET lock_timeout = '{LOCK_SECONDS}s'")
        return PostgresDatabase(inside)

    @cached_property
    def _own_postgres(self) -> str:
        try:
            return self._at_end.enter_context(PostgresServer()).url()
        except MisuseError as error:
            missing("PostgreSQL", str(error))

    @cached_property
    def mariadb(self) -> MariaDbDatabase:
        """MariaDB: the one that is named, or the one on this machine."""
        url = make_url(os.environ.get("UNITWORK_MARIADB_URL", MARIADB))
        try:
            socket.create_connection((url.host, url.port or 3306), timeout=5).close()
        except OSError as error:
            missing("MariaDB", f"{url} ({error})")
        database = MariaDbDatabase(url.set(database=NAME))
        self._at_end.callback(
            lambda: asyncio.run(database.execute(f"DROP DATABASE IF EXISTS {NAME}"))
        )
        return database
