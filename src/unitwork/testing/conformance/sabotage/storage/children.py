"""What becomes of an aggregate's children, and of columns among others."""

from collections.abc import Sequence
from typing import Any

import attrs

from unitwork.adapters.mapping.description import AggregateMapping, Row, State
from unitwork.adapters.storage import ChangeSet, Insert, Query, Record, Update, Write
from unitwork.testing.conformance.sabotage.bug import Wrong
from unitwork.testing.passing import Keys


class _Rewriting(Wrong):
    """Writes other states."""

    async def apply(self, changes: ChangeSet) -> Keys:
        return await self.write(changes, *map(self._written, changes.writes))

    def _written(self, write: Write) -> Write:
        if isinstance(write, Update):
            return attrs.evolve(write, after=self.updated(write, write.after))
        if isinstance(write, Insert):
            return attrs.evolve(write, after=self.inserted(write.mapping, write.after))
        return write

    def updated(self, write: Update, after: State) -> State:
        del write
        return after

    def inserted(self, mapping: AggregateMapping, after: State) -> State:
        del mapping
        return after


def _keyed(
    mapping: AggregateMapping, table: int, rows: Sequence[Row]
) -> dict[Any, Row]:
    size = mapping.tables[table].key_size
    return {row[:size]: row for row in rows}


class _Children(_Rewriting):
    """Updates the rows of each child table wrongly."""

    def updated(self, write: Update, after: State) -> State:
        tables = [after[0]]
        for table in range(1, len(after)):
            before = _keyed(write.mapping, table, write.before[table])
            wanted = _keyed(write.mapping, table, after[table])
            tables.append(tuple(self.merged(before, wanted).values()))
        return tuple(tables)

    def merged(self, before: dict[Any, Row], wanted: dict[Any, Row]) -> dict[Any, Row]:
        del before
        return wanted


class ChildrenAreNotInserted(_Rewriting):
    """Stores a new aggregate without its children."""

    def inserted(self, mapping: AggregateMapping, after: State) -> State:
        del mapping
        return (after[0], *(() for _ in after[1:]))


class OnlyTheFirstChildTableIsInserted(_Rewriting):
    """Stores a new aggregate with the children of the first kind."""

    def inserted(self, mapping: AggregateMapping, after: State) -> State:
        del mapping
        return (*after[:2], *(() for _ in after[2:]))


class OneChildIsInserted(_Rewriting):
    """Stores the first child of each kind."""

    def inserted(self, mapping: AggregateMapping, after: State) -> State:
        del mapping
        return (after[0], *(rows[:1] for rows in after[1:]))


class ChildrenAreNotUpdated(_Children):
    """Leaves the children as they were."""

    def merged(self, before: dict[Any, Row], wanted: dict[Any, Row]) -> dict[Any, Row]:
        del wanted
        return before


class NewChildrenAreForgotten(_Children):
    """Updates the children that there were."""

    def merged(self, before: dict[Any, Row], wanted: dict[Any, Row]) -> dict[Any, Row]:
        return {key: row for key, row in wanted.items() if key in before}


class DroppedChildrenStay(_Children):
    """Deletes no children."""

    def merged(self, before: dict[Any, Row], wanted: dict[Any, Row]) -> dict[Any, Row]:
        return before | wanted


class ChangedChildrenStay(_Children):
    """Inserts and deletes children, and updates none."""

    def merged(self, before: dict[Any, Row], wanted: dict[Any, Row]) -> dict[Any, Row]:
        return {key: before.get(key, row) for key, row in wanted.items()}


class ChildrenAreLookedAtByNumber(_Children):
    """Writes children if there are more of them, or fewer."""

    def merged(self, before: dict[Any, Row], wanted: dict[Any, Row]) -> dict[Any, Row]:
        return before if len(before) == len(wanted) else wanted


class OneChildIsDropped(_Children):
    """Deletes the first of several children that are gone."""

    def merged(self, before: dict[Any, Row], wanted: dict[Any, Row]) -> dict[Any, Row]:
        gone = [key for key in before if key not in wanted]
        return {key: before[key] for key in gone[1:]} | wanted


class ChildrenCannotBecomeNone(_Children):
    """Empties no column of a child."""

    def merged(self, before: dict[Any, Row], wanted: dict[Any, Row]) -> dict[Any, Row]:
        return {key: _filled(before.get(key), row) for key, row in wanted.items()}


class OnlyChildrenMakeNoUpdate(_Rewriting):
    """Writes children only with a change of the root."""

    def updated(self, write: Update, after: State) -> State:
        return write.before if write.before[0] == after[0] else after


