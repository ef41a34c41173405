"""Criteria and orders of a question, as the library's own objects."""

import operator
from functools import reduce
from typing import Any

from unitwork.domain.expression import Path, Sort
from unitwork.domain.specification import Specification, all_of, any_of
from unitwork.testing.conformance.battery.cabinet import Measure
from unitwork.testing.conformance.battery.columns import CLASSES, COLUMNS
from unitwork.testing.conformance.battery.kinds import Json

_OPERATORS = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_JOINS = {"and": operator.and_, "or": operator.or_}
_PARTS = {"all": all_of, "any": any_of}


def path(of: str, dotted: str) -> Path[Any, Any]:
    """Name an attribute, or a part of an embedded value."""
    first, _, part = dotted.partition(".")
    found: Path[Any, Any] = getattr(CLASSES[of], first)
    return found[getattr(Measure, part)] if part else found


def criterion(of: str, where: Json) -> Specification[Any]:
    """Write a criterion by the library's operators."""
    kind, *rest = where
    if kind == "not":
        return ~criterion(of, rest[0])
    if kind in _JOINS:
        return reduce(_JOINS[kind], (criterion(of, part) for part in rest))
    if kind in _PARTS:
        return _PARTS[kind](*(part and criterion(of, part) for part in rest))
    return _leaf(of, kind, *rest)


def _leaf(of: str, kind: str, dotted: str, right: Json = None) -> Specification[Any]:
    left, read = path(of, dotted), COLUMNS[of][dotted].kind.from_json
    if kind == "none":
        return left.is_none()
    if kind == "true":
        return left.is_true()
    if kind == "in":
        return left.in_([one if one is None else read(one) for one in right])
    if kind in _OPERATORS:
        compared: Specification[Any] = _OPERATORS[kind](left, read(right))
        return compared
    searched: Specification[Any] = getattr(left, kind)(read(right))
    return searched


def order(of: str, terms: Json) -> list[Sort[Any]]:
    """Write the terms of an order."""
    return [
        getattr(path(of, dotted), direction)(**({"nulls": nulls} if nulls else {}))
        for dotted, direction, nulls in terms
    ]
