"""Which column type an annotation means."""

import types
import typing
from datetime import date, datetime, timedelta
from decimal import Decimal as PythonDecimal
from enum import Enum, Flag
from typing import Any, get_args, get_origin
from uuid import UUID

from unitwork.adapters.mapping.types import (
    Binary,
    Boolean,
    ColumnType,
    Date,
    Decimal,
    Duration,
    Enumeration,
    Float,
    Integer,
    Text,
    Timestamp,
    Uuid,
)
from unitwork.domain.json_value import JsonValue

UNSCALED = Decimal(0, 0)
"""What a Decimal annotation alone means: a type that has yet to be said."""
_PLAIN: dict[Any, ColumnType] = {
    int: Integer(64),
    bool: Boolean(),
    float: Float(),
    str: Text(None),
    PythonDecimal: UNSCALED,
    datetime: Timestamp(),
    date: Date(),
    timedelta: Duration(),
    UUID: Uuid(),
    bytes: Binary(None),
}


def without_none(hint: Any) -> tuple[Any, bool]:
    """Take `| None` off an annotation, and tell whether it was there."""
    hint = unwrapped(hint)
    if get_origin(hint) not in (typing.Union, types.UnionType):
        return hint, False
    rest = tuple(arg for arg in get_args(hint) if arg is not type(None))
    if len(rest) == len(get_args(hint)):
        return hint, False
    return (unwrapped(rest[0]) if len(rest) == 1 else typing.Union[rest]), True  # noqa: UP007 - made at run time


def unwrapped(hint: Any) -> Any:
    """Look through NewType and `type X = ...`."""
    while hint is not JsonValue and not isinstance(hint, type):
        inner = getattr(hint, "__supertype__", None) or getattr(hint, "__value__", None)
        if inner is None or get_origin(hint) is not None:
            break
        hint = inner
    return hint


def scalar_type(hint: Any) -> ColumnType | None:
    """Return the column type that an annotation without None means, or None."""
    found = _PLAIN.get(hint) if isinstance(hint, type) else None
    if found is not None:
        return found
    if isinstance(hint, type) and issubclass(hint, Enum) and not issubclass(hint, Flag):
        return Enumeration(hint)
    return None
