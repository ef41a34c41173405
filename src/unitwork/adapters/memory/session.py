"""What one unit sees of the in-memory storage."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from unitwork.adapters.locks import Locks
from unitwork.adapters.mapping.description import AggregateMapping
from unitwork.adapters.rows import Rows, Snapshot
from unitwork.adapters.storage import (
    AbstractStorageSession,
    ChangeSet,
    Query,
    Record,
    UnitOptions,
)
from unitwork.domain.errors import ConcurrencyConflictError


class InMemorySession(AbstractStorageSession):
    """Read committed rows, or those of a snapshot; apply atomically."""

    def __init__(
        self, rows: Rows, locks: Locks, options: UnitOptions, *, yielding: bool
    ) -> None:
        """Read nothing yet; `yielding` lets other tasks run at every call."""
        self._rows = rows
        self._locks = locks
        self._snapshots = not options.reads_latest
        self._view: Snapshot | None = None
        self._yielding = yielding

    async def load(
        self, mapping: AggregateMapping, keys: Sequence[Any]
    ) -> list[Record]:
        """Look the keys up. Cost: one look-up each."""
        if self._yielding:
            await asyncio.sleep(0)
        if self._snapshots:
            self._begin()
        found: list[Record] = []
        for key in keys:
            record = self._rows.find(mapping, key, self._view)
            if record is not None:
                found.append(record)
        return found

    async def scan(self, query: Query) -> list[Record]:
        """Go through all rows of the class, sort what matches, and cut."""
        await self._step()
        return self._rows.scan(query, self._view)

    async def count(self, query: Query) -> int:
        """Go through all rows of the class."""
        await self._step()
        return self._rows.count(query, self._view)

    async def exists(self, query: Query) -> bool:
        """Go through the rows of the class until one matches."""
        await self._step()
        return self._rows.exists(query, self._view)

    async def lock(self, mapping: AggregateMapping, key: Any) -> Record | None:
        """Wait until nobody else has the key; read what is then committed."""
        if self._yielding:
            await asyncio.sleep(0)
        await self._locks.acquire((mapping, key), self)
        self._begin()
        latest = self._rows.find(mapping, key)
        if latest is not self._rows.find(mapping, key, self._view):
            raise ConcurrencyConflictError(mapping.aggregate, key)
        return latest

    async def apply(self, changes: ChangeSet) -> Mapping[int, Any]:
        """Wait for locks of others, read again what must be, and write at once."""
        if self._yielding:
            await asyncio.sleep(0)
        try:
            if self._locks.owners:
                await self._wait_for_locks(changes)
            if self._view is not None:
                self._end(self._view)
            for read in changes.reads:
                self._rows.check(read)
            return self._rows.apply(changes)
        finally:
            if self._locks.owners:
                self._locks.release(self)

    async def _wait_for_locks(self, changes: ChangeSet) -> None:
        """Wait for all at once: keep others from what was free when it began."""
        keys = [(write.mapping, write.key) for write in changes.guards]
        if any(self._locks.held_by_another(key, self) for key in keys):
            for key in keys:
                await self._locks.acquire(key, self)

    async def close(self) -> None:
        """Give back the snapshot and the locks."""
        if self._view is not None:
            self._end(self._view)
        if self._locks.owners:
            self._locks.release(self)

    async def _step(self) -> None:
        if self._yielding:
            await asyncio.sleep(0)
        self._begin()

    def _begin(self) -> None:
        if self._snapshots and self._view is None:
            self._view = self._rows.open_snapshot()

    def _end(self, view: Snapshot) -> None:
        self._rows.close_snapshot(view)
        self._view = None
