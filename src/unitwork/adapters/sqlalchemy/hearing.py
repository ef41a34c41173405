"""Hear every statement that reaches the driver of one database object."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, event

from unitwork.adapters.sqlalchemy.database import SqlAlchemyDatabase


@contextmanager
def statements(database: SqlAlchemyDatabase) -> Iterator[list[str]]:
    """Collect the statements of units, and of `database.engine`, as they are sent.

    Returns:
        A list that grows with each statement; one for many sets of parameters is one
        statement, and BEGIN and COMMIT are statements as well. What sets up a new
        connection is not heard.
    """
    heard: list[str] = []

    def note(connection: Connection, _: Any, statement: str, *__: Any) -> None:
        if database.gateway.pools.made(connection.engine):
            heard.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield heard
    finally:
        event.remove(Engine, "before_cursor_execute", note)
