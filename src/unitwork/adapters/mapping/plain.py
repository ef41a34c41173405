"""States as what JSON can hold, for storages that keep text. Exact, both ways."""

from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal as PythonDecimal
from typing import Any
from uuid import UUID

from unitwork.adapters.mapping.description import AggregateMapping, Column, State
from unitwork.adapters.mapping.types import (
    Binary,
    Date,
    Decimal,
    Duration,
    Timestamp,
    Uuid,
)

Plain = Any
"""Lists, texts, numbers, booleans and None."""
_MICROSECOND = timedelta(microseconds=1)
_WRITERS: dict[type, Callable[[Any], Plain]] = {
    Binary: lambda value: b64encode(value).decode(),
    Date: date.isoformat,
    Decimal: str,
    Duration: lambda value: value // _MICROSECOND,
    Timestamp: datetime.isoformat,
    Uuid: str,
}
_READERS: dict[type, Callable[[Plain], Any]] = {
    Binary: b64decode,
    Date: date.fromisoformat,
    Decimal: PythonDecimal,
    Duration: lambda plain: plain * _MICROSECOND,
    Timestamp: datetime.fromisoformat,
    Uuid: UUID,
}


def to_plain(mapping: AggregateMapping, state: State) -> Plain:
    """Return a state as lists of lists: tables, rows, values."""
    return _converted(mapping, state, _WRITERS, list)


def from_plain(mapping: AggregateMapping, plain: Plain) -> State:
    """Return the state that `to_plain` wrote, equal to what it was.

    Raises:
        ValueError: the mapping has other tables or columns than it had then.
    """
    state: State = _converted(mapping, plain, _READERS, tuple)
    return state


def _converted(
    mapping: AggregateMapping,
    tables: Any,
    converters: dict[type, Callable[[Any], Any]],
    make: Callable[[Any], Any],
) -> Any:
    return make(
        make(make(_values(table.columns, row, converters)) for row in rows)
        for table, rows in zip(mapping.tables, tables, strict=True)
    )


def _values(
    columns: tuple[Column, ...],
    row: Any,
    converters: dict[type, Callable[[Any], Any]],
) -> list[Any]:
    return [
        value
        if value is None or (convert := converters.get(type(column.type))) is None
        else convert(value)
        for column, value in zip(columns, row, strict=True)
    ]
