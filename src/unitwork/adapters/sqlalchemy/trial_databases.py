"""Databases that live as long as a run of tests, beside the one that a URL names."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from unitwork.adapters.sqlalchemy.dialects.known import dialect_named, known_url
from unitwork.adapters.sqlalchemy.errors import Translator

_DROP = {"postgresql": "DROP DATABASE {} WITH (FORCE)"}


async def create_database(url: str, name: str) -> str:
    """Create an empty database beside the one that a URL names.

    Args:
        url: of a file, or of a database on a server, which is not touched.
        name: appended to its name.

    Returns:
        The URL of the new database.

    Raises:
        MisuseError: the URL cannot be used.
        ConnectionLostError: the server does not answer.
    """
    given = known_url(url)
    made = _beside(given, name)
    if given.get_backend_name() != "sqlite":
        async with _connection(given) as connection:
            name = _quoted(connection, made)
            await connection.exec_driver_sql(f"CREATE DATABASE {name}")
    return made.render_as_string(hide_password=False)


async def drop_database(url: str, made: str) -> None:
    """Drop what `create_database` made.

    Args:
        url: what it was given.
        made: what it returned.
    """
    given, dropped = make_url(url), make_url(made)
    backend = given.get_backend_name()
    if backend == "sqlite":
        _remove(str(dropped.database))
        return
    async with _connection(given) as connection:
        drop = _DROP.get(backend, "DROP DATABASE {}")
        await connection.exec_driver_sql(drop.format(_quoted(connection, dropped)))


def _beside(url: URL, name: str) -> URL:
    if url.get_backend_name() != "sqlite":
        return url.set(database=f"{url.database or 'unitwork'}_{name}")
    file = Path(url.database or "unitwork.db")
    return url.set(database=str(file.with_name(f"{file.stem}_{name}{file.suffix}")))


def _remove(file: str) -> None:
    for suffix in ("", "-wal", "-shm"):
        Path(file + suffix).unlink(missing_ok=True)


def _quoted(connection: AsyncConnection, url: URL) -> str:
    preparer = connection.dialect.identifier_preparer
    return preparer.quote_identifier(str(url.database))


@asynccontextmanager
async def _connection(url: URL) -> AsyncIterator[AsyncConnection]:
    translator = Translator(dialect_named(url.get_backend_name()), ())
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    try:
        with translator.translating():
            async with engine.connect() as connection:
                yield connection
    finally:
        await engine.dispose()
