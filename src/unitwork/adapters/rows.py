"""Committed rows in memory, with the checks that a database makes.

For storages that keep everything at hand: the in-memory one, and whatever writes a log
and replays it. No I/O, no waiting: between two awaits of its user nothing changes.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from unitwork.adapters.mapping.description import (
    AggregateMapping,
    Reference,
    Row,
    Unique,
    with_key,
)
from unitwork.adapters.querying import answer, matching
from unitwork.adapters.storage import (
    ChangeSet,
    CountRead,
    Delete,
    Insert,
    KeyRead,
    Query,
    Read,
    Record,
    Write,
    changed_since,
)
from unitwork.domain.constraint_errors import (
    ReferenceViolationError,
    UniqueViolationError,
)
from unitwork.domain.errors import ConcurrencyConflictError

_GONE = object()
Records = dict[Any, Record]
Target = tuple[type, Any]
Snapshot = dict[tuple[AggregateMapping, Any], Record | None]
"""What a snapshot saw under the keys that were written after it was taken."""


class Rows:
    """Hold the rows of every class. Cost of a commit: only what it touches."""

    def __init__(self, mappings: Iterable[AggregateMapping]) -> None:
        """Begin empty."""
        self._mappings = {mapping.aggregate: mapping for mapping in mappings}
        self._records: dict[AggregateMapping, Records] = {
            mapping: {} for mapping in self._mappings.values()
        }
        self._taken: dict[Unique, dict[tuple[Any, ...], Any]] = {
            unique: {} for mapping in self._records for unique in mapping.uniques
        }
        self._targets = {r.target for m in self._records for r in m.references}
        self._referred: dict[Target, int] = {}
        self._last_key: dict[AggregateMapping, int] = {}
        self._snapshots: list[Snapshot] = []
        self._journal: list[tuple[dict[Any, Any], Any, Any]] = []

    # ── reading ─────────────────────────────────────────────────────────────

    def open_snapshot(self) -> Snapshot:
        """Return a view of the rows as they are now, until `close_snapshot`."""
        snapshot: Snapshot = {}
        self._snapshots.append(snapshot)
        return snapshot

    def close_snapshot(self, snapshot: Snapshot) -> None:
        """Stop keeping a view."""
        self._snapshots = [kept for kept in self._snapshots if kept is not snapshot]

    def find(
        self, mapping: AggregateMapping, key: Any, view: Snapshot | None = None
    ) -> Record | None:
        """Return the record of a key, as a view or the present has it."""
        if view is not None and (mapping, key) in view:
            return view[mapping, key]
        return self._records[mapping].get(key)

    def records(
        self, mapping: AggregateMapping, view: Snapshot | None = None
    ) -> Iterator[Record]:
        """Go through all records of a class, as a view or the present has them."""
        if not view:
            yield from self._records[mapping].values()
            return
        seen = {key for owner, key in view if owner is mapping}
        for key, record in self._records[mapping].items():
            if key not in seen:
                yield record
        for key in seen:
            record_then = view[mapping, key]
            if record_then is not None:
                yield record_then

    def scan(self, query: Query, view: Snapshot | None = None) -> list[Record]:
        """Return what a query means, in its order. Cost: a look at every row."""
        return answer(query, self.records(query.mapping, view))

    def count(self, query: Query, view: Snapshot | None = None) -> int:
        """Count what a query means, up to its limit. Cost: a look at every row."""
        found = matching(query, self.records(query.mapping, view))
        return sum(1 for _ in islice(found, query.limit))

    def exists(self, query: Query, view: Snapshot | None = None) -> bool:
        """Tell whether a query means anything. Cost: a look at rows up to the first."""
        found = matching(query, self.records(query.mapping, view))
        return next(found, None) is not None

    def check(self, read: Read) -> None:
        """Read again what a serializable unit read; compare. Contract: 18.

        Raises:
            ConcurrencyConflictError: the present has another answer.
        """
        if isinstance(read, KeyRead):
            records = [self.find(read.mapping, key) for key, _ in read.found]
            versions = [record and record.version for record in records]
            same = versions == [version for _, version in read.found]
        elif isinstance(read, CountRead):
            same = self.count(read.query) == read.found
        else:
            found = self.scan(read.query)
            same = tuple((r.key, r.version) for r in found) == read.found
        if not same:
            raise changed_since(read)

    # ── writing ─────────────────────────────────────────────────────────────

    def apply(
        self,
        changes: ChangeSet,
        keep: Callable[[dict[int, Any]], None] | None = None,
    ) -> dict[int, Any]:
        """Write all, or raise and write nothing. Contract: 25, 26.

        Args:
            changes: what to write; its `reads` are for `check`.
            keep: makes it durable, given the keys that were made. It is called when
                every check has passed; if it raises, nothing is written.

        Returns:
            The keys that were made, by position among the writes.

        Raises:
            ConcurrencyConflictError: a version is another one, or a row is gone.
            UniqueViolationError: a unique value, or a key, is taken.
            ReferenceViolationError: a row refers to nothing, or is still referred to.
        """
        for write in changes.guards:
            record = self._records[write.mapping].get(write.key)
            if record is None or record.version != write.version:
                raise ConcurrencyConflictError(write.mapping.aggregate, write.key)
        try:
            made = self._write_all(changes)
            if keep is not None:
                keep(made)
        except BaseException:
            for table, key, before in reversed(self._journal):
                _put(table, key, before)
            raise
        finally:
            self._journal.clear()
        return made

    def _write_all(self, changes: ChangeSet) -> dict[int, Any]:
        """Write in order, checking after each as a database does."""
        made = {}
        for number, write in enumerate(changes.writes):
            after = None if isinstance(write, Delete) else write.after
            key = write.key
            if after is not None and key is None:
                key = made[number] = self._next_key(write.mapping)
                after = with_key(after, key)
            record = None if after is None else Record(key, changes.token, after)
            self._write(write, key, record)
        return made

    def _write(self, write: Write, key: Any, after: Record | None) -> None:
        mapping = write.mapping
        records = self._records[mapping]
        before = records.get(key)
        if before is not None and isinstance(write, Insert):
            raise UniqueViolationError(mapping.aggregate, (mapping.key_attribute,))
        for unique in mapping.uniques:
            self._take(mapping, unique, _values(unique, before), after)
        for snapshot in self._snapshots:
            if (mapping, key) not in snapshot:
                self._set(snapshot, (mapping, key), before)
        self._journal.append((records, key, _GONE if before is None else before))
        if after is None:
            records.pop(key, None)
        else:
            records[key] = after
        if mapping.references or mapping.aggregate in self._targets:
            self._refer(mapping, before, after)
            target = (mapping.aggregate, key)
            if after is None and self._referred.get(target):
                raise self._still_referred(target)

    def _next_key(self, mapping: AggregateMapping) -> int:
        key = self._last_key.get(mapping)
        if key is None:
            key = max(self._records[mapping], default=0)
        key += 1
        self._last_key[mapping] = key  # like a sequence, not undone
        return key

    def _take(
        self,
        mapping: AggregateMapping,
        unique: Unique,
        old: Row | None,
        after: Record | None,
    ) -> None:
        new, taken = _values(unique, after), self._taken[unique]
        if old == new:
            return
        if new is not None and new in taken:
            raise UniqueViolationError(mapping.aggregate, unique.fields, unique.name)
        if old is not None:
            self._set(taken, old, _GONE)
        if new is not None and after is not None:
            self._set(taken, new, after.key)

    def _refer(
        self, mapping: AggregateMapping, before: Record | None, after: Record | None
    ) -> None:
        for _, target in _referred(mapping, before):
            self._set(self._referred, target, self._referred.get(target, 0) - 1)
        for reference, target in _referred(mapping, after):
            if target[1] not in self._records[self._mappings[target[0]]]:
                raise _violation(mapping, reference, target)
            self._set(self._referred, target, self._referred.get(target, 0) + 1)

    def _still_referred(self, target: Target) -> ReferenceViolationError:
        """Name who refers to a target. Cost: a look at every row, when refused."""
        return next(
            _violation(mapping, reference, target)
            for mapping, records in self._records.items()
            for record in records.values()
            for reference, found in _referred(mapping, record)
            if found == target
        )

    def _set(self, table: dict[Any, Any], key: Any, value: Any) -> None:
        self._journal.append((table, key, table.get(key, _GONE)))
        _put(table, key, value)


def _put(table: dict[Any, Any], key: Any, value: Any) -> None:
    if value is _GONE:
        table.pop(key, None)
    else:
        table[key] = value


def _violation(
    mapping: AggregateMapping, reference: Reference, target: Target
) -> ReferenceViolationError:
    return ReferenceViolationError(
        mapping.aggregate, reference.fields, reference.name, *target
    )


def _values(unique: Unique, record: Record | None) -> Row | None:
    if record is None:
        return None
    row = record.state[0][0]
    values = tuple(row[column] for column in unique.columns)
    return None if None in values else values


def _referred(
    mapping: AggregateMapping, record: Record | None
) -> Iterator[tuple[Reference, Target]]:
    state = () if record is None else record.state
    for reference in mapping.references if state else ():
        for row in state[reference.table]:
            if row[reference.column] is not None:
                yield reference, (reference.target, row[reference.column])
