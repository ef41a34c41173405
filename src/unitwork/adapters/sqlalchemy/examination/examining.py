"""Look at a database: does it answer, and is it as units rely on it being?"""

import importlib.metadata
import time
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from unitwork.adapters.sqlalchemy.database import SqlAlchemyDatabase
from unitwork.adapters.sqlalchemy.examination.finding import (
    AbstractExamination,
    Finding,
    Level,
)
from unitwork.adapters.sqlalchemy.examination.mariadb import MariaDbExamination
from unitwork.adapters.sqlalchemy.examination.permissions import judge_permissions
from unitwork.adapters.sqlalchemy.examination.postgresql import PostgreSqlExamination
from unitwork.adapters.sqlalchemy.examination.sqlite import SqliteExamination
from unitwork.domain.errors import UnitworkError

KNOWN: dict[str, AbstractExamination] = {
    "sqlite": SqliteExamination(),
    "postgresql": PostgreSqlExamination(),
    "mysql": MariaDbExamination(),
    "mariadb": MariaDbExamination(),
}
ANSWERS = "answers"
"""Whether the database could be asked at all."""
_SLOW_SECONDS = 1.0
_FAR_SECONDS = 30.0


async def examine(database: SqlAlchemyDatabase) -> list[Finding]:
    """Look at a database; it is not changed, and a file is not made.

    Cost: some 10 statements, and three for each table.
    """
    found = [_driver(database)]
    file = database.dialect.file(database.url)
    if file is not None and not file.exists():
        return [*found, _no_file(str(file))]
    try:
        with database.gateway.translator.translating():
            async with database.engine.connect() as connection:
                found.append(Finding(Level.OK, ANSWERS, _address(database)))
                async for finding in _looks(connection, database):
                    found.append(finding)  # noqa: PERF401 - some are kept at an error
    except UnitworkError as error:
        what, why, remedy = error.describe()
        found.append(Finding(Level.WRONG, ANSWERS, f"{what} {why}", remedy))
    finally:
        await database.dispose()
    return found


async def _looks(
    connection: AsyncConnection, database: SqlAlchemyDatabase
) -> AsyncIterator[Finding]:
    examination = KNOWN[database.url.get_backend_name()]
    for expectation in examination.expectations(database):
        answer = await connection.exec_driver_sql(expectation.query)
        yield expectation.judge(answer.scalar())
    async for finding in examination.looks(connection, database):
        yield finding
    yield await _clock(connection, examination.now)
    present = await connection.run_sync(_present, database.metadata)
    yield _tables(set(database.metadata.tables.values()) - set(present))
    await connection.rollback()
    yield await judge_permissions(connection, database, present)


def _present(connection: sa.Connection, metadata: sa.MetaData) -> list[sa.Table]:
    inspector = sa.inspect(connection)
    return [
        table
        for table in metadata.tables.values()
        if inspector.has_table(table.name, schema=table.schema)
    ]


def _driver(database: SqlAlchemyDatabase) -> Finding:
    name = database.url.get_driver_name()
    version = importlib.metadata.version(name)
    return Finding(Level.OK, "driver", f"{name} {version}")


def _address(database: SqlAlchemyDatabase) -> str:
    return database.url.render_as_string(hide_password=True)


def _no_file(file: str) -> Finding:
    return Finding(
        Level.WRONG,
        ANSWERS,
        f"there is no file {file}",
        "Check the URL; `unitwork migrate upgrade` makes the file.",
    )


async def _clock(connection: AsyncConnection, query: str) -> Finding:
    """Compare clocks: keys of operations expire by the one here."""
    begun = time.monotonic()
    before = datetime.now(UTC)
    answer: Any = (await connection.exec_driver_sql(query)).scalar()
    halfway = (time.monotonic() - begun) / 2
    told = datetime.fromisoformat(answer) if isinstance(answer, str) else answer
    ahead = (told.replace(tzinfo=UTC) - before).total_seconds() - halfway
    level = Level.OK if abs(ahead) <= _SLOW_SECONDS else Level.WARNING
    if abs(ahead) > _FAR_SECONDS:
        level = Level.WRONG
    remedy = "Let both machines follow one time server."
    return Finding(level, "clock", f"{ahead:+.3f} s from the one here", remedy)


def _tables(missing: Iterable[sa.Table]) -> Finding:
    names = sorted(table.fullname for table in missing)
    return Finding(
        Level.WRONG if names else Level.OK,
        "tables",
        f"missing: {', '.join(names)}" if names else "all there",
        "Run `unitwork migrate upgrade`.",
    )
