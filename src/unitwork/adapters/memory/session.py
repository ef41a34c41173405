"""What one unit sees of the in-memory storage."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from unitwork.adapters.mapping.description import AggregateMapping, Row
from unitwork.adapters.mapping.predicate import arrange, comes_after, predicate
from unitwork.adapters.memory.locks import Locks
from unitwork.adapters.memory.store import Overlay, Store
from unitwork.adapters.storage import (
    AbstractStorageSession,
    ChangeSet,
    CountRead,
    Isolation,
    KeyRead,
    Query,
    Read,
    Record,
    UnitOptions,
    changed_since,
)
from unitwork.domain.errors import ConcurrencyConflictError


class InMemorySession(AbstractStorageSession):
    """Read committed rows, or those of a snapshot; apply atomically."""

    def __init__(
        self, store: Store, locks: Locks, options: UnitOptions, *, yielding: bool
    ) -> None:
        """Read nothing yet; `yielding` lets other tasks run at every call."""
        self._store = store
        self._locks = locks
        self._snapshots = options.isolation is not Isolation.READ_COMMITTED
        self._view: Overlay | None = None
        self._yielding = yielding

    async def load(
        self, mapping: AggregateMapping, keys: Sequence[Any]
    ) -> list[Record]:
        """Look the keys up. Cost: one look-up each."""
        await self._step()
        found = (self._store.find(mapping, key, self._view) for key in keys)
        return [record for record in found if record is not None]

    async def scan(self, query: Query) -> list[Record]:
        """Go through all rows of the class, sort what matches, and cut."""
        await self._step()
        return self._scan(query, self._view)

    async def count(self, query: Query) -> int:
        """Go through all rows of the class."""
        await self._step()
        return sum(1 for _ in self._matching(query, self._view))

    async def exists(self, query: Query) -> bool:
        """Go through the rows of the class until one matches."""
        await self._step()
        return next(self._matching(query, self._view), None) is not None

    async def lock(self, mapping: AggregateMapping, key: Any) -> Record | None:
        """Wait until nobody else has the key; read what is then committed."""
        if self._yielding:
            await asyncio.sleep(0)
        await self._locks.acquire((mapping, key), self)
        self._begin()
        latest = self._store.find(mapping, key)
        if latest is not self._store.find(mapping, key, self._view):
            raise ConcurrencyConflictError(mapping.aggregate, key)
        return latest

    async def apply(self, changes: ChangeSet) -> Mapping[int, Any]:
        """Wait for locks of others, read again what must be, and write at once."""
        if self._yielding:
            await asyncio.sleep(0)
        try:
            for write in changes.guards:
                if self._locks.held_by_another((write.mapping, write.key), self):
                    await self._lock_all(changes)
                    break
            self._end()
            for read in changes.reads:
                self._check(read)
            return self._store.apply(changes)
        finally:
            self._locks.release(self)

    async def _lock_all(self, changes: ChangeSet) -> None:
        """Keep others from what was free when this unit began to wait."""
        for write in changes.guards:
            await self._locks.acquire((write.mapping, write.key), self)

    async def close(self) -> None:
        """Give back the snapshot and the locks."""
        self._end()
        self._locks.release(self)

    async def _step(self) -> None:
        if self._yielding:
            await asyncio.sleep(0)
        self._begin()

    def _begin(self) -> None:
        if self._snapshots and self._view is None:
            self._view = self._store.open_snapshot()

    def _end(self) -> None:
        if self._view is not None:
            self._store.close_snapshot(self._view)
            self._view = None

    def _scan(self, query: Query, view: Overlay | None) -> list[Record]:
        found = arrange(self._matching(query, view), query.order, _row)
        end = None if query.limit is None else query.offset + query.limit
        return found[query.offset : end]

    def _matching(self, query: Query, view: Overlay | None) -> Iterator[Record]:
        matches, order, after = predicate(query.criterion), query.order, query.after
        excluded = frozenset(query.excluding)
        for record in self._store.records(query.mapping, view):
            row = _row(record)
            if (
                record.key not in excluded
                and matches(row)
                and (after is None or comes_after(row, order, after))
            ):
                yield record

    def _check(self, read: Read) -> None:
        """Read again; the answer must be the one that the unit was given."""
        if isinstance(read, KeyRead):
            records = [self._store.find(read.mapping, key) for key, _ in read.found]
            versions = [record and record.version for record in records]
            same = versions == [version for _, version in read.found]
        elif isinstance(read, CountRead):
            matching = self._matching(read.query, None)
            counted = sum(1 for _ in islice(matching, read.query.limit))
            same = counted == read.found
        else:
            found = self._scan(read.query, None)
            same = tuple((r.key, r.version) for r in found) == read.found
        if not same:
            raise changed_since(read)


def _row(record: Record) -> Row:
    return record.state[0][0]
