"""PostgreSQL, by asyncpg or psycopg."""

import os
import re
import socket
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy import URL, bindparam, func
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine.interfaces import DBAPIConnection

import unitwork.adapters.sqlalchemy.conversions as to
from unitwork.adapters.mapping import types as kinds
from unitwork.adapters.mapping.types import ColumnType
from unitwork.adapters.sqlalchemy.codec import PLAIN, Codec
from unitwork.adapters.sqlalchemy.dialects.dialect import (
    AbstractDialect,
    Element,
    Limits,
    shut,
)
from unitwork.adapters.sqlalchemy.fault import Fault, Kind
from unitwork.adapters.sqlalchemy.phase import Begin, Phase, Step
from unitwork.adapters.storage import Isolation

_NO_DATABASE = re.compile(r'FATAL:  database "[^"]*" does not exist')
_DENIED = re.compile(
    r"FATAL:  (?:role .* (?:does not exist|is not permitted to log in)"
    r"|no pg_hba\.conf entry|permission denied|.*authentication failed)"
    r"|no password supplied"
)
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_FIRST_DAY = _EPOCH.toordinal()
_MICROSECOND = timedelta(microseconds=1)
_INTEGERS = {16: sa.SMALLINT, 32: sa.INTEGER, 64: sa.BIGINT}
_LEVELS = {
    Isolation.READ_COMMITTED: "READ COMMITTED",
    Isolation.SNAPSHOT: "REPEATABLE READ",
    Isolation.SERIALIZABLE: "SERIALIZABLE",
}
_END_SESSION = sa.text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = :session"
    " AND usename = current_user AND datname = current_database()"
    " AND backend_xid IS NOT NULL"
)
_STATES = {
    "23505": Kind.UNIQUE,
    "23503": Kind.REFERENCE,
    "23502": Kind.CONSTRAINT,
    "23514": Kind.CONSTRAINT,
    "23P01": Kind.CONSTRAINT,
    "40001": Kind.CONFLICT,
    "40P01": Kind.CONFLICT,
    "55P03": Kind.BUSY,
    "57014": Kind.TIMEOUT,
    "57P01": Kind.LOST,
    "57P02": Kind.LOST,
    "57P03": Kind.LOST,
    "57P05": Kind.LOST,
    "25P03": Kind.LOST,
    "53300": Kind.LOST,
    "28000": Kind.DENIED,
    "28P01": Kind.DENIED,
    "42501": Kind.DENIED,
    "53100": Kind.FULL,
    "25006": Kind.READ_ONLY,
    "3D000": Kind.MISSING,
    "42P01": Kind.MISSING,
    "XX001": Kind.CORRUPT,
    "XX002": Kind.CORRUPT,
}


async def exact_time(connection: Any) -> None:
    """Replace asyncpg's codecs of dates and moments by ones without infinity."""
    for name, write, read in (
        ("date", write_day, read_day),
        ("timestamptz", write_moment, read_moment),
    ):
        await connection.set_type_codec(
            name, schema="pg_catalog", encoder=write, decoder=read, format="tuple"
        )


def write_day(day: date) -> tuple[int]:
    """Return days since 2000-01-01."""
    return (day.toordinal() - _FIRST_DAY,)


def read_day(stored: tuple[int]) -> date:
    """Take them; infinity becomes the nearest day, as with asyncpg itself."""
    try:
        return date.fromordinal(stored[0] + _FIRST_DAY)
    except (ValueError, OverflowError):
        return date.max if stored[0] > 0 else date.min


