"""Which databases are known, by the names that SQLAlchemy gives them."""

from unitwork.adapters.sqlalchemy.dialects.dialect import AbstractDialect
from unitwork.adapters.sqlalchemy.dialects.mariadb import MariaDb
from unitwork.adapters.sqlalchemy.dialects.postgresql import PostgreSql
from unitwork.adapters.sqlalchemy.dialects.sqlite import Sqlite
from unitwork.domain.errors import MisuseError

_MARIADB = MariaDb()
KNOWN: dict[str, AbstractDialect] = {
    "sqlite": Sqlite(),
    "postgresql": PostgreSql(),
    "mysql": _MARIADB,
    "mariadb": _MARIADB,
}
DRIVERS = (
    "sqlite+aiosqlite",
    "postgresql+asyncpg",
    "postgresql+psycopg",
    "mysql+asyncmy",
    "mariadb+asyncmy",
)


def dialect_named(name: str) -> AbstractDialect:
    """Return what a database says of itself.

    Raises:
        MisuseError: nobody has written it.
    """
    if name not in KNOWN:
        raise MisuseError(
            f"The database {name!r} is not known.",
            f"These are: {', '.join(sorted(KNOWN))}.",
            f"Use one of the drivers {', '.join(DRIVERS)}.",
        )
    return KNOWN[name]
