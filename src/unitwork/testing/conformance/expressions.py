"""Criteria, orders and values of a program, as the library's own objects."""

import operator
from collections.abc import Callable
from decimal import Decimal
from functools import reduce
from typing import Any

from unitwork.domain.expression import Path, Sort
from unitwork.domain.specification import Specification, all_of
from unitwork.testing.conformance.programs import Json, Values
from unitwork.testing.conformance.warehouse import Item, Part, Pick, Price, Site

CLASSES: dict[str, type[Any]] = {"Site": Site, "Item": Item, "Pick": Pick}
REPOSITORIES = {"Site": "sites", "Item": "items", "Pick": "picks"}
_OPERATORS = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def path(of: str, dotted: str) -> Path[Any, Any]:
    """Name an attribute, or a part of the price."""
    first, _, part = dotted.partition(".")
    found: Path[Any, Any] = getattr(CLASSES[of], first)
    return found[getattr(Price, part)] if part else found


def exact(dotted: str, value: Json) -> Any:
    """Make decimals of what is kept as text."""
    if isinstance(value, list):
        return [exact(dotted, one) for one in value]
    return Decimal(value) if dotted == "price.amount" and value is not None else value


def criterion(of: str, where: Json) -> Specification[Any]:
    """Write a criterion by the library's operators."""
    kind, *rest = where
    if kind == "all":
        return all_of()
    if kind == "not":
        return ~criterion(of, rest[0])
    if kind in ("and", "or"):
        join = operator.and_ if kind == "and" else operator.or_
        return reduce(join, (criterion(of, part) for part in rest))
    return _leaf(kind, path(of, rest[0]), *(exact(rest[0], one) for one in rest[1:]))


def _leaf(kind: str, left: Path[Any, Any], right: Any = None) -> Specification[Any]:
    if kind == "none":
        return left.is_none()
    if kind == "in":
        return left.in_(right)
    if kind in _OPERATORS:
        compared: Specification[Any] = _OPERATORS[kind](left, right)
        return compared
    searched: Specification[Any] = getattr(left, kind)(right)
    return searched


def order(of: str, terms: Json) -> list[Sort[Any]]:
    """Write the terms of an order."""
    return [
        getattr(path(of, dotted), direction)(**({"nulls": nulls} if nulls else {}))
        for dotted, direction, nulls in terms
    ]


def price(value: Json) -> Price | None:
    """Make the embedded value."""
    return value and Price(Decimal(value["amount"]), value["currency"])


def attributes(values: Values) -> dict[str, Any]:
    """Make what a constructor takes."""
    return {
        name: _MAKERS[name](value) if name in _MAKERS else value
        for name, value in values.items()
    }


_MAKERS: dict[str, Callable[[Any], Any]] = {
    "parts": lambda parts: [Part(*part) for part in parts],
    "tags": set,
    "notes": dict,
    "price": price,
}


def shown(aggregate: Any) -> Values:
    """Give the values of an aggregate, without its key."""
    if isinstance(aggregate, Site):
        return {
            "town": aggregate.town,
            "zone": aggregate.zone,
            "parent": aggregate.parent,
        }
    if isinstance(aggregate, Pick):
        return {"item": aggregate.item, "quantity": aggregate.quantity}
    item: Item = aggregate
    cost = item.price
    return {
        "label": item.label,
        "rank": item.rank,
        "site": item.site,
        "parts": [[part.slot, part.count, part.site] for part in item.parts],
        "tags": sorted(item.tags),
        "notes": dict(item.notes),
        "price": cost and {"amount": str(cost.amount), "currency": cost.currency},
    }
