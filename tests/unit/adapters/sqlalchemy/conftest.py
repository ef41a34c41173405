"""The dialects, and databases that need no server."""

from collections.abc import AsyncIterator, Callable

import pytest
from sqlalchemy import Dialect, make_url

from tests.unit.adapters.sqlalchemy.samples import SCHEMA
from unitwork.adapters.sqlalchemy import SqlAlchemyDatabase

URLS = {
    "sqlite": "sqlite+aiosqlite://",
    "postgresql": "postgresql+asyncpg://host/name",
    "mysql": "mysql+asyncmy://host/name",
}


def engine_dialect(name: str) -> Dialect:
    """Return SQLAlchemy's dialect, connected to nothing."""
    return make_url(URLS[name]).get_dialect()()


@pytest.fixture
async def database() -> AsyncIterator[SqlAlchemyDatabase]:
    """Make an SQLite database in memory, with the samples' tables."""
    made = SqlAlchemyDatabase(SCHEMA, URLS["sqlite"], lock_timeout=0.5)
    await made.create_all()
    yield made
    await made.dispose()


@pytest.fixture
def sql() -> Callable[..., str]:
    """Compile a statement for a database, in one line."""

    def compile_for(name: str, statement: object) -> str:
        text = str(statement.compile(dialect=engine_dialect(name)))  # type: ignore[attr-defined]  # any statement
        return " ".join(text.split())

    return compile_for
