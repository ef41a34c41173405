"""Canonical values in line: the common case without a call, the rest by the type."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from uuid import UUID

from unitwork.adapters.mapping.types import (
    Binary,
    Boolean,
    ColumnType,
    Date,
    Enumeration,
    Float,
    Integer,
    Text,
    Timestamp,
    Uuid,
)

Constant = Callable[[object, str], str]
"""Gives a value a name that generated lines may use."""


def canonical_line(
    kind: ColumnType, variable: str, constant: Constant, *, nullable: bool
) -> str:
    """Write the line that replaces a variable's value by its canonical form.

    What the line accepts without a call is what `kind.canonical` returns unchanged.
    """
    call = f"{constant(kind.canonical, 'canonical')}({variable})"
    if isinstance(kind, Enumeration):
        enum = constant(kind.enum, "enum")
        quick = f"{variable}._name_ if type({variable}) is {enum} else {call}"
        return _guarded(f"{variable} = {quick}", variable, nullable=nullable)
    if isinstance(kind, Float):
        plain = f"type({variable}) is float and {variable} - {variable} == 0.0"
        quick = f"{variable} + 0.0 if {plain} else {call}"
        return _guarded(f"{variable} = {quick}", variable, nullable=nullable)
    doubt = _doubt(kind, variable, constant)
    if doubt is None:
        return _guarded(f"{variable} = {call}", variable, nullable=nullable)
    if nullable:
        doubt = f"{variable} is not None and ({doubt})"
    return f"if {doubt}: {variable} = {call}"


def _guarded(line: str, variable: str, *, nullable: bool) -> str:
    return f"if {variable} is not None: {line}" if nullable else line


def _doubt(kind: ColumnType, variable: str, constant: Constant) -> str | None:
    """Write the condition under which a value needs a closer look."""

    def not_of(expected: type) -> str:
        return f"type({variable}) is not {constant(expected, expected.__name__)}"

    if isinstance(kind, Text):
        longer = "" if kind.length is None else f" or len({variable}) > {kind.length}"
        return (
            f"{not_of(str)} or not {variable}.isascii() or '\\0' in {variable}{longer}"
        )
    if isinstance(kind, Integer):
        limit = 1 << (kind.bits - 1)
        return f"{not_of(int)} or not {-limit} <= {variable} < {limit}"
    if isinstance(kind, Boolean):
        return f"{variable} is not True and {variable} is not False"
    if isinstance(kind, Uuid):
        return not_of(UUID)
    if isinstance(kind, Date):
        return not_of(date)
    if isinstance(kind, Binary):
        longer = "" if kind.length is None else f" or len({variable}) > {kind.length}"
        return f"{not_of(bytes)}{longer}"
    if isinstance(kind, Timestamp):
        utc = constant(UTC, "utc")
        return (
            f"{not_of(datetime)} or {variable}.tzinfo is not {utc} or {variable}.fold"
        )
    return None
