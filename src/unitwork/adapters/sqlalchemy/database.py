"""The database object: one for each process and database."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import URL, MetaData
from sqlalchemy.ext.asyncio import AsyncEngine

from unitwork.adapters.mapping.schema import Schema
from unitwork.adapters.sqlalchemy.dialects.dialect import Limits
from unitwork.adapters.sqlalchemy.dialects.known import dialect_named, known_url
from unitwork.adapters.sqlalchemy.engines import Engines, Pools
from unitwork.adapters.sqlalchemy.gateway import Gateway
from unitwork.adapters.sqlalchemy.laying_out import lay_out
from unitwork.adapters.sqlalchemy.options import PoolOptions
from unitwork.adapters.sqlalchemy.session import SqlAlchemySession
from unitwork.adapters.sqlalchemy.tables import tables_of
from unitwork.adapters.storage import (
    AbstractDatabase,
    UnitOptions,
    checked_seconds,
)
from unitwork.application.message_bus import MessageBus, checked_bus
from unitwork.domain.errors import MisuseError


class SqlAlchemyDatabase(AbstractDatabase):
    """A schema in a database that SQLAlchemy reaches, with its pools."""

    def __init__(  # noqa: PLR0913 - all that can be said of a database, in one place
        self,
        schema: Schema,
        url: str | URL,
        *,
        lock_timeout: float = 5.0,
        statement_timeout: float | None = None,
        commit_timeout: float = 5.0,
        pool: PoolOptions | None = None,
        connect_args: Mapping[str, Any] | None = None,
        echo: bool = False,
        bus: MessageBus | None = None,
    ) -> None:
        """Check the schema against the database's types; connects to nothing.

        Args:
            schema: what is stored.
            url: sqlite+aiosqlite, postgresql+asyncpg, postgresql+psycopg, or
                mysql+asyncmy (MariaDB).
            lock_timeout: seconds that a unit waits for another's lock, or its turn.
            statement_timeout: seconds that a statement may take; None: any number.
            commit_timeout: seconds that the answer to a COMMIT is waited for. Then what
                became of it is looked for, as long again, or as long as for a lock.
                SQLite is always waited for. All times are at least 0.001.
            pool: sizes and times of the pools.
            connect_args: what the driver's connect() is given on top.
            echo: log every statement.
            bus: who is told of the events of its units.

        Raises:
            SchemaError: a class, or a column of a table, cannot be stored exactly.
            MisuseError: the URL or another argument is wrong, or the driver that the
                URL names is not installed.
        """
        self.schema, self.bus = schema, checked_bus(bus)
        self.url = known_url(url)
        self.dialect = dialect_named(self.url.get_backend_name())
        self.metadata: MetaData = tables_of(schema)
        checked_seconds("lock_timeout", lock_timeout)
        if statement_timeout is not None:
            checked_seconds("statement_timeout", statement_timeout)
        checked_seconds("commit_timeout", commit_timeout)
        limits = Limits(lock_timeout, statement_timeout, commit_timeout)
        engines = Engines(
            self.dialect,
            self.url,
            limits,
            _pool(pool),
            connect_args or {},
            echo,
        )
        layouts = lay_out(schema.mappings, self.metadata, self.dialect, self.url)
        self._gateway = Gateway(layouts, Pools(engines))

    @property
    def gateway(self) -> Gateway:
        """Return what its sessions share, for other modules of this package."""
        return self._gateway

    @property
    def engine(self) -> AsyncEngine:
        """Return the engine, for your own use: its connections begin transactions."""
        self._gateway.pools.lent = True
        return self._gateway.pools.users

    async def create_all(self) -> None:
        """Create the tables that are not there; migrations do better for real data."""
        with self._gateway.translator.translating():
            async with self._gateway.pools.users.begin() as connection:
                await connection.run_sync(self.metadata.create_all)

    async def drop_all(self) -> None:
        """Drop the tables that are there, with everything in them."""
        with self._gateway.translator.translating():
            async with self._gateway.pools.writing.connect() as connection:
                for statement in self.dialect.before_drop:
                    await connection.exec_driver_sql(statement)
                await connection.run_sync(self.metadata.drop_all)
                for statement in self.dialect.after_drop:
                    await connection.exec_driver_sql(statement)

    async def dispose(self) -> None:
        """Wait for what runs after commits, and close the pools.

        The object may be used again, on another event loop too.
        """
        await self.settle()
        await self._gateway.dispose()

    def open(self, options: UnitOptions) -> SqlAlchemySession:
        """Begin a session; takes no connection."""
        return SqlAlchemySession(self._gateway, options)


def _pool(said: PoolOptions | None) -> PoolOptions:
    if said is None:
        return PoolOptions()
    if isinstance(said, PoolOptions):
        return said
    raise MisuseError(
        f"pool={said!r} does not say what it counts.",
        "A pool has a size, an overflow, and times.",
        "Write pool=PoolOptions(size=5).",
    )