def write_moment(moment: datetime) -> tuple[int]:
    """Return microseconds since 2000-01-01."""
    return ((moment - _EPOCH) // _MICROSECOND,)


def read_moment(stored: tuple[int]) -> datetime:
    """Take them; infinity becomes a naive datetime, as with asyncpg itself."""
    try:
        return _EPOCH + timedelta(microseconds=stored[0])
    except OverflowError:
        return datetime.max if stored[0] > 0 else datetime.min  # noqa: DTZ901 - as asyncpg


class RawJson(sa.types.UserDefinedType[Any]):
    """JSON columns that take and give their text."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """Keep the text: JSONB would not."""
        return "JSON"

    def column_expression(self, colexpr: Any) -> Any:
        """Select the text: psycopg would parse it."""
        return sa.type_coerce(sa.cast(colexpr, sa.Text), colexpr.type)


def _text(length: int | None) -> sa.types.TypeEngine[Any]:
    if length is None:
        return postgresql.TEXT(collation="C")
    return postgresql.VARCHAR(length, collation="C")


class PostgreSql(AbstractDialect):
    """PostgreSQL 13 or later."""

    name = "postgresql"
    codecs: ClassVar[dict[type[ColumnType], Any]] = {
        kinds.Integer: lambda kind: Codec(_INTEGERS[kind.bits](), cast="BIGINT"),
        kinds.Boolean: lambda _: Codec(sa.Boolean(), cast="BOOLEAN"),
        kinds.Float: lambda kind: Codec(
            sa.Double(), read=kind.canonical, cast="DOUBLE PRECISION"
        ),
        kinds.Decimal: lambda kind: Codec(
            sa.Numeric(kind.precision, kind.scale), read=kind.canonical, cast="NUMERIC"
        ),
        kinds.Text: lambda kind: Codec(_text(kind.length), cast="TEXT"),
        kinds.Binary: lambda _: Codec(sa.LargeBinary(), cast="BYTEA"),
        kinds.Timestamp: lambda _: Codec(
            sa.DateTime(timezone=True), read=to.read_aware, cast="TIMESTAMPTZ"
        ),
        kinds.Date: lambda _: Codec(sa.Date(), cast="DATE"),
        kinds.Duration: lambda _: Codec(
            sa.BIGINT(), to.write_duration, to.read_duration, cast="BIGINT"
        ),
        kinds.Uuid: lambda _: Codec(sa.Uuid(), read=to.read_uuid, cast="UUID"),
        kinds.Enumeration: lambda kind: Codec(
            _text(max(map(len, kind.enum.__members__))),
            read=to.read_member(kind),
            cast="TEXT",
        ),
        kinds.Json: lambda _: Codec(
            RawJson(), read=to.read_json, as_text=True, cast="JSON"
        ),
    }

    def connect_arguments(
        self, url: URL, limits: Limits, *, read_only: bool
    ) -> dict[str, Any]:
        """Send the settings along with the connection's start: no round trip."""
        settings = {
            "lock_timeout": f"{round(limits.lock_timeout * 1000)}ms",
            "statement_timeout": f"{round((limits.statement_timeout or 0) * 1000)}ms",
            "timezone": "UTC",
            "default_transaction_read_only": "on" if read_only else "off",
        }
        if url.get_driver_name() == "asyncpg":
            return {"server_settings": settings}
        return {
            "options": " ".join(f"-c {k}={v}" for k, v in settings.items()),
            # after a pipeline that failed, psycopg executes statements by names that
            # the server does not know: "prepared statement ... does not exist"
            "prepare_threshold": None,
        }

    def prepare(
        self, connection: DBAPIConnection, url: URL, limits: Limits, *, read_only: bool
    ) -> None:
        """Let asyncpg keep the ends of time, which it takes for infinity."""
        del limits, read_only
        if url.get_driver_name() == "asyncpg":
            connection.run_async(exact_time)

    def begin(self, begin: Begin) -> tuple[str, ...]:
        """Name the level; readers take part in SERIALIZABLE, or see what no order has.

        A snapshot is not enough there: writers may become visible in another order than
        the one that SERIALIZABLE puts them in. Source: Fekete, O'Neil, O'Neil, A
        Read-Only Transaction Anomaly Under Snapshot Isolation (2004).
        """
        mode = "" if begin.writes else " READ ONLY"
        return (f"BEGIN ISOLATION LEVEL {_LEVELS[begin.isolation]}{mode}",)

    def in_transaction(self, connection: Any) -> bool:
        """Ask the driver, which has seen the server's last word."""
        if hasattr(connection, "is_in_transaction"):
            return bool(connection.is_in_transaction())
        return bool(connection.info.transaction_status)

    def session_id(self, connection: Any) -> int | None:
        """Return the process's number."""
        if hasattr(connection, "get_server_pid"):
            return int(connection.get_server_pid())
        return int(connection.info.backend_pid)

    def end_session(self, session: int) -> Phase[None]:
        """End it if it is ours, and in a transaction that has written."""
        yield Step(_END_SESSION, ({"session": session},))

    def cut(self, connection: Any) -> None:
        """Shut the socket down."""
        if hasattr(connection, "get_server_pid"):
            shut(connection._transport.get_extra_info("socket"))  # noqa: SLF001 - asyncpg gives no other way
        else:
            with socket.socket(fileno=os.dup(connection.fileno())) as same:
                shut(same)

    def one_of(self, column: Element, kind: ColumnType, name: str) -> Element:
        """Bind one array: no limit to the number of values."""
        del kind
        return column == func.any(bindparam(name, type_=PLAIN))

    def contains(self, column: Element, text: Element) -> Element:
        """Find the text."""
        return func.strpos(column, text) > 0

    def starts_with(self, column: Element, text: Element, length: Element) -> Element:
        """Use the function for it."""
        del length
        return func.starts_with(column, text)

    def ends_with(self, column: Element, text: Element, length: Element) -> Element:
        """Compare the last characters."""
        return func.right(column, length) == text

    def fault(self, error: BaseException) -> Fault:
        """Go by the SQLSTATE; what has none is the driver's own complaint."""
        state = getattr(error, "sqlstate", None)
        detail = getattr(error, "message", None) or str(error) or repr(error)
        if state is None:
            return Fault(_without_state(error, detail), detail)
        kind = Kind.LOST if state.startswith("08") else _STATES.get(state, Kind.OTHER)
        said = getattr(error, "diag", error)
        column = getattr(said, "column_name", None)
        return Fault(
            kind,
            detail,
            state,
            getattr(said, "constraint_name", None),
            getattr(said, "table_name", None),
            (column,) if column else (),
        )

    def emptying(self, deletes: Sequence[str]) -> tuple[str, ...]:
        """Delete in one statement: references are looked at when it ends."""
        parts = (f"d{number} AS ({said})" for number, said in enumerate(deletes))
        return (f"WITH {', '.join(parts)} SELECT 1",) if deletes else ()


def _without_state(error: BaseException, detail: str) -> Kind:
    if _NO_DATABASE.search(detail):  # psycopg tells no state before it is connected
        return Kind.MISSING
    if _DENIED.search(detail):
        return Kind.DENIED
    lost = isinstance(error, OSError) or _is_client_side(error)
    return Kind.LOST if lost else Kind.OTHER


def _is_client_side(error: BaseException) -> bool:
    """Tell a driver's complaint about its connection from one about its arguments."""
    names = [kind.__name__ for kind in type(error).__mro__]
    text = str(error)
    if "OperationalError" in names or "InternalClientError" in names:
        return True  # the latter: asyncpg is out of step, a dying server interrupted it
    return "InterfaceError" in names and ("closed" in text or "closing" in text)
