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


_EXPECTED: dict[type[ColumnType], type] = {
    Integer: int,
    Text: str,
    Binary: bytes,
    Uuid: UUID,
    Date: date,
    Timestamp: datetime,
}


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
    if isinstance(kind, Boolean):
        return f"{variable} is not True and {variable} is not False"
    expected = _EXPECTED.get(type(kind))
    if expected is None:
        return None
    doubts = [f"type({variable}) is not {constant(expected, expected.__name__)}"]
    if isinstance(kind, Integer):
        limit = 1 << (kind.bits - 1)
        doubts.append(f"not {-limit} <= {variable} < {limit}")
    if isinstance(kind, Text):
        doubts.append(f"not {variable}.isascii() or '\\0' in {variable}")
    if isinstance(kind, Text | Binary) and kind.length is not None:
        doubts.append(f"len({variable}) > {kind.length}")
    if isinstance(kind, Timestamp):
        utc = constant(UTC, "utc")
        doubts.append(f"{variable}.tzinfo is not {utc} or {variable}.fold")
    return " or ".join(doubts)
