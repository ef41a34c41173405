"""Reading aggregates: phases that give records, none of them torn. Contract: 19."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from unitwork.adapters.mapping.criterion import Compare, Criterion, OneOf
from unitwork.adapters.mapping.description import AggregateMapping, Row
from unitwork.adapters.sqlalchemy.dialects.dialect import AbstractDialect
from unitwork.adapters.sqlalchemy.layout import Layout, Layouts, Sheet
from unitwork.adapters.sqlalchemy.phase import Phase
from unitwork.adapters.sqlalchemy.selects import Meaning, Rows, Selects
from unitwork.adapters.storage import (
    CountRead,
    Query,
    QueryRead,
    Read,
    Record,
    changed_since,
)
from unitwork.domain.errors import StoredValueError
from unitwork.domain.specification import Operator

_ATTEMPTS = 3


class TornError(Exception):
    """Writers were faster on every attempt: read in a snapshot instead."""


class Reads:
    """Make the phases that read."""

    def __init__(self, layouts: Layouts, dialect: AbstractDialect) -> None:
        """Look layouts up by mapping."""
        self._layouts = layouts
        self._selects = Selects(dialect)

    def load(
        self, mapping: AggregateMapping, keys: Sequence[Any]
    ) -> Phase[list[Record]]:
        """Read the aggregates that have these keys."""
        return self.scan(Query(mapping, _having(keys)))

    def scan(self, query: Query) -> Phase[list[Record]]:
        """Read what a query means: a statement, and one for each child table.

        With one child table it is one statement in all.

        Raises:
            TornError: roots and children did not fit together, three times.
        """
        layout = self._layouts[query.mapping]
        if len(layout.children) == 1:
            rows = yield self._selects.step(_joined, layout, query)
            return _grouped(layout, rows)
        for _ in range(_ATTEMPTS):
            rows = yield self._selects.step(_roots, layout, query)
            found = {row[1]: row for row in rows}
            children: dict[Any, list[tuple[Row, ...]]] = {key: [] for key in found}
            whole = True
            for number, sheet in enumerate(layout.children):
                if not (found and whole):
                    break
                whole = yield from self._children(
                    layout, number, sheet, found, children
                )
            if whole:
                return [_record(layout, row, children[row[1]]) for row in rows]
        raise TornError

    def _children(
        self,
        layout: Layout,
        number: int,
        sheet: Sheet,
        found: dict[Any, Any],
        into: dict[Any, list[tuple[Row, ...]]],
    ) -> Phase[bool]:
        """Read one child table of all roots; tell whether every version is the same."""
        key = layout.key.codec.read
        keys = [raw if key is None else key(raw) for raw in found]
        query = Query(layout.mapping, _having(keys))
        rows = yield self._selects.step(_CHILDREN[number], layout, query)
        owned: dict[Any, list[Any]] = {}
        for row in rows:
            if row[1] not in found or row[0] != found[row[1]][0]:
                return False
            owned.setdefault(row[1], []).append(row[2:])
        if len(owned) != len(found):
            return False
        for raw in found:
            into[raw].append(_child_rows(layout, sheet, owned[raw], raw))
        return True

    def count(self, query: Query) -> Phase[int]:
        """Count what a query means."""
        rows = yield self._selects.step(_count, self._layouts[query.mapping], query)
        return int(rows[0][0])

    def exists(self, query: Query) -> Phase[bool]:
        """Tell whether a query means anything."""
        rows = yield self._selects.step(_exists, self._layouts[query.mapping], query)
        return bool(rows)

    def verify(self, reads: Iterable[Read]) -> Phase[None]:
        """Read again what a serializable unit read; any difference is a conflict."""
        for read in reads:
            same = yield from self._same(read)
            if not same:
                raise changed_since(read)

    def _same(self, read: Read) -> Phase[bool]:
        if isinstance(read, CountRead):
            if read.query.limit is not None:
                return (yield from self.exists(read.query)) == bool(read.found)
            return (yield from self.count(read.query)) == read.found
        if isinstance(read, QueryRead):
            found = yield from self.versions(read.query)
            return found == list(read.found)
        query = Query(read.mapping, _having([key for key, _ in read.found]))
        present = dict((yield from self.versions(query)))
        return all(present.get(key) == version for key, version in read.found)

    def versions(self, query: Query) -> Phase[list[tuple[Any, int]]]:
        """Read keys and versions only."""
        layout = self._layouts[query.mapping]
        rows = yield self._selects.step(_versions, layout, query)
        read = layout.key.codec.read
        return [(key if read is None else read(key), version) for version, key in rows]


def _having(keys: Sequence[Any]) -> Criterion:
    if len(keys) == 1:
        return Compare(0, Operator.EQ, keys[0])
    return OneOf(0, tuple(keys), or_unknown=False)


def _roots(meaning: Meaning) -> Rows:
    return meaning.rows(_root_columns(meaning.layout, meaning.layout.root.clause))


def _root_columns(layout: Layout, source: Any) -> list[Any]:
    version = source.c[layout.mapping.version_column]
    return [version, *(place.within(source) for place in layout.root.places)]


def _joined(meaning: Meaning) -> Rows:
    """Join the one child table onto the roots, of which there may be only some."""
    layout, child = meaning.layout, meaning.layout.children[0]
    columns = [place.within(child.clause) for place in child.places]
    root: Any = layout.root.clause
    if not meaning.cut:
        source = root.outerjoin(child.clause, _owned(layout, child, root))
        return meaning.rows([*_root_columns(layout, root), *columns], source)
    root = meaning.rows(root.c).subquery("root")
    source = root.outerjoin(child.clause, _owned(layout, child, root))
    return (
        sa.select(*_root_columns(layout, root), *columns)
        .select_from(source)
        .order_by(*meaning.order(root))
    )


def _owned(layout: Layout, child: Sheet, root: Any) -> Any:
    owner = child.clause.c[child.described.owner_column]
    return owner == root.c[layout.key.name]


def _child(number: int) -> Callable[[Meaning], Rows]:
    def build(meaning: Meaning) -> Rows:
        layout, root = meaning.layout, meaning.layout.root.clause
        child = layout.children[number]
        columns = [
            root.c[layout.mapping.version_column],
            layout.key.within(root),
            *(place.within(child.clause) for place in child.places),
        ]
        source = root.outerjoin(child.clause, _owned(layout, child, root))
        return meaning.rows(columns, source)

    return build


class _Children(dict[int, Callable[[Meaning], Rows]]):
    def __missing__(self, number: int) -> Callable[[Meaning], Rows]:
        made = self[number] = _child(number)
        return made


_CHILDREN = _Children()


def _count(meaning: Meaning) -> Rows:
    return meaning.any_rows(sa.func.count())


def _exists(meaning: Meaning) -> Rows:
    return meaning.any_rows(sa.literal_column("1")).limit(1)


def _versions(meaning: Meaning) -> Rows:
    layout, root = meaning.layout, meaning.layout.root.clause
    return meaning.rows(
        [root.c[layout.mapping.version_column], layout.key.within(root)]
    )


def _grouped(layout: Layout, rows: Sequence[Any]) -> list[Record]:
    child, width = layout.children[0], 1 + len(layout.root.places)
    owned: dict[Any, list[Any]] = {}
    first: dict[Any, Any] = {}
    for row in rows:
        first.setdefault(row[1], row[:width])
        owned.setdefault(row[1], []).append(row[width:])
    return [
        _record(layout, row, [_child_rows(layout, child, owned[raw], raw)])
        for raw, row in first.items()
    ]


def _child_rows(
    layout: Layout, sheet: Sheet, stored: Iterable[Any], key: Any
) -> tuple[Row, ...]:
    """Decode rows of one aggregate; a row of an outer join without a child is none."""
    rows = [sheet.decode(row, layout.key, key) for row in stored if row[0] is not None]
    rows.sort(key=lambda row: row[: sheet.key_size])
    return tuple(rows)


def _record(
    layout: Layout, row: Sequence[Any], children: list[tuple[Row, ...]]
) -> Record:
    root = layout.root.decode(row[1:], layout.key, row[1])
    version = row[0]
    if type(version) is not int:
        column, rule = layout.mapping.version_column, "It must be a whole number."
        raise StoredValueError(layout.root.table.name, column, root[0], version, rule)
    return Record(root[0], version, ((root,), *children))
