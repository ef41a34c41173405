"""Criteria and orders, evaluated in Python: what memory and the overlay use.

Three-valued logic: True, False, or None for unknown. Contract: 22, 23.
"""

import operator
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

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
from unitwork.adapters.mapping.description import Row, SortTerm
from unitwork.domain.specification import Operator, TextOperator

T = TypeVar("T")
Predicate = Callable[[Row], bool | None]

_COMPARE: dict[Operator, Callable[[Any, Any], bool]] = {
    Operator.EQ: operator.eq,
    Operator.NE: operator.ne,
    Operator.LT: operator.lt,
    Operator.LE: operator.le,
    Operator.GT: operator.gt,
    Operator.GE: operator.ge,
}
_SEARCH: dict[TextOperator, Callable[[str, str], bool]] = {
    TextOperator.CONTAINS: operator.contains,
    TextOperator.STARTS_WITH: str.startswith,
    TextOperator.ENDS_WITH: str.endswith,
}


def predicate(criterion: Criterion) -> Predicate:  # noqa: PLR0911 - one a node
    """Compile a criterion into a function of a root's row."""
    match criterion:
        case Compare(column, comparison, value):
            return _binary(_COMPARE[comparison], column, value)
        case HasText(column, search, text):
            return _binary(_SEARCH[search], column, text)
        case OneOf(column, values, or_unknown):
            return _one_of(column, frozenset(values), or_unknown=or_unknown)
        case IsNone(column):
            return lambda row: row[column] is None
        case All(parts):
            return _fold([predicate(part) for part in parts], decisive=False)
        case AnyOf(parts):
            return _fold([predicate(part) for part in parts], decisive=True)
        case Not(part):
            inner = predicate(part)
            return lambda row: None if (known := inner(row)) is None else not known


def _binary(compare: Callable[[Any, Any], bool], column: int, value: Any) -> Predicate:
    def evaluate(row: Row) -> bool | None:
        stored = row[column]
        return None if stored is None else compare(stored, value)

    return evaluate


def _one_of(column: int, values: frozenset[Any], *, or_unknown: bool) -> Predicate:
    missing = None if or_unknown else False
    when_none = False if not values and not or_unknown else None

    def evaluate(row: Row) -> bool | None:
        stored = row[column]
        if stored is None:
            return when_none
        return True if stored in values else missing

    return evaluate


def _fold(parts: list[Predicate], *, decisive: bool) -> Predicate:
    """Let one decisive part decide; else unknown wins over the other value."""
    if len(parts) == 1:
        return parts[0]

    def evaluate(row: Row) -> bool | None:
        result: bool | None = not decisive
        for part in parts:
            known = part(row)
            if known is decisive:
                return decisive
            if known is None:
                result = None
        return result

    return evaluate


def arrange(
    items: Iterable[T], order: tuple[SortTerm, ...], row_of: Callable[[T], Row]
) -> list[T]:
    """Sort by every term, the last one first, each pass keeping what came before."""
    arranged = list(items)
    for term in reversed(order):
        arranged.sort(key=_sort_key(term, row_of), reverse=term.descending)
    return arranged


def _sort_key(
    term: SortTerm, row_of: Callable[[T], Row]
) -> Callable[[T], tuple[bool, Any]]:
    column, none_is_largest = term.column, term.nulls_first == term.descending

    def key(item: T) -> tuple[bool, Any]:
        value = row_of(item)[column]
        return (value is None) == none_is_largest, value

    return key


def comes_after(row: Row, order: tuple[SortTerm, ...], values: Row) -> bool:
    """Tell whether a row comes strictly after the values of an order's columns."""
    for term, value in zip(order, values, strict=True):
        stored = row[term.column]
        if stored is None or value is None:
            if stored is value:
                continue
            return (stored is None) != term.nulls_first
        if stored != value:
            return bool(stored < value) == term.descending
    return False