class OnlyTheRootMakesNoUpdate(_Rewriting):
    """Writes the root only with a change of children."""

    def updated(self, write: Update, after: State) -> State:
        return write.before if write.before[1:] == after[1:] else after


class TheSecondChildTableIsForgotten(_Rewriting):
    """Updates the children of the first kind."""

    def updated(self, write: Update, after: State) -> State:
        return (*after[:2], *write.before[2:])


class TheLastColumnIsNotUpdated(_Rewriting):
    """Leaves the last column of the root as it was."""

    def updated(self, write: Update, after: State) -> State:
        return (((*after[0][0][:-1], write.before[0][0][-1]),), *after[1:])


class TheSecondColumnIsNotUpdated(_Rewriting):
    """Leaves the first column after the key as it was."""

    def updated(self, write: Update, after: State) -> State:
        row = after[0][0]
        return (((row[0], *write.before[0][0][1:2], *row[2:]),), *after[1:])


class ColumnsCannotBecomeNone(_Rewriting):
    """Empties no column of the root."""

    def updated(self, write: Update, after: State) -> State:
        return ((_filled(write.before[0][0], after[0][0]),), *after[1:])


class OneColumnIsUpdated(_Rewriting):
    """Writes the first of the root's changed columns."""

    def updated(self, write: Update, after: State) -> State:
        old, row = list(write.before[0][0]), after[0][0]
        for column, value in enumerate(row):
            if old[column] != value:
                old[column] = value
                break
        return ((tuple(old),), *after[1:])


class _Rereading(Wrong):
    """Reads other states."""

    async def load(
        self, mapping: AggregateMapping, keys: Sequence[Any]
    ) -> list[Record]:
        return [self._read(one) for one in await super().load(mapping, keys)]

    async def scan(self, query: Query) -> list[Record]:
        return [self._read(one) for one in await super().scan(query)]

    def _read(self, record: Record) -> Record:
        state = record.state
        children = (self.rows(rows) for rows in state[1:])
        return attrs.evolve(record, state=(state[0], *children))

    def rows(self, rows: tuple[Row, ...]) -> tuple[Row, ...]:
        raise NotImplementedError


class ChildrenAreReadInTurn(_Rereading):
    """Reads children the last one first."""

    def rows(self, rows: tuple[Row, ...]) -> tuple[Row, ...]:
        return rows[::-1]


class TheLastChildIsNotRead(_Rereading):
    """Reads all children but the last of several."""

    def rows(self, rows: tuple[Row, ...]) -> tuple[Row, ...]:
        return rows[:-1] if len(rows) > 1 else rows


class ChildrenAreReadTwice(_Rereading):
    """Reads each child as often as there are children, as a double join does."""

    def rows(self, rows: tuple[Row, ...]) -> tuple[Row, ...]:
        return rows * len(rows)


class ChildrenAreNotScanned(Wrong):
    """Leaves out the children of what a query finds."""

    async def scan(self, query: Query) -> list[Record]:
        return [_childless(record) for record in await super().scan(query)]


class ChildrenAreNotLocked(Wrong):
    """Leaves out the children of what is read with a lock."""

    async def lock(self, mapping: AggregateMapping, key: Any) -> Record | None:
        found = await super().lock(mapping, key)
        return found and _childless(found)


class ChildrenOfTheFirstOnly(Wrong):
    """Reads, of several aggregates, the children of the first."""

    async def scan(self, query: Query) -> list[Record]:
        found = await super().scan(query)
        return [*found[:1], *map(_childless, found[1:])]


class ChildrenOfTheDeadComeBack(Wrong):
    """Leaves children where they are when their root is removed."""

    async def apply(self, changes: ChangeSet) -> Keys:
        writes = [self._haunted(write) for write in changes.writes]
        made = await self.write(changes, *writes)
        for write in changes.writes:
            if not isinstance(write, Insert | Update):
                self.kept[write.mapping, write.key] = write.before
        return made

    def _haunted(self, write: Write) -> Write:
        left = self.kept.get((write.mapping, write.key))
        if left is None or not isinstance(write, Insert):
            return write
        tables = [write.after[0]]
        for number in range(1, len(left)):
            found = _keyed(write.mapping, number, left[number])
            found |= _keyed(write.mapping, number, write.after[number])
            tables.append(tuple(found.values()))
        return attrs.evolve(write, after=tuple(tables))


def _filled(before: Row | None, row: Row) -> Row:
    if before is None:
        return row
    return tuple(o if v is None else v for o, v in zip(before, row, strict=True))


def _childless(record: Record) -> Record:
    return attrs.evolve(
        record, state=(record.state[0], *(() for _ in record.state[1:]))
    )
