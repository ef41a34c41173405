"""The engines of a database object: settings, pools, and what guards them."""

import asyncio
from collections.abc import Mapping
from functools import cached_property, partial
from typing import Any

import attrs
from sqlalchemy import URL, Connection, Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection, ExceptionContext
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, ConnectionPoolEntry, PoolResetState

from unitwork.adapters.sqlalchemy.dialects.dialect import AbstractDialect, Limits
from unitwork.adapters.sqlalchemy.dialects.sqlite import in_memory
from unitwork.adapters.sqlalchemy.options import PoolOptions
from unitwork.adapters.sqlalchemy.watching import notice

_DEFAULTS = {
    "sqlite": PoolOptions(5, 15, 30, -1),
    "postgresql": PoolOptions(10, 10, 30, -1),
    "mysql": PoolOptions(10, 10, 30, 1800),
}


@attrs.frozen
class Engines:
    """Make engines for one database."""

    dialect: AbstractDialect
    url: URL
    limits: Limits
    pool: PoolOptions
    connect_args: Mapping[str, Any]
    echo: bool

    @property
    def single(self) -> bool:
        """Tell whether the database is in the memory of one connection."""
        return self.dialect.name == "sqlite" and in_memory(self.url)

    def make(self, *, read_only: bool) -> AsyncEngine:
        """Make an engine; it connects when it is first used.

        Its connections are in the driver's autocommit mode: transactions are begun and
        ended by statements of our own, and nothing is sent that need not be.
        """
        own = self.dialect.connect_arguments(self.url, self.limits, read_only=read_only)
        one = PoolOptions(1, 0, self.limits.lock_timeout, -1)
        defaults = _DEFAULTS[self.dialect.name]
        engine = create_async_engine(
            self.url,
            echo=self.echo,
            isolation_level="AUTOCOMMIT",
            skip_autocommit_rollback=True,
            poolclass=AsyncAdaptedQueuePool,
            pool_reset_on_return=None,
            connect_args=_merged(own, self.connect_args),
            module=self.dialect.driver(),
            **(one.arguments(one) if self.single else self.pool.arguments(defaults)),
        )
        self._listen(engine, read_only=read_only)
        return engine

    def for_users(self, engine: AsyncEngine) -> AsyncEngine:
        """Return a view of an engine whose connections begin transactions.

        By statements, as units do: another isolation level would be set at each
        checkout, and a cancellation there would lose the connection. Contract: 29.
        """
        view = engine.execution_options()

        def roll_back(connection: Connection) -> None:
            if not connection.invalidated and self.dialect.in_transaction(
                connection.connection.driver_connection
            ):
                _say(connection, "ROLLBACK")

        event.listen(view.sync_engine, "begin", partial(_say, statement="BEGIN"))
        event.listen(view.sync_engine, "commit", partial(_say, statement="COMMIT"))
        event.listen(view.sync_engine, "rollback", roll_back)
        return view

    def _listen(self, engine: AsyncEngine, *, read_only: bool) -> None:
        dialect, url, limits = self.dialect, self.url, self.limits

        def prepare(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
            dialect.prepare(connection, url, limits, read_only=read_only)

        def reset(
            connection: DBAPIConnection,
            entry: ConnectionPoolEntry,
            state: PoolResetState,
        ) -> None:
            """Let no open transaction into the pool, whoever left it. Contract: 29."""
            driver = entry.driver_connection
            if not state.terminate_only and dialect.in_transaction(driver):
                cursor = connection.cursor()
                cursor.execute("ROLLBACK")
                cursor.close()

        event.listen(engine.sync_engine, "connect", prepare)
        event.listen(engine.sync_engine.pool, "reset", reset)
        if dialect.interrupts:
            event.listen(engine.sync_engine, "handle_error", _keep)
        event.listen(engine.sync_engine, "handle_error", notice)


class Pools:
    """The engines of one database object, each made when it is first used."""

    def __init__(self, engines: Engines) -> None:
        """Make none yet."""
        self.engines = engines
        self.lent = False
        """Whether user code was given a connection, with which it may do anything."""

    @cached_property
    def writing(self) -> AsyncEngine:
        """Return the engine of units that may write."""
        return self.engines.make(read_only=False)

    @cached_property
    def reading(self) -> AsyncEngine:
        """Return the engine of read-only units; the other, if there is but one."""
        return (
            self.writing if self.engines.single else self.engines.make(read_only=True)
        )

    @cached_property
    def users(self) -> AsyncEngine:
        """Return the engine for user code."""
        return self.engines.for_users(self.writing)

    def made(self, engine: Engine) -> bool:
        """Tell whether an engine is one of these, or a view of one."""
        found = (vars(self).get(name) for name in ("reading", "writing"))
        return engine.pool in [own.sync_engine.pool for own in found if own is not None]

    async def dispose(self, *, close: bool) -> None:
        """Forget the engines, and close their connections where that is possible."""
        made = vars(self)
        made.pop("users", None)
        for engine in (made.pop("reading", None), made.pop("writing", None)):
            if engine is not None:
                await engine.dispose(close=close)


def _say(connection: Connection, statement: str) -> None:
    """Send a statement, unless user code chose an isolation level of its own."""
    if "isolation_level" not in connection.get_execution_options():
        connection.exec_driver_sql(statement)


def _keep(context: ExceptionContext) -> None:
    """Keep the connection of a cancelled statement: it has ended. Contract: 32."""
    if isinstance(context.original_exception, asyncio.CancelledError):
        context.is_disconnect = False


def _merged(own: dict[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """Let the user's arguments win, setting by setting."""
    merged = {**own, **said}
    settings = own.get("server_settings")
    if settings is not None:
        merged["server_settings"] = {**settings, **said.get("server_settings", {})}
    for name in ("options", "init_command"):
        if name in own and name in said:
            joint = " " if name == "options" else ", "
            extra = str(said[name])
            extra = extra.removeprefix("SET ") if name == "init_command" else extra
            merged[name] = own[name] + joint + extra
    return merged
