"""What criteria and orders mean, over plain values."""

import operator
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from unitwork.testing.conformance.programs import KEYS, Json, Name, Values

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "contains": lambda value, text: text in value,
    "startswith": str.startswith,
    "endswith": str.endswith,
}


def truth(where: Json, name: Name, values: Values) -> bool | None:
    """Evaluate a criterion in three-valued logic; None is unknown. Contract: 22."""
    kind, *rest = where
    if kind == "all":
        return True
    if kind in ("and", "or", "not"):
        return _joined(kind, [truth(part, name, values) for part in rest])
    value = _at(rest[0], name, values)
    if kind == "none":
        return value is None
    if kind == "in":
        return _joined("or", [_compared("==", rest[0], value, one) for one in rest[1]])
    return _compared(kind, rest[0], value, rest[1])


def _joined(kind: str, answers: list[bool | None]) -> bool | None:
    if kind == "not":
        return None if answers[0] is None else not answers[0]
    decisive = kind == "or"
    if decisive in answers:
        return decisive
    return None if None in answers else not decisive


def _compared(kind: str, path: str, value: Any, other: Json) -> bool | None:
    if value is None or other is None:
        return None
    return _COMPARE[kind](value, _exact(path, other))


def _at(path: str, name: Name, values: Values) -> Any:
    if path == KEYS[name[0]]:
        return name[1]
    first, _, part = path.partition(".")
    value = values[first]
    return _exact(path, value[part] if part and value is not None else value)


def _exact(path: str, value: Any) -> Any:
    return Decimal(value) if path == "price.amount" and value is not None else value


def in_order(
    found: dict[Name, Values], order: Json, by_key: Callable[[Name], Any]
) -> list[Name]:
    """Sort the names of what was found; the key completes the order. Contract: 23."""
    names = sorted(found, key=by_key)
    for path, direction, nulls in reversed(order):
        down = direction == "desc"
        last = nulls == "last" if nulls else not down

        def place(name: Name, path: str = path, high: bool = last != down) -> Any:  # noqa: FBT001 - no parameters, but what the loop is at
            value = _at(path, name, found[name])
            return ((value is None) == high, 0 if value is None else value)

        names.sort(key=place, reverse=down)
    return names
