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
    kind: ColumnType, variable: str, constant: Constant, *, known: str, nullable: bool
) -> str:
    """Write the line that replaces a variable's value by its canonical form.

    What the line accepts without a call is what `kind.canonical` returns unchanged.

    Args:
        kind: of the column.
        variable: its name.
        constant: gives names to what the line needs.
        known: the name of a variable with a canonical value of the same column; the
            very same object needs no look. "" for none.
        nullable: whether None may stay.
    """
    made = f"{constant(kind.canonical, 'canonical')}({variable})"
    conditions = [f"{variable} is not {known}"] if known else []
    if nullable:
        conditions.append(f"{variable} is not None")
    if isinstance(kind, Enumeration):
        enum = constant(kind.enum, "enum")
        made = f"{variable}._name_ if type({variable}) is {enum} else {made}"
    elif isinstance(kind, Float):
        plain = f"type({variable}) is float and {variable} - {variable} == 0.0"
        made = f"{variable} + 0.0 if {plain} else {made}"
    elif doubts := _doubts(kind, variable, constant):
        conditions.append(f"({' or '.join(doubts)})")
    line = f"{variable} = {made}"
    return f"if {' and '.join(conditions)}: {line}" if conditions else line


def _doubts(kind: ColumnType, variable: str, constant: Constant) -> list[str]:
    """Write the conditions under which a value needs a closer look; none: always."""
    if isinstance(kind, Boolean):
        return [f"{variable} is not True and {variable} is not False"]
    expected = _EXPECTED.get(type(kind))
    if expected is None:
        return []
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
    return doubts
