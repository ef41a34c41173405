"""Which databases are known, by the names that SQLAlchemy gives them."""

from sqlalchemy import URL, exc, make_url

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


def known_url(said: str | URL) -> URL:
    """Read a URL, and see that its driver can be used.

    Raises:
        MisuseError: it is none, or of a driver that is not known or not installed.
    """
    try:
        url = make_url(said)
    except (exc.ArgumentError, ValueError) as error:
        raise MisuseError(
            "What was given as the URL of a database is none.",
            "It names a driver, and where the database is; it was not connected to.",
            "Write sqlite+aiosqlite:///stock.db, or"
            " postgresql+asyncpg://user:password@host/name.",
        ) from error
    if url.drivername not in DRIVERS:
        raise MisuseError(
            f"The URL begins with {url.drivername!r}.",
            "Units of work need a driver for asyncio that they have been tested with.",
            f"Use one of {', '.join(DRIVERS)}.",
        )
    try:
        url.get_dialect().import_dbapi()
    except ImportError as error:
        extra = url.get_backend_name().replace("mariadb", "mysql")
        raise MisuseError(
            f"The driver of {url.drivername!r} cannot be imported: {error}.",
            "Drivers of servers come with extras of the library.",
            f"Install it: pip install unitwork[{extra}].",
        ) from error
    return url
