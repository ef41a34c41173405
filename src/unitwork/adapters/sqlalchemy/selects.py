"""Queries as SELECT statements, made once for each shape. Contract: 22, 23."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Select

from unitwork.adapters.mapping.criterion import EVERYTHING
from unitwork.adapters.mapping.description import SortTerm
from unitwork.adapters.sqlalchemy.criteria import (
    Compiler,
    Parameters,
    Shape,
    bind_values,
    packed,
    shape_of,
)
from unitwork.adapters.sqlalchemy.dialects.dialect import AbstractDialect, Element
from unitwork.adapters.sqlalchemy.layout import Layout, Sheet
from unitwork.adapters.sqlalchemy.phase import Step
from unitwork.adapters.storage import Query

_SHAPES = 1000
_MOST = 1 << 61
"""More rows than any table has; every database counts to twice as many."""
Rows = Select[*tuple[Any, ...]]
Build = Callable[["Meaning"], Rows]


class Selects:
    """Make and keep the statements that read."""

    def __init__(self, dialect: AbstractDialect) -> None:
        """Keep none yet."""
        self._dialect = dialect
        self._made: dict[Shape, Rows] = {}

    def step(self, build: Build, layout: Layout, query: Query) -> Step:
        """Return the statement for a query's shape, with the query's values."""
        shape = (build, query.mapping.position, *_shape(query))
        statement = self._made.get(shape)
        if statement is None:
            if len(self._made) >= _SHAPES:
                self._made.clear()
            meaning = Meaning(layout, query, self._dialect)
            statement = self._made[shape] = build(meaning)
        return Step(statement, (self._values(layout, query),))

    def _values(self, layout: Layout, query: Query) -> dict[str, Any]:
        """Name the values in the order in which `Meaning` names its parameters."""
        into = Parameters()
        bind_values(query.criterion, layout.root, self._dialect, into)
        if query.excluding:
            into.put(packed(self._dialect, layout.key, query.excluding))
        if query.after is not None:
            for term, value in zip(query.order, query.after, strict=True):
                if value is not None:
                    into.put(layout.root.places[term.column].write(value))
        if query.limit is not None:
            into.put(min(query.limit, _MOST))
        if query.offset:
            into.put(min(query.offset, _MOST))
        return into.values


def _shape(query: Query) -> Shape:
    after = None if query.after is None else tuple(v is None for v in query.after)
    return (
        shape_of(query.criterion),
        query.order,
        bool(query.excluding),
        after,
        query.limit is not None,
        bool(query.offset),
    )


class Meaning:
    """A query's clauses: which rows, in which order, how many."""

    def __init__(self, layout: Layout, query: Query, dialect: AbstractDialect) -> None:
        """Compile conditions on the root's table."""
        self.layout = layout
        self.dialect = dialect
        self._query = query
        names = Parameters()
        sheet = layout.root
        compiler = Compiler(sheet, sheet.clause, dialect, names)
        self._conditions: list[Element] = []
        if query.criterion != EVERYTHING:
            self._conditions.append(compiler.compile(query.criterion))
        if query.excluding:
            key = layout.key.within(sheet.clause)
            found = dialect.one_of(key, layout.key.column.type, names.put(None))
            self._conditions.append(sa.not_(found))
        if query.after is not None:
            self._conditions.append(_after(sheet, query, query.after, names))
        self._limit = names.bind() if query.limit is not None else None
        self._offset = names.bind() if query.offset else None

    @property
    def cut(self) -> bool:
        """Tell whether only some of the rows are wanted."""
        return self._limit is not None or self._offset is not None

    def rows(self, columns: Iterable[Any], source: Any = None) -> Rows:
        """Select columns of the rows that are meant."""
        statement = sa.select(*columns).where(*self._conditions)
        if source is not None:
            statement = statement.select_from(source)
        statement = statement.order_by(*self.order(self.layout.root.clause))
        if self._limit is not None:
            statement = statement.limit(self._limit)
        if self._offset is not None:
            statement = statement.offset(self._offset)
        return statement

    def any_rows(self, *columns: Any) -> Rows:
        """Select columns of all rows that match, in no order."""
        return (
            sa.select(*columns)
            .select_from(self.layout.root.clause)
            .where(*self._conditions)
        )

    def order(self, source: Any) -> Iterator[Element]:
        """Order rows of the root's table, or of an alias of it."""
        for term in self._query.order:
            place = self.layout.root.places[term.column]
            column = place.within(source)
            if place.column.nullable:
                yield from self.dialect.order(
                    column, descending=term.descending, nulls_first=term.nulls_first
                )
            else:
                yield column.desc() if term.descending else column.asc()


def _after(
    sheet: Sheet, query: Query, values: tuple[Any, ...], names: Parameters
) -> Element:
    """Compare a total order, term by term: equal so far, and then after."""
    choices: list[Element] = []
    same: list[Element] = []
    for term, value in zip(query.order, values, strict=True):
        place = sheet.places[term.column]
        column = place.within(sheet.clause)
        bound = None if value is None else names.bind()
        later = _later(column, bound, term, nullable=place.column.nullable)
        if later is not None:
            choices.append(sa.and_(*same, later))
        same.append(column.is_(None) if bound is None else column == bound)
    return sa.or_(sa.false(), *choices)


def _later(
    column: Element, bound: Element | None, term: SortTerm, *, nullable: bool
) -> Element | None:
    if bound is None:
        return column.is_not(None) if term.nulls_first else None
    beyond: Element = column < bound if term.descending else column > bound
    if nullable and not term.nulls_first:
        return sa.or_(beyond, column.is_(None))
    return beyond
