"""Whether the database's user may do what units do."""

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from unitwork.adapters.sqlalchemy.database import SqlAlchemyDatabase
from unitwork.adapters.sqlalchemy.examination.finding import Finding, Level
from unitwork.domain.errors import PersistenceError


async def judge_permissions(
    connection: AsyncConnection,
    database: SqlAlchemyDatabase,
    tables: Sequence[sa.Table],
) -> Finding:
    """Read, insert, change and delete nothing in each table, and roll that back."""
    refused: list[str] = []
    for table in tables:
        for verb, statement in _attempts(table):
            try:
                with database.gateway.translator.translating():
                    await connection.execute(statement)
            except PersistenceError as error:
                refused.append(f"{verb} {table.name}: {error.describe()[1]}")
            finally:
                await connection.rollback()
    return Finding(
        Level.WRONG if refused else Level.OK,
        "permissions",
        "; ".join(refused) or f"read and write, {len(tables)} tables",
        "GRANT SELECT, INSERT, UPDATE, DELETE to the database's user.",
    )


def _attempts(table: sa.Table) -> Iterator[tuple[str, sa.Executable]]:
    plain = [column for column in table.columns if not _made_by_database(column)]
    nothing = sa.select(*plain).where(sa.false())
    change: dict[Any, Any] = {plain[-1]: plain[-1]}
    yield "SELECT", nothing
    yield "INSERT", sa.insert(table).from_select(plain, nothing)
    yield "UPDATE", sa.update(table).where(sa.false()).values(change)
    yield "DELETE", sa.delete(table).where(sa.false())


def _made_by_database(column: sa.Column[Any]) -> bool:
    table = column.table
    made = isinstance(table, sa.Table) and column is table.autoincrement_column
    return made or column.computed is not None or column.identity is not None
