"""From what a caller wrote to what a storage reads: columns and canonical values."""

from collections.abc import Iterable
from typing import Any

from unitwork.adapters.mapping.criterion import (
    All,
    AnyOf,
    Compare,
    Criterion,
    HasText,
    IsNone,
    Not,
    OneOf,
)
from unitwork.adapters.mapping.description import AggregateMapping, Column, SortTerm
from unitwork.adapters.mapping.types import Refused, Text
from unitwork.domain.errors import InvalidValueError, MisuseError
from unitwork.domain.expression import Nulls, Path, Sort
from unitwork.domain.specification import (
    Absence,
    Comparison,
    Conjunction,
    Disjunction,
    Member,
    Membership,
    Negation,
    Operator,
    Specification,
    TextMatch,
)

_UNORDERED = (Operator.EQ, Operator.NE)


def resolve(  # noqa: PLR0911 - one return a node
    mapping: AggregateMapping, specification: Specification[Any]
) -> Criterion:
    """Turn a specification into the criterion that storages evaluate.

    Raises:
        MisuseError: a path or an operator that this aggregate does not have.
        InvalidValueError: a value that its column could never hold.
    """
    match specification:
        case Comparison(path, operator, value):
            position, column = _column(mapping, path)
            if operator not in _UNORDERED:
                _require_order(path, column)
            return Compare(position, operator, _canonical(mapping, column, value))
        case Membership(path, values):
            position, column = _column(mapping, path)
            known = (v for v in values if v is not None)
            found = dict.fromkeys(_canonical(mapping, column, v) for v in known)
            return OneOf(position, tuple(found), or_unknown=None in values)
        case Absence(path):
            return IsNone(_column(mapping, path)[0])
        case TextMatch(path, looked_for, text):
            position, column = _column(mapping, path)
            if not isinstance(column.type, Text):
                raise MisuseError(
                    f"{path!r} is no text.",
                    f"{looked_for.value} looks for a text in a text.",
                    "Compare it with ==, <, or in_.",
                )
            return HasText(position, looked_for, _canonical(mapping, column, text))
        case Conjunction(parts):
            return All(tuple(resolve(mapping, part) for part in parts))
        case Disjunction(parts):
            return AnyOf(tuple(resolve(mapping, part) for part in parts))
        case Negation(part):
            return Not(resolve(mapping, part))
        case _:
            raise MisuseError(
                f"{specification!r} is no criterion of the library.",
                "The language is closed: every storage evaluates all of it alike.",
                "Build criteria from fields: `(Batch.sku == 'LAMP') & ...`.",
            )


def resolve_order(
    mapping: AggregateMapping, order_by: Sort[Any] | Iterable[Sort[Any]]
) -> tuple[SortTerm, ...]:
    """Turn sort terms into a total order: the key is its last term. Contract: 23."""
    terms: dict[int, SortTerm] = {}
    for sort in _several(order_by):
        if not isinstance(sort, Sort):
            raise MisuseError(
                f"order_by={sort!r} is no sort term.",
                "An order says a direction, and where None stands.",
                "Write Batch.eta.asc() or Batch.eta.desc(nulls='last').",
            )
        position, column = _column(mapping, sort.path)
        _require_order(sort.path, column)
        first = sort.nulls is Nulls.FIRST and position != 0  # no key yet: always last
        terms.setdefault(position, SortTerm(position, sort.descending, first))
    terms.setdefault(0, SortTerm(0, descending=False, nulls_first=False))
    kept = list(terms.values())
    return tuple(kept[: 1 + [term.column for term in kept].index(0)])


def _several(order_by: Any) -> Iterable[Any]:
    if isinstance(order_by, Path | str) or not isinstance(order_by, Iterable):
        return (order_by,)
    return order_by


def canonical_key(mapping: AggregateMapping, key: Any) -> Any:
    """Return the form of a key that rows hold.

    Raises:
        InvalidValueError: no aggregate of the class can have this key.
    """
    if key is None:
        raise InvalidValueError(
            mapping.aggregate, mapping.key_attribute, None, "It must not be None."
        )
    try:
        return mapping.key.type.sought(key)
    except Refused as refused:
        raise InvalidValueError(
            mapping.aggregate, mapping.key_attribute, key, str(refused)
        ) from None


def _column(mapping: AggregateMapping, path: Member[Any]) -> tuple[int, Column]:
    position = mapping.position_of(path)
    return position, mapping.tables[0].columns[position]


def _canonical(mapping: AggregateMapping, column: Column, value: Any) -> Any:
    try:
        return column.type.sought(value)
    except Refused as refused:
        name = ".".join(column.names)
        raise InvalidValueError(mapping.aggregate, name, value, str(refused)) from None


def _require_order(path: Member[Any], column: Column) -> None:
    if not column.type.ordered:
        raise MisuseError(
            f"{path!r} has no order.",
            f"{type(column.type).__name__} values sort differently on each storage.",
            "Order by another field, or keep a number to order by.",
        )
