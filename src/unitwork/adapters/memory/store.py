"""Committed rows, with the checks that a database makes. No I/O, no waiting."""

from collections.abc import Iterable, Iterator
from typing import Any

from unitwork.adapters.mapping.description import (
    AggregateMapping,
    Reference,
    Row,
    State,
    Unique,
    with_key,
)
from unitwork.adapters.storage import ChangeSet, Delete, Insert, Record, Write
from unitwork.domain.errors import (
    ConcurrencyConflictError,
    ReferenceViolationError,
    UniqueViolationError,
)

_GONE = object()
Records = dict[Any, Record]
Target = tuple[type, Any]
Overlay = dict[tuple[AggregateMapping, Any], Record | None]
"""What a snapshot saw under the keys that were written after it was taken."""


class Store:
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
        self._overlays: list[Overlay] = []
        self._journal: list[tuple[dict[Any, Any], Any, Any]] = []

    # ── reading ─────────────────────────────────────────────────────────────

    def open_snapshot(self) -> Overlay:
        """Return a view of the rows as they are now, until `close_snapshot`."""
        overlay: Overlay = {}
        self._overlays.append(overlay)
        return overlay

    def close_snapshot(self, overlay: Overlay) -> None:
        """Stop keeping a view."""
        self._overlays = [kept for kept in self._overlays if kept is not overlay]

    def find(
        self, mapping: AggregateMapping, key: Any, view: Overlay | None = None
    ) -> Record | None:
        """Return the record of a key, as a view or the present has it."""
        if view is not None and (mapping, key) in view:
            return view[mapping, key]
        return self._records[mapping].get(key)

    def records(
        self, mapping: AggregateMapping, view: Overlay | None = None
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

    # ── writing ─────────────────────────────────────────────────────────────

    def apply(self, changes: ChangeSet) -> dict[int, Any]:
        """Write all, or raise and write nothing. Contract: 25, 26."""
        for write in changes.guards:
            record = self._records[write.mapping].get(write.key)
            if record is None or record.version != write.version:
                raise ConcurrencyConflictError(write.mapping.aggregate, write.key)
        try:
            return self._write_all(changes)
        except BaseException:
            for table, key, before in reversed(self._journal):
                _put(table, key, before)
            raise
        finally:
            self._journal.clear()

    def _write_all(self, changes: ChangeSet) -> dict[int, Any]:
        """Write in order, checking after each as a database does."""
        made = {}
        for number, write in enumerate(changes.writes):
            after, key = _after(write), write.key
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
        for overlay in self._overlays:
            if (mapping, key) not in overlay:
                self._set(overlay, (mapping, key), before)
        self._set(records, key, _GONE if after is None else after)
        if mapping.references or mapping.aggregate in self._targets:
            self._refer(mapping, before, after)
            target = (mapping.aggregate, key)
            if after is None and self._referred.get(target):
                raise self._still_referred(target)

    def _next_key(self, mapping: AggregateMapping) -> int:
        key = self._last_key.get(mapping, 0) + 1
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


def _after(write: Write) -> State | None:
    return None if isinstance(write, Delete) else write.after


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
