"""What a unit sees: its own objects first, storage for all other keys. Contract: 20."""

from collections.abc import Collection, Iterable
from typing import Any

import attrs

from unitwork.adapters.mapping.criterion import EVERYTHING, Criterion
from unitwork.adapters.mapping.description import AggregateMapping, Row, SortTerm
from unitwork.adapters.mapping.loading import Unreadable
from unitwork.adapters.mapping.predicate import arrange, comes_after, predicate
from unitwork.adapters.ownership import Ownership
from unitwork.adapters.storage import (
    AbstractStorageSession,
    CountRead,
    KeyRead,
    Query,
    QueryRead,
    Read,
    Record,
)
from unitwork.adapters.tracking import Entry, IdentityMap
from unitwork.domain.errors import ConcurrencyConflictError, StoredValueError


class Reading:
    """Read through the identity map, for one open unit."""

    __slots__ = (
        "_entries",
        "_logged",
        "_ownership",
        "_session",
        "begun",
        "locked",
        "log",
    )

    def __init__(
        self,
        entries: IdentityMap,
        session: AbstractStorageSession,
        ownership: Ownership,
        *,
        logged: bool,
    ) -> None:
        """Begin with nothing read; `logged` keeps what a serializable unit read."""
        self._entries = entries
        self._session = session
        self._ownership = ownership
        self._logged = logged
        self.log: list[Read] = []
        self.begun = False
        """Whether anything has been read from storage without a lock."""
        self.locked = False
        """Whether a lock was asked for, which the commit gives back."""

    async def find(self, mapping: AggregateMapping, key: Any) -> Entry | None:
        """Return the live entry of a canonical key, from storage if it is not held."""
        entry = self._entries.find(mapping, key)
        if entry is not None:
            return None if entry.removed else entry
        with self._ownership:
            self.begun = True
            records = await self._session.load(mapping, (key,))
        if self._logged:
            found = tuple((r.key, r.version) for r in records) or ((key, None),)
            self.log.append(KeyRead(mapping, found))
        if not records:
            return None
        entry = _entry(mapping, records[0])
        self._entries.put(entry)
        return entry

    async def lock(self, mapping: AggregateMapping, key: Any) -> Entry | None:
        """Like `find`, and keep other writers out. Contract: 21.

        Raises:
            ConcurrencyConflictError: it was loaded before, at another version.
        """
        entry = self._entries.find(mapping, key)
        if entry is not None and entry.stored is None:
            return entry
        with self._ownership:
            self.locked = True
            record = await self._session.lock(mapping, key)
        if self._logged:
            found = (key, None if record is None else record.version)
            self.log.append(KeyRead(mapping, (found,)))
        if entry is None:
            return None if record is None else self._take(mapping, record)
        if record is None or record.version != entry.version:
            raise ConcurrencyConflictError(mapping.aggregate, key)
        return None if entry.removed else entry

    async def select(self, query: Query, seen: Collection[Entry] = ()) -> list[Entry]:
        """Return the live entries that a query means, in its order.

        Args:
            query: what is meant; its `excluding` is set here.
            seen: entries without a key that earlier chunks had: they are told apart
                by nothing else when the chunk's end has the same values.

        Cost: one read of storage; a comparison for each aggregate of the class held.
        """
        own = self._own(query, seen)
        asked = attrs.evolve(query, excluding=self._entries.keys(query.mapping))
        if own and query.limit is not None:
            asked = attrs.evolve(asked, limit=query.limit + query.offset)
        if own:
            asked = attrs.evolve(asked, offset=0)
        with self._ownership:
            self.begun = True
            records = await self._session.scan(asked)
        if self._logged:
            found = tuple((record.key, record.version) for record in records)
            self.log.append(QueryRead(asked, found))
        loaded = given = [_entry(query.mapping, record) for record in records]
        if own:
            given = _cut([*loaded, *own], query)
            kept = set(given)
            loaded = [entry for entry in loaded if entry in kept]
        for entry in loaded:
            self._entries.put(entry)
        return given

    async def count(
        self, mapping: AggregateMapping, criterion: Criterion = EVERYTHING
    ) -> int:
        """Count what a criterion means."""
        query = self._counting(mapping, criterion)
        own = len(self._own(query))
        with self._ownership:
            self.begun = True
            stored = await self._session.count(query)
        if self._logged:
            self.log.append(CountRead(query, stored))
        return stored + own

    async def exists(self, mapping: AggregateMapping, criterion: Criterion) -> bool:
        """Tell whether a criterion means anything."""
        query = self._counting(mapping, criterion)
        if self._own(query):
            return True
        with self._ownership:
            self.begun = True
            stored = await self._session.exists(query)
        if self._logged:
            self.log.append(CountRead(attrs.evolve(query, limit=1), int(stored)))
        return stored

    async def known(
        self, mapping: AggregateMapping, keys: Iterable[Any]
    ) -> list[Entry]:
        """Return live entries for keys that raw SQL selected, in their order."""
        wanted = list(dict.fromkeys(keys))
        missing = [k for k in wanted if self._entries.find(mapping, k) is None]
        if missing:
            with self._ownership:
                self.begun = True
                for record in await self._session.load(mapping, missing):
                    self._take(mapping, record)
        found = (self._entries.find(mapping, key) for key in wanted)
        return [entry for entry in found if entry is not None and not entry.removed]

    def _counting(self, mapping: AggregateMapping, criterion: Criterion) -> Query:
        return Query(mapping, criterion, excluding=self._entries.keys(mapping))

    def _own(self, query: Query, seen: Collection[Entry] = ()) -> list[Entry]:
        """Return the held entries that match, in no order."""
        matches, order, after = predicate(query.criterion), query.order, query.after
        own = []
        for entry in self._entries.of(query.mapping):
            if entry.removed or not matches(row := entry.row):
                continue
            if (
                after is None
                or comes_after(row, order, after)
                or (
                    entry.key is None
                    and entry not in seen
                    and values_at(row, order) == after
                )
            ):
                own.append(entry)
        return own

    def _take(self, mapping: AggregateMapping, record: Record) -> Entry:
        entry = _entry(mapping, record)
        self._entries.put(entry)
        return entry


def _entry(mapping: AggregateMapping, record: Record) -> Entry:
    try:
        return Entry.of(mapping, record)
    except Unreadable as bad:
        raise StoredValueError(
            bad.table, bad.column, record.key, bad.value, bad.rule
        ) from bad


def values_at(row: Row, order: tuple[SortTerm, ...]) -> tuple[Any, ...]:
    """Return where a row stands in an order: what `Query.after` takes."""
    return tuple(row[term.column] for term in order)


def _cut(entries: list[Entry], query: Query) -> list[Entry]:
    rows = [(entry.row, entry) for entry in entries]
    arranged = arrange(rows, query.order, lambda item: item[0])
    end = None if query.limit is None else query.offset + query.limit
    return [entry for _, entry in arranged[query.offset : end]]
