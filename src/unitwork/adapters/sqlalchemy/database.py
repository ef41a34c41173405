"""The database object: one for each process and database."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cached_property
from typing import Any

from sqlalchemy import URL, MetaData, make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from unitwork.adapters.mapping.description import AggregateMapping
from unitwork.adapters.mapping.schema import Schema
from unitwork.adapters.sqlalchemy.adoption import adopt
from unitwork.adapters.sqlalchemy.dialects.dialect import Limits
from unitwork.adapters.sqlalchemy.dialects.known import DRIVERS, dialect_named
from unitwork.adapters.sqlalchemy.drivers.port import AbstractDriver
from unitwork.adapters.sqlalchemy.drivers.portable import PortableDriver
from unitwork.adapters.sqlalchemy.engines import Engines
from unitwork.adapters.sqlalchemy.errors import Translator
from unitwork.adapters.sqlalchemy.layout import Layout, lay_out
from unitwork.adapters.sqlalchemy.options import PoolOptions
from unitwork.adapters.sqlalchemy.reads import Reads
from unitwork.adapters.sqlalchemy.session import SqlAlchemySession
from unitwork.adapters.sqlalchemy.statements import Statements
from unitwork.adapters.sqlalchemy.tables import tables_of
from unitwork.adapters.sqlalchemy.writes import WritePhases
from unitwork.adapters.storage import AbstractDatabase, UnitOptions
from unitwork.domain.errors import MisuseError
from unitwork.domain.storage_errors import StorageBusyError


class SqlAlchemyDatabase(AbstractDatabase):
    """A schema in a database that SQLAlchemy reaches, with its pools."""

    def __init__(  # noqa: PLR0913 - all that can be said of a database, in one place
        self,
        schema: Schema,
        url: str | URL,
        *,
        lock_timeout: float = 5.0,
        statement_timeout: float | None = None,
        pool: PoolOptions | None = None,
        connect_args: Mapping[str, Any] | None = None,
        echo: bool = False,
    ) -> None:
        """Check the schema against the database's types; connects to nothing.

        Args:
            schema: what is stored.
            url: sqlite+aiosqlite, postgresql+asyncpg, postgresql+psycopg, or
                mysql+asyncmy (MariaDB).
            lock_timeout: seconds that a unit waits for another's lock, or its turn.
            statement_timeout: seconds that a statement may take; None: any number.
            pool: sizes and times of the pools.
            connect_args: what the driver's connect() is given on top.
            echo: log every statement.

        Raises:
            SchemaError: a class, or a column of a table, cannot be stored exactly.
        """
        self.schema = schema
        self.url = _known(make_url(url))
        self.dialect = dialect_named(self.url.get_backend_name())
        self.metadata: MetaData = tables_of(schema)
        self._engines = Engines(
            self.dialect,
            self.url,
            Limits(lock_timeout, statement_timeout),
            pool or PoolOptions(),
            connect_args or {},
            echo,
        )
        engine_dialect = self.url.get_dialect()()
        codecs = adopt(schema.mappings, self.metadata, self.dialect, engine_dialect)
        self._layouts: dict[AggregateMapping, Layout] = {
            mapping: lay_out(mapping, self.metadata, self.dialect, codecs)
            for mapping in schema.mappings
        }
        statements = {
            mapping: Statements(layout, self.dialect)
            for mapping, layout in self._layouts.items()
        }
        self.reads = Reads(self._layouts.__getitem__, self.dialect)
        self.writes = WritePhases(statements.__getitem__, self.reads, self.dialect)
        self.translator = Translator(self.dialect, lambda: schema.mappings)
        self._driver = PortableDriver(
            self._engine_for, self.dialect, self.translator, statement_timeout
        )
        self._reading: AsyncEngine | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._turn: asyncio.Lock | None = None

    @cached_property
    def engine(self) -> AsyncEngine:
        """Return the engine, for your own use: its connections begin transactions."""
        return self._engines.for_users(self._writing)

    async def create_all(self) -> None:
        """Create the tables that are not there."""
        async with self.engine.begin() as connection:
            await connection.run_sync(self.metadata.create_all)

    async def drop_all(self) -> None:
        """Drop the tables that are there."""
        async with self.engine.begin() as connection:
            await connection.run_sync(self.metadata.drop_all)

    async def dispose(self) -> None:
        """Close the pools; the object may be used again, on another event loop too."""
        for engine in (self.__dict__.pop("_writing", None), self._reading):
            if engine is not None:
                await engine.dispose()
        self.__dict__.pop("engine", None)
        self._reading = self._loop = self._turn = None

    def open(self, options: UnitOptions) -> SqlAlchemySession:
        """Begin a session; takes no connection."""
        return SqlAlchemySession(self, options)

    def driver(self) -> AbstractDriver:
        """Return the driver, on the event loop that this object belongs to.

        Raises:
            MisuseError: another loop uses it.
        """
        running = asyncio.get_running_loop()
        if self._loop is None:
            self._loop = running
            self._turn = asyncio.Lock()
        elif self._loop is not running:
            raise MisuseError(
                "A database object is used from a second event loop.",
                "Its connections belong to the loop that used it first.",
                "Make one database object for each loop, or `await database.dispose()`"
                " on the first one before the second begins.",
            )
        return self._driver

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[None]:
        """Wait for the turn to write, first come, first served. Contract: 25."""
        self.driver()
        if not self.dialect.writers_queue or self._turn is None:
            yield
            return
        timeout = self._engines.limits.lock_timeout
        try:
            async with asyncio.timeout(timeout):
                await self._turn.acquire()
        except TimeoutError as late:
            raise StorageBusyError(
                f"other writers of this process took longer than {timeout} s"
            ) from late
        try:
            yield
        finally:
            self._turn.release()

    @cached_property
    def _writing(self) -> AsyncEngine:
        return self._engines.make(read_only=False)

    def _engine_for(self, read_only: bool) -> AsyncEngine:  # noqa: FBT001 - the driver's question
        if not read_only:
            return self._writing
        if self._reading is None:
            self._reading = self._engines.make(read_only=True)
        return self._reading


def _known(url: URL) -> URL:
    if url.drivername not in DRIVERS:
        raise MisuseError(
            f"The URL begins with {url.drivername!r}.",
            "Units of work need a driver for asyncio that they have been tested with.",
            f"Use one of {', '.join(DRIVERS)}.",
        )
    return url
