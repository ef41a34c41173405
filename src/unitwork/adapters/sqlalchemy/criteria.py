"""Criteria compiled to SQL. Contract: 22, 24.

A criterion is split into its shape, which makes the statement and is cached, and its
values, which are its parameters in the order of the tree.
"""

from collections.abc import Callable, Iterator
from operator import eq, ge, gt, le, lt, ne
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, bindparam

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
from unitwork.adapters.sqlalchemy.codec import PLAIN
from unitwork.adapters.sqlalchemy.dialects.dialect import AbstractDialect, Element
from unitwork.adapters.sqlalchemy.layout import Place, Sheet
from unitwork.domain.specification import Operator, TextOperator

_COMPARE: dict[Operator, Callable[[Any, Any], Element]] = {
    Operator.EQ: eq,
    Operator.NE: ne,
    Operator.LT: lt,
    Operator.LE: le,
    Operator.GT: gt,
    Operator.GE: ge,
}
_UNKNOWN = sa.type_coerce(sa.null(), sa.Boolean)
Shape = tuple[Any, ...]
Leaf = Compare | OneOf | IsNone | HasText


def shape_of(criterion: Criterion) -> Shape:
    """Return what of a criterion decides the text of its SQL."""
    match criterion:
        case Compare(column, operator, _):
            return Compare, column, operator
        case OneOf(column, values, or_unknown):
            return OneOf, column, bool(values), or_unknown
        case IsNone(column):
            return IsNone, column
        case HasText(column, operator, text):
            return HasText, column, operator, bool(text)
        case All(parts) | AnyOf(parts):
            return type(criterion), *map(shape_of, parts)
        case Not(part):
            return Not, shape_of(part)


class Parameters:
    """Name parameters one after another, the same for a shape and for its values."""

    def __init__(self) -> None:
        """Begin at none."""
        self.values: dict[str, Any] = {}

    def put(self, value: Any) -> str:
        """Take the next name for a value."""
        name = f"uw_{len(self.values)}"
        self.values[name] = value
        return name

    def bind(self, value: Any = None) -> ColumnElement[Any]:
        """Take the next name, as a parameter of a statement."""
        return bindparam(self.put(value), type_=PLAIN)


def bind_values(
    criterion: Criterion, sheet: Sheet, dialect: AbstractDialect, into: Parameters
) -> None:
    """Put a criterion's values, in the order in which `Compiler` names them."""
    for leaf in _leaves(criterion):
        place = sheet.places[leaf.column]
        if isinstance(leaf, Compare):
            into.put(place.write(leaf.value))
        elif isinstance(leaf, OneOf) and leaf.values:
            into.put(packed(dialect, place, leaf.values))
        elif isinstance(leaf, HasText) and leaf.text:
            into.put(leaf.text)
            into.put(len(leaf.text))


def packed(dialect: AbstractDialect, place: Place, values: Any) -> Any:
    """Return any number of canonical values as one parameter."""
    return dialect.pack(place.column.type, [place.write(value) for value in values])


def _leaves(criterion: Criterion) -> Iterator[Leaf]:
    if isinstance(criterion, All | AnyOf):
        for part in criterion.parts:
            yield from _leaves(part)
    elif isinstance(criterion, Not):
        yield from _leaves(criterion.part)
    else:
        yield criterion


class Compiler:
    """Compile criteria on one table, or on an alias of it."""

    def __init__(
        self, sheet: Sheet, source: Any, dialect: AbstractDialect, names: Parameters
    ) -> None:
        """Name parameters by `names`, columns by `source`."""
        self._sheet = sheet
        self._source = source
        self._dialect = dialect
        self._names = names

    def compile(self, criterion: Criterion) -> Element:
        """Return the SQL of a criterion; its three-valued logic is SQL's own."""
        match criterion:
            case All(parts):
                return sa.and_(sa.true(), *map(self.compile, parts))
            case AnyOf(parts):
                return sa.or_(sa.false(), *map(self.compile, parts))
            case Not(part):
                return sa.not_(self.compile(part))
            case _:
                return self._leaf(criterion)

    def _leaf(self, leaf: Leaf) -> Element:
        column = self._sheet.places[leaf.column].within(self._source)
        if isinstance(leaf, IsNone):
            return column.is_(None)
        if isinstance(leaf, Compare):
            return _COMPARE[leaf.operator](column, self._names.bind())
        if isinstance(leaf, HasText):
            return self._has_text(column, leaf)
        found = self._one_of(column, leaf)
        return sa.or_(found, _UNKNOWN) if leaf.or_unknown else found

    def _one_of(self, column: Element, leaf: OneOf) -> Element:
        if not leaf.values:
            return sa.false()
        kind = self._sheet.places[leaf.column].column.type
        return self._dialect.one_of(column, kind, self._names.put(None))

    def _has_text(self, column: Element, leaf: HasText) -> Element:
        if not leaf.text:  # every text has it; of NULL it is unknown
            return sa.func.length(column) >= 0
        text, length = self._names.bind(), self._names.bind()
        if leaf.operator is TextOperator.STARTS_WITH:
            return self._dialect.starts_with(column, text, length)
        if leaf.operator is TextOperator.ENDS_WITH:
            return self._dialect.ends_with(column, text, length)
        return self._dialect.contains(column, text)
