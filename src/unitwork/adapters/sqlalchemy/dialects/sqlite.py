"""SQLite, by aiosqlite."""

import json
import re
import sqlite3
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import aiosqlite
import sqlalchemy as sa
from sqlalchemy import URL, bindparam, func
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.types import TypeEngine

import unitwork.adapters.sqlalchemy.conversions as to
from unitwork.adapters.mapping import types as kinds
from unitwork.adapters.mapping.types import ColumnType
from unitwork.adapters.sqlalchemy.codec import PLAIN, Codec
from unitwork.adapters.sqlalchemy.dialects.dialect import (
    AbstractDialect,
    Element,
    Limits,
    any_value,
)
from unitwork.adapters.sqlalchemy.dialects.interruptible import InterruptibleConnection
from unitwork.adapters.sqlalchemy.dialects.one_trip import OneTripDriver
from unitwork.adapters.sqlalchemy.fault import Fault, Kind
from unitwork.adapters.sqlalchemy.phase import Begin
from unitwork.domain.storage_errors import StorageError

_SCALED_PRECISION = 18
_JSON_KINDS = (
    kinds.Integer,
    kinds.Boolean,
    kinds.Decimal,
    kinds.Text,
    kinds.Timestamp,
    kinds.Date,
    kinds.Duration,
    kinds.Uuid,
    kinds.Enumeration,
    kinds.Json,
)
_KINDS = {
    sqlite3.SQLITE_BUSY: Kind.BUSY,
    sqlite3.SQLITE_LOCKED: Kind.BUSY,
    sqlite3.SQLITE_INTERRUPT: Kind.TIMEOUT,
    sqlite3.SQLITE_FULL: Kind.FULL,
    sqlite3.SQLITE_READONLY: Kind.READ_ONLY,
    sqlite3.SQLITE_CORRUPT: Kind.CORRUPT,
    sqlite3.SQLITE_NOTADB: Kind.NOT_A_DATABASE,
    sqlite3.SQLITE_CANTOPEN: Kind.MISSING,
    sqlite3.SQLITE_CONSTRAINT: Kind.CONSTRAINT,
}
_EXTENDED = {
    sqlite3.SQLITE_BUSY_SNAPSHOT: Kind.CONFLICT,
    sqlite3.SQLITE_CONSTRAINT_UNIQUE: Kind.UNIQUE,
    sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY: Kind.UNIQUE,
    sqlite3.SQLITE_CONSTRAINT_ROWID: Kind.UNIQUE,
    sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY: Kind.REFERENCE,
}
_OF_THE_FILE = (
    *(sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT),
    sqlite3.SQLITE_READONLY,
)
_FAILED = re.compile(r"constraint failed: (.+)$")
_PRIMARY = 0xFF
_OURS = {
    "isolation_level": None,
    "autocommit": getattr(sqlite3, "LEGACY_TRANSACTION_CONTROL", None),
}
"""How sqlite3 begins no transaction; before Python 3.12 the first is all."""


class _Untouched:
    """Let values through as they are: the codec has converted them."""

    def bind_processor(self, dialect: Any) -> Any:
        """Convert nothing."""
        del dialect

    def result_processor(self, dialect: Any, coltype: Any) -> Any:
        """Convert nothing."""
        del dialect, coltype


class _Moment(_Untouched, sqlite.DATETIME):
    cache_ok = True


class _Day(_Untouched, sqlite.DATE):
    cache_ok = True

    def adapt(self, cls: Any, **options: Any) -> Any:
        """Stay: the driver has a type of its own for days, which would convert."""
        del cls
        return super().adapt(type(self), **options)  # type: ignore[no-untyped-call]  # SQLAlchemy's has no types


class _Flag(_Untouched, sa.Boolean):
    cache_ok = True


_MOMENT: TypeEngine[Any] = _Moment()  # type: ignore[no-untyped-call]  # SQLAlchemy's constructor has no types
_DAY: TypeEngine[Any] = _Day()  # type: ignore[no-untyped-call]  # as above


def _decimal(kind: kinds.Decimal) -> Codec:
    if kind.precision <= _SCALED_PRECISION:
        return Codec(sa.Integer(), *to.scaled_decimal(kind))
    return Codec(sa.String(kind.precision + 1), *to.decimal_text(kind))


def _text(kind: kinds.Text) -> Codec:
    declared = sa.Text() if kind.length is None else sa.String(kind.length)
    return Codec(declared, read=kind.canonical)


