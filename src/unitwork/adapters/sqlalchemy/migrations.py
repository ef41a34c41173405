"""Migrations: what an env.py of Alembic calls, and what an application calls at start.

A user's whole env.py:

    from shop.adapters import Base
    from unitwork.adapters.sqlalchemy.migrations import run

    run(Base.metadata, url="sqlite+aiosqlite:///shop.db")
"""

import asyncio
import logging
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from alembic import command, context
from alembic.config import Config
from sqlalchemy import URL, Connection, MetaData, Table, event, make_url, pool, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from unitwork.adapters.sqlalchemy.revisions import make_portable, render_item

TARGET = "unitwork.url"
"""Where a configuration of Alembic holds the database that goes before env.py's."""
_ORIGINAL = text(
    "SELECT sql FROM sqlite_master"
    " WHERE type = 'table' AND substr('_alembic_tmp_' || name, 1, 50) = :name"
)


def run(metadata: MetaData, *, url: str) -> None:
    """Do what the running `alembic` command asks for, over an async driver.

    Args:
        metadata: the tables as they shall be, for autogenerate.
        url: the database, unless `alembic -x url=...` or `upgrade` names another.

    On SQLite and PostgreSQL each migration is one transaction; MariaDB commits every
    statement that changes a table. On SQLite tables are changed by copying them.
    """
    if context.config.cmd_opts is not None:
        logging.basicConfig(format="%(levelname)s [%(name)s] %(message)s")
        logging.getLogger("alembic").setLevel(logging.INFO)
    named = context.get_x_argument(as_dictionary=True).get("url")
    target = make_url(named or context.config.attributes.get(TARGET) or url)
    if context.is_offline_mode():
        _migrate(metadata, target, connection=None)
    else:
        _finish(_online(metadata, target))


def upgrade(url: str, *, scripts: Path, revision: str = "head") -> None:
    """Bring a database up to a revision; call it before the application serves.

    Where an event loop runs, as in the start-up of a web application, it works as well,
    in an event loop of its own, and blocks the running one until it is done.

    Args:
        url: the database, with an async driver.
        scripts: the folder of env.py.
        revision: `head` is the newest.
    """
    config = Config(attributes={TARGET: url})
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    command.upgrade(config, revision)


def _finish(work: Coroutine[Any, Any, None]) -> None:
    """Run it to its end, in another thread where this one has an event loop."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run(work)
    else:
        with ThreadPoolExecutor(1, "unitwork-migrations") as thread:
            thread.submit(asyncio.run, work).result()


async def _online(metadata: MetaData, url: URL) -> None:
    engine = create_async_engine(url, poolclass=pool.NullPool)
    if url.get_backend_name() == "sqlite":
        _begin_on_sqlite(engine)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(lambda c: _migrate(metadata, url, connection=c))
    finally:
        await engine.dispose()


def _migrate(metadata: MetaData, url: URL, *, connection: Connection | None) -> None:
    sqlite = url.get_backend_name() == "sqlite"
    context.configure(
        connection=connection,
        url=url,
        target_metadata=metadata,
        render_as_batch=True,
        render_item=render_item,
        process_revision_directives=make_portable,
        compare_server_default=True,
        transactional_ddl=True if sqlite else None,
        transaction_per_migration=True,
        literal_binds=connection is None,
        dialect_opts={"paramstyle": "named"},
    )
    with context.begin_transaction():
        context.run_migrations()


def _begin_on_sqlite(engine: AsyncEngine) -> None:
    """Let changes of tables be part of transactions, which the driver would prevent."""

    @event.listens_for(engine.sync_engine, "connect")
    def leave_transactions_to_us(driver_connection: Any, _record: object) -> None:
        driver_connection.isolation_level = None

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


@event.listens_for(Table, "before_create")
def _keep_autoincrement(table: Table, connection: Connection, **_: object) -> None:
    """Let a copy of a table on SQLite never give a key twice, as the original did."""
    if not table.name.startswith("_alembic_tmp_"):
        return
    original = connection.scalar(_ORIGINAL, {"name": table.name})
    if original is not None and "AUTOINCREMENT" in original:
        table.dialect_options["sqlite"]["autoincrement"] = True
