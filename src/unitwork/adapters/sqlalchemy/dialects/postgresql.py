"""PostgreSQL, by asyncpg or psycopg."""

from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy import URL, bindparam, func

from unitwork.adapters.mapping import types as kinds
from unitwork.adapters.mapping.types import ColumnType
from unitwork.adapters.sqlalchemy import conversions as to
from unitwork.adapters.sqlalchemy.codec import PLAIN, Codec
from unitwork.adapters.sqlalchemy.dialects.dialect import AbstractDialect, Element, Limits
from unitwork.adapters.sqlalchemy.drivers.port import Begin
from unitwork.adapters.sqlalchemy.fault import Fault, Kind
from unitwork.adapters.storage import Isolation

_INTEGERS = {16: sa.SMALLINT, 32: sa.INTEGER, 64: sa.BIGINT}
_LEVELS = {
    Isolation.READ_COMMITTED: "READ COMMITTED",
    Isolation.SNAPSHOT: "REPEATABLE READ",
    Isolation.SERIALIZABLE: "SERIALIZABLE",
}
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
    "53100": Kind.FULL,
    "25006": Kind.READ_ONLY,
    "3D000": Kind.MISSING,
    "42P01": Kind.MISSING,
    "XX001": Kind.CORRUPT,
    "XX002": Kind.CORRUPT,
}


class RawJson(sa.types.UserDefinedType[Any]):
    """JSON columns that take and give their text."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """Keep the text: JSONB would not."""
        return "JSON"


def _text(length: int | None) -> sa.types.TypeEngine[Any]:
    return sa.Text(collation="C") if length is None else sa.String(length, collation="C")


class PostgreSql(AbstractDialect):
    """PostgreSQL 13 or later."""

    name = "postgresql"
    codecs: ClassVar[dict[type[ColumnType], Any]] = {
        kinds.Integer: lambda kind: Codec(_INTEGERS[kind.bits]()),
        kinds.Boolean: lambda _: Codec(sa.Boolean()),
        kinds.Float: lambda kind: Codec(sa.DOUBLE_PRECISION(), read=kind.canonical),
        kinds.Decimal: lambda kind: Codec(
            sa.Numeric(kind.precision, kind.scale), read=kind.canonical
        ),
        kinds.Text: lambda kind: Codec(_text(kind.length)),
        kinds.Binary: lambda _: Codec(sa.LargeBinary()),
        kinds.Timestamp: lambda _: Codec(sa.DateTime(timezone=True), read=to.read_aware),
        kinds.Date: lambda _: Codec(sa.Date()),
        kinds.Duration: lambda _: Codec(sa.BIGINT(), to.write_duration, to.read_duration),
        kinds.Uuid: lambda _: Codec(sa.Uuid(), read=to.read_uuid),
        kinds.Enumeration: lambda kind: Codec(
            _text(max(map(len, kind.enum.__members__))), read=to.read_member(kind)
        ),
        kinds.Json: lambda _: Codec(RawJson(), read=to.read_json, as_text=True),
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
        return {"options": " ".join(f"-c {k}={v}" for k, v in settings.items())}

    def begin(self, begin: Begin) -> tuple[str, ...]:
        """Name the level; only a unit that writes pays for SERIALIZABLE."""
        isolation = begin.isolation
        if not begin.writes and isolation is Isolation.SERIALIZABLE:
            isolation = Isolation.SNAPSHOT
        mode = "" if begin.writes else " READ ONLY"
        return (f"BEGIN ISOLATION LEVEL {_LEVELS[isolation]}{mode}",)

    def in_transaction(self, connection: Any) -> bool:
        """Ask the driver, which has seen the server's last word."""
        if hasattr(connection, "is_in_transaction"):
            return bool(connection.is_in_transaction())
        return bool(connection.info.transaction_status)

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
        """Go by the SQLSTATE; what has none is the driver's own, about its connection."""
        state = getattr(error, "sqlstate", None)
        detail = getattr(error, "message", None) or str(error) or repr(error)
        if state is None:
            lost = isinstance(error, OSError) or _is_client_side(error)
            return Fault(Kind.LOST if lost else Kind.OTHER, detail)
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


def _is_client_side(error: BaseException) -> bool:
    """Tell a driver's complaint about its connection from one about its arguments."""
    names = [kind.__name__ for kind in type(error).__mro__]
    text = str(error)
    if "OperationalError" in names:
        return True
    return "InterfaceError" in names and ("closed" in text or "closing" in text)
