"""Criteria and orders as a fake evaluates them: on attributes, as Python does."""

import operator
from collections.abc import Iterable
from typing import Any

import attrs

from unitwork.domain.expression import Nulls, Sort
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
    TextOperator,
)

_COMPARE = {
    Operator.LT: operator.lt,
    Operator.LE: operator.le,
    Operator.GT: operator.gt,
    Operator.GE: operator.ge,
}
_SEARCH = {
    TextOperator.CONTAINS: str.__contains__,
    TextOperator.STARTS_WITH: str.startswith,
    TextOperator.ENDS_WITH: str.endswith,
}


def matches(criterion: Specification[Any], aggregate: Any) -> bool:  # noqa: PLR0911 - a line for each kind
    """Tell whether an aggregate matches: yes or no, where SQL knows a third answer."""
    match criterion:
        case Conjunction(parts=parts):
            return all(matches(part, aggregate) for part in parts)
        case Disjunction(parts=parts):
            return any(matches(part, aggregate) for part in parts)
        case Negation(part=part):
            return not matches(part, aggregate)
        case Absence(path=path):
            return value_at(path, aggregate) is None
        case Membership(path=path, values=values):
            return value_at(path, aggregate) in values
        case Comparison():
            return _compare(criterion, value_at(criterion.path, aggregate))
        case TextMatch():
            value = value_at(criterion.path, aggregate)
            return value is not None and _SEARCH[criterion.operator](
                value, criterion.text
            )
        case _:
            raise TypeError(criterion)


def in_order(found: Iterable[Any], order: Iterable[Sort[Any]]) -> list[Any]:
    """Sort by the terms, the last one first; None stands where the term says."""
    ordered = list(found)
    for term in reversed(list(order)):
        ordered.sort(
            key=lambda one, path=term.path: _sortable(value_at(path, one)),  # type: ignore[misc]  # its default has the type
            reverse=term.descending,
        )
        none_first = term.nulls is Nulls.FIRST
        ordered.sort(
            key=lambda one, path=term.path: (value_at(path, one) is None) != none_first  # type: ignore[misc]  # as above
        )
    return ordered


def value_at(path: Member[Any], aggregate: Any) -> Any:
    """Follow a path; what is in a price that is None is None."""
    for name in path.names:
        aggregate = None if aggregate is None else getattr(aggregate, name)
    return aggregate


def plain(value: Any) -> Any:
    """Give what can be compared by value; aggregates are compared by identity."""
    if attrs.has(type(value)):
        return {name: plain(one) for name, one in vars(value).items()}
    return [plain(one) for one in value] if isinstance(value, list) else value


def _compare(criterion: Comparison[Any], value: Any) -> bool:
    if criterion.operator is Operator.EQ:
        return bool(value == criterion.value)
    if criterion.operator is Operator.NE:
        return bool(value != criterion.value)
    return value is not None and bool(
        _COMPARE[criterion.operator](value, criterion.value)
    )


def _sortable(value: Any) -> tuple[Any, ...]:
    return () if value is None else (value,)
