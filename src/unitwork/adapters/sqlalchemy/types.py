"""Column types of SQLAlchemy that are exact on every database. Contract: 24.

The library's own tables are made of them. Put them into your own tables and declarative
classes where a type of SQLAlchemy is not exact; the error at start says where:

    class UserRow(Base):
        created_at: Mapped[datetime] = mapped_column(Timestamp())

They take and give the values of the domain, and refuse what the library refuses.
"""

from collections.abc import Callable
from enum import Enum as PythonEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from unitwork.adapters.mapping import types as kinds
from unitwork.adapters.mapping.types import ColumnType
from unitwork.adapters.sqlalchemy.codec import Codec
from unitwork.adapters.sqlalchemy.dialects.known import dialect_named


class Stored(TypeDecorator[Any]):
    """What these types share; `column_type` says what such a column may hold."""

    impl: TypeEngine[Any] | type[TypeEngine[Any]] = sa.Text
    cache_ok = True
    column_type: ColumnType

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the type in CREATE TABLE."""
        return self._codec(dialect).declared

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Return what the driver is given for a value of the domain."""
        if value is None:
            return None
        canonical, write = self.column_type.canonical(value), self._codec(dialect).write
        return canonical if write is None else write(canonical)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Return the value of the domain for what the driver gave."""
        if value is None:
            return None
        read = self._codec(dialect).read
        return self.column_type.restore(value if read is None else read(value))

    def _codec(self, dialect: Dialect) -> Codec:
        return dialect_named(dialect.name).codec(self.column_type)

    def __repr__(self) -> str:
        """Show it as migrations write it."""
        return repr(self.column_type)


class Integer(Stored):
    """Whole numbers of 16, 32 or 64 bits, with sign."""

    impl = sa.BigInteger
    cache_ok = True

    def __init__(self, bits: int = 64) -> None:
        """Take the width."""
        super().__init__()
        self.bits = bits
        self.column_type = kinds.Integer(bits)


class Boolean(Stored):
    """True or False."""

    impl = sa.Boolean
    cache_ok = True
    column_type = kinds.Boolean()


class Float(Stored):
    """Binary floating-point numbers of 64 bits."""

    impl = sa.Double
    cache_ok = True
    column_type = kinds.Float()


class Decimal(Stored):
    """Exact decimal numbers of `precision` digits, `scale` of them after the point."""

    impl = sa.Numeric
    cache_ok = True

    def __init__(self, precision: int, scale: int) -> None:
        """Take both sizes."""
        super().__init__()
        self.precision = precision
        self.scale = scale
        self.column_type = kinds.Decimal(precision, scale)


class Text(Stored):
    """Unicode text, of at most `length` characters, or any number."""

    impl = sa.Text
    cache_ok = True

    def __init__(self, length: int | None = None) -> None:
        """Take the greatest length."""
        super().__init__()
        self.length = length
        self.column_type = kinds.Text(length)


class Binary(Stored):
    """Bytes, at most `length` of them, or any number."""

    impl = sa.LargeBinary
    cache_ok = True

    def __init__(self, length: int | None = None) -> None:
        """Take the greatest length."""
        super().__init__()
        self.length = length
        self.column_type = kinds.Binary(length)


class Timestamp(Stored):
    """Moments, in microseconds, kept in UTC."""

    impl = sa.DateTime
    cache_ok = True
    column_type = kinds.Timestamp()


class Date(Stored):
    """Days."""

    impl = sa.Date
    cache_ok = True
    column_type = kinds.Date()


class Duration(Stored):
    """Lengths of time, kept as microseconds."""

    impl = sa.BigInteger
    cache_ok = True
    column_type = kinds.Duration()


class Uuid(Stored):
    """UUIDs."""

    impl = sa.Uuid
    cache_ok = True
    column_type = kinds.Uuid()


class Enumeration(Stored):
    """Members of an enum, kept by name."""

    impl = sa.String
    cache_ok = True

    def __init__(self, enum: type[PythonEnum]) -> None:
        """Take the enum."""
        super().__init__()
        self.enum = enum
        self.column_type = kinds.Enumeration(enum)


class Json(Stored):
    """What JSON can hold, kept as text."""

    impl = sa.Text
    cache_ok = True
    column_type = kinds.Json()


class _Document(Json):
    """Objects of the domain as JSON, where an annotation says so."""

    cache_ok = False

    def __init__(self, column_type: kinds.Json) -> None:
        super().__init__()
        self.column_type = column_type


def stored(column_type: ColumnType) -> Stored:
    """Return the type of a column in the library's own tables."""
    if isinstance(column_type, kinds.Json):
        plain = type(column_type) is kinds.Json
        return Json() if plain else _Document(column_type)
    return _MADE[type(column_type)](column_type)


_MADE: dict[type[ColumnType], Callable[[Any], Stored]] = {
    kinds.Integer: lambda kind: Integer(kind.bits),
    kinds.Boolean: lambda _: Boolean(),
    kinds.Float: lambda _: Float(),
    kinds.Decimal: lambda kind: Decimal(kind.precision, kind.scale),
    kinds.Text: lambda kind: Text(kind.length),
    kinds.Binary: lambda kind: Binary(kind.length),
    kinds.Timestamp: lambda _: Timestamp(),
    kinds.Date: lambda _: Date(),
    kinds.Duration: lambda _: Duration(),
    kinds.Uuid: lambda _: Uuid(),
    kinds.Enumeration: lambda kind: Enumeration(kind.enum),
}
