"""The user's own columns: how their types keep canonical values, where that is exact.

Contract: 24.
"""

from collections.abc import Callable
from decimal import Decimal as PythonDecimal
from typing import Any

import attrs
import sqlalchemy as sa
from sqlalchemy import Dialect, MetaData
from sqlalchemy.dialects import mysql, postgresql, sqlite

import unitwork.adapters.sqlalchemy.conversions as to
from unitwork.adapters.mapping import types as kinds
from unitwork.adapters.mapping.description import AggregateMapping
from unitwork.adapters.mapping.types import ColumnType, Refused
from unitwork.adapters.sqlalchemy.codec import Codec
from unitwork.adapters.sqlalchemy.dialects.dialect import AbstractDialect
from unitwork.adapters.sqlalchemy.dialects.mariadb import COLLATION
from unitwork.adapters.sqlalchemy.types import Stored
from unitwork.domain.errors import SchemaError

_FLOAT_DIGITS = 15
_SINGLE_PRECISION = 24
_MICROSECOND_DIGITS = 6


class Inexact(Exception):  # noqa: N818 - not an error of the library, but its reason
    """Why a column's type does not keep every value."""


@attrs.frozen
class Owned:
    """A column of the user's, on one database."""

    column: sa.Column[Any]
    kind: Any
    """What it should hold."""
    type: Any
    """Its type, as this database has it."""
    dialect: AbstractDialect

    def codec(self, **changes: Any) -> Codec:
        """Return the codec of the library's own columns, changed."""
        own = self.dialect.codec(self.kind)
        return attrs.evolve(own, declared=self.column.type, **changes)

    def require(self, exact: object, problem: str) -> None:
        """Refuse the type unless it is exact."""
        if not exact:
            raise Inexact(problem)


Codecs = dict[tuple[str, str], Codec]


def adopt(
    mappings: tuple[AggregateMapping, ...],
    metadata: MetaData,
    dialect: AbstractDialect,
    engine_dialect: Dialect,
) -> Codecs:
    """Return codecs for the user's own columns, by table and column.

    Raises:
        SchemaError: for every column that is not exact on this database.
    """
    codecs: Codecs = {}
    mistakes = []
    for mapping in mappings:
        for table in mapping.tables:
            if table.source is None:
                continue
            for described in table.columns:
                column = metadata.tables[table.source.key].c[described.source.key]
                try:
                    codec = _codec(column, described.type, dialect, engine_dialect)
                except Inexact as problem:
                    mistakes.append(_mistake(column, described.type, dialect, problem))
                else:
                    codecs[table.source.key, column.name] = codec
    if mistakes:
        raise SchemaError(tuple(mistakes))
    return codecs


def _codec(
    column: sa.Column[Any],
    kind: ColumnType,
    dialect: AbstractDialect,
    engine_dialect: Dialect,
) -> Codec:
    if isinstance(column.type, Stored):
        return dialect.codec(kind)
    own = isinstance(column.type, sa.TypeDecorator)
    if own and not isinstance(column.type, sa.Interval):  # SQLAlchemy's only one
        raise Inexact("is of a type of your own, which converts as it likes,")
    owned = Owned(column, kind, column.type.dialect_impl(engine_dialect), dialect)
    for known, look in _LOOKS.items():
        if isinstance(kind, known):
            return look(owned)
    return owned.codec()


def _mistake(
    column: sa.Column[Any], kind: ColumnType, dialect: AbstractDialect, problem: Inexact
) -> str:
    remedy = next(k.__name__ for k in type(kind).__mro__ if k in dialect.codecs)
    return (
        f"{column.table.name}.{column.name}, of type {column.type!r}, {problem} on"
        f" {dialect.name}. Use unitwork.adapters.sqlalchemy.types.{remedy}."
    )


def _float(owned: Owned) -> Codec:
    precision = getattr(owned.type, "precision", None)
    double = isinstance(owned.type, sa.Double | mysql.DOUBLE)
    if owned.dialect.name == "postgresql":
        wide = precision is None or precision > _SINGLE_PRECISION
        double = double or (wide and not isinstance(owned.type, sa.REAL))
    exact = double or owned.dialect.name == "sqlite"
    owned.require(exact, "keeps single precision only")
    return owned.codec()