class Sqlite(AbstractDialect):
    """SQLite 3.35 or later, in WAL mode."""

    name = "sqlite"
    writers_queue = True
    interrupts = True
    before_drop = ("PRAGMA foreign_keys = 0",)
    after_drop = ("PRAGMA foreign_keys = 1",)
    codecs: ClassVar[dict[type[ColumnType], Any]] = {
        kinds.Integer: lambda kind: Codec(sa.Integer(), read=kind.canonical),
        kinds.Boolean: lambda _: Codec(_Flag(), read=to.read_boolean),
        kinds.Float: lambda kind: Codec(sa.REAL(), read=kind.canonical),
        kinds.Decimal: _decimal,
        kinds.Text: _text,
        kinds.Binary: lambda kind: Codec(sa.LargeBinary(), read=kind.canonical),
        kinds.Timestamp: lambda _: Codec(
            _MOMENT, to.write_timestamp_text, to.read_timestamp_text
        ),
        kinds.Date: lambda _: Codec(_DAY, to.write_date_text, to.read_date_text),
        kinds.Duration: lambda _: Codec(
            sa.BigInteger(), to.write_duration, to.read_duration
        ),
        kinds.Uuid: lambda _: Codec(sa.CHAR(32), to.write_hex, to.read_hex),
        kinds.Enumeration: lambda kind: Codec(
            sa.String(max(map(len, kind.enum.__members__))), read=to.read_member(kind)
        ),
        kinds.Json: lambda _: Codec(sa.Text(), read=to.read_json),
    }

    def connect_arguments(
        self, url: URL, limits: Limits, *, read_only: bool
    ) -> dict[str, Any]:
        """Leave transactions to us: sqlite3 begins none of its own."""
        del url, read_only
        return {
            "isolation_level": None,
            "timeout": 0,
            "async_creator_fn": partial(_connect, limits.lock_timeout),
        }

    def driver(self) -> OneTripDriver:
        """Go to the thread once for a statement."""
        return OneTripDriver()

    def prepare(
        self, connection: DBAPIConnection, url: URL, limits: Limits, *, read_only: bool
    ) -> None:
        """Set the pragmas, and read each back, the driver's mode too. Contract: 41."""
        del limits
        mode = connection.run_async(_transaction_mode)
        if mode != _OURS:
            raise StorageError(f"the driver begins transactions of its own: {mode}")
        wanted: dict[str, int | str] = {
            "busy_timeout": 0,
            "foreign_keys": 1,
            "synchronous": 1,
            "query_only": int(read_only),
        }
        if not in_memory(url):
            wanted = {"journal_mode": "wal", **wanted}
        cursor = connection.cursor()
        for pragma, value in wanted.items():
            cursor.execute(f"PRAGMA {pragma} = {value}")
            cursor.execute(f"PRAGMA {pragma}")
            found = cursor.fetchone()
            if found is None or found[0] != value:
                cursor.close()
                shown = None if found is None else found[0]
                raise StorageError(
                    f"PRAGMA {pragma} is {shown!r} after it was set to {value!r}"
                )
        cursor.close()

    def file(self, url: URL) -> Path | None:
        """Return the file, unless it is a URI or in memory."""
        database = url.database or ""
        named = not in_memory(url) and not database.startswith("file:")
        return Path(database).absolute() if named else None

    def begin(self, begin: Begin) -> tuple[str, ...]:
        """Take the write lock at once, where it will be needed."""
        return ("BEGIN IMMEDIATE" if begin.writes else "BEGIN",)

    def in_transaction(self, connection: Any) -> bool:
        """Ask sqlite3."""
        return bool(connection.in_transaction)

    def one_of(self, column: Element, kind: ColumnType, name: str) -> Element:
        """Unpack one JSON parameter: no limit to the number of values."""
        if not isinstance(kind, _JSON_KINDS):
            return any_value(column, name)
        each = func.json_each(bindparam(name, type_=PLAIN)).table_valued("value")
        return column.in_(sa.select(each.c.value))

    def pack(self, kind: ColumnType, values: Sequence[Any]) -> Any:
        """Pack values into JSON."""
        if not isinstance(kind, _JSON_KINDS):
            return list(values)
        return json.dumps(list(values), ensure_ascii=False)

    def contains(self, column: Element, text: Element) -> Element:
        """LIKE would ignore case."""
        return func.instr(column, text) > 0

    def starts_with(self, column: Element, text: Element, length: Element) -> Element:
        """Compare the first characters."""
        return func.substr(column, 1, length) == text

    def ends_with(self, column: Element, text: Element, length: Element) -> Element:
        """Compare the last characters."""
        return func.substr(column, -length) == text

    def fault(self, error: BaseException) -> Fault:
        """Go by SQLite's extended result code."""
        code = getattr(error, "sqlite_errorcode", None)
        name = getattr(error, "sqlite_errorname", None)
        detail = str(error)
        if code is None:
            closed = "closed" in detail or "no active connection" in detail
            return Fault(Kind.LOST if closed else Kind.OTHER, detail)
        kind = _EXTENDED.get(code) or _KINDS.get(code & _PRIMARY, Kind.OTHER)
        if kind is Kind.OTHER and detail.startswith("no such table"):
            kind = Kind.MISSING
        table, columns = None, []
        if kind in (Kind.UNIQUE, Kind.CONSTRAINT) and (said := _FAILED.search(detail)):
            for place in said[1].split(", "):
                table, _, column = place.rpartition(".")
                columns.append(column)
        constraint = columns[0] if columns and not table else None
        of_file = code & _PRIMARY in _OF_THE_FILE
        return Fault(
            kind, detail, name, constraint, table or None, tuple(columns), of_file
        )


async def _transaction_mode(connection: aiosqlite.Connection) -> dict[str, Any]:
    """Ask sqlite3 in its thread, which is where it answers."""

    def ask() -> dict[str, Any]:
        return {name: getattr(native, name, _OURS[name]) for name in _OURS}

    native = connection._conn  # noqa: SLF001 - aiosqlite shows one of both
    return await connection._execute(ask)  # type: ignore[no-any-return, no-untyped-call]  # noqa: SLF001 - as above


def in_memory(url: URL) -> bool:
    """Tell whether a URL means a database that only one connection can see."""
    return not url.database or url.database == ":memory:"


async def _connect(
    lock_timeout: float, *arguments: Any, **options: Any
) -> InterruptibleConnection:
    """Connect; when that fails, leave no thread that would call a closed loop."""
    connect = partial(sqlite3.connect, *arguments, **options)
    connection = InterruptibleConnection(connect, lock_timeout=lock_timeout)
    thread = connection._thread  # noqa: SLF001 - aiosqlite has no other handle on it
    thread.daemon = True
    try:
        await connection
    except BaseException:
        thread.join()
        raise
    return connection