def _decimal(owned: Owned) -> Codec:
    if owned.dialect.name != "sqlite":
        return owned.codec()
    few = owned.kind.precision <= _FLOAT_DIGITS
    owned.require(few, f"is binary floating point, exact up to {_FLOAT_DIGITS} digits")
    return owned.codec(write=float, read=_rounded(owned.kind))


def _rounded(kind: kinds.Decimal) -> Callable[[Any], Any]:
    def read(stored: Any) -> Any:
        if type(stored) not in (int, float):
            raise Refused("It must be a number.")
        return kind.canonical(PythonDecimal(f"{stored:.{kind.scale}f}"))

    return read


def _text(owned: Owned) -> Codec:
    collation = getattr(owned.type, "collation", None)
    if owned.dialect.name == "sqlite":
        owned.require(collation in (None, "BINARY"), f"compares by {collation}")
        return owned.codec()
    if owned.dialect.name == "postgresql":
        return owned.codec(collation=None if collation == "C" else "C")
    options = owned.column.table.dialect_options
    collation = collation or options["mysql"].get("collate")
    if collation == COLLATION:
        return owned.codec()
    owned.require(
        collation is None and not _constrained(owned.column),
        "is unique or refers to something, and compares by another collation than"
        f" {COLLATION}",
    )
    return owned.codec(collation=COLLATION)


def _constrained(column: sa.Column[Any]) -> bool:
    """Tell whether a constraint compares the column, by the column's own collation."""
    table = column.table
    if column.primary_key or column.foreign_keys:
        return True
    keys = [c.columns for c in table.constraints if isinstance(c, sa.UniqueConstraint)]
    keys += [index.columns for index in table.indexes if index.unique]
    return any(column.name in columns for columns in keys)


def _timestamp(owned: Owned) -> Codec:
    if owned.dialect.name == "mysql":
        fsp = getattr(owned.type, "fsp", None)
        exact = isinstance(owned.type, mysql.DATETIME) and fsp == _MICROSECOND_DIGITS
        owned.require(exact, "is not DATETIME(6), and cuts microseconds")
        return owned.codec()
    owned.require(owned.type.timezone, "is without time zone, so that nothing says UTC")
    own_format = isinstance(owned.column.type, sqlite.DATETIME)
    owned.require(not own_format, "may have a format of its own")
    return owned.codec()


def _date(owned: Owned) -> Codec:
    own_format = isinstance(owned.column.type, sqlite.DATE)
    owned.require(not own_format, "may have a format of its own")
    return owned.codec()


def _duration(owned: Owned) -> Codec:
    owned.require(
        owned.dialect.name == "postgresql", "is kept as a date and time after 1970"
    )
    return owned.codec(write=None, read=owned.kind.canonical, cast="INTERVAL")


def _uuid(owned: Owned) -> Codec:
    native = getattr(owned.column.type, "native_uuid", False)
    if owned.dialect.name == "postgresql" and not native:
        return owned.codec(write=to.write_hex, read=to.read_hex, cast="TEXT")
    own_order = owned.dialect.name == "mysql" and native
    owned.require(not own_order, "becomes a UUID column, with an order of its own,")
    return owned.codec()


def _enumeration(owned: Owned) -> Codec:
    if owned.dialect.name == "postgresql" and owned.type.native_enum:
        return owned.codec(cast=f'"{owned.type.name}"', as_text=True)
    return owned.codec()


def _json(owned: Owned) -> Codec:
    binary = isinstance(owned.type, postgresql.JSONB)
    owned.require(not binary, "does not keep how numbers are written")
    affine = owned.dialect.name == "sqlite"
    owned.require(not affine, "turns a document that is one number into another")
    return owned.codec()


_LOOKS: dict[type[ColumnType], Callable[[Owned], Codec]] = {
    kinds.Float: _float,
    kinds.Decimal: _decimal,
    kinds.Text: _text,
    kinds.Timestamp: _timestamp,
    kinds.Date: _date,
    kinds.Duration: _duration,
    kinds.Uuid: _uuid,
    kinds.Enumeration: _enumeration,
    kinds.Json: _json,
}
