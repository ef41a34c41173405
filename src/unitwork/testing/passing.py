"""A session that stands before another one, and passes every call on."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import attrs

from unitwork.adapters.mapping.description import AggregateMapping
from unitwork.adapters.storage import (
    AbstractDatabase,
    AbstractStorageSession,
    ChangeSet,
    Delete,
    Interposer,
    Query,
    Record,
    Update,
)
from unitwork.domain.errors import PersistenceError

T = TypeVar("T")
Keys = Mapping[int, Any]


@contextmanager
def interposed(database: AbstractDatabase, interposer: Interposer) -> Iterator[None]:
    """Let an interposer stand before the sessions of units opened in the block."""
    database.interposers = (*database.interposers, interposer)
    try:
        yield
    finally:
        left = (other for other in database.interposers if other is not interposer)
        database.interposers = tuple(left)


def renewed(write: Update | Delete, record: Record) -> Update | Delete:
    """Return the write as if it had been made of what a record says."""
    return attrs.evolve(write, version=record.version, before=record.state)


class PassingSession(AbstractStorageSession):
    """Derive from it to watch, or to disturb, what passes the storage port.

    Source: Decorator (Gamma et al.).
    """

    def __init__(self, inner: AbstractStorageSession) -> None:
        """Stand before `inner`."""
        self._inner = inner

    async def reading(self, call: Callable[[], Awaitable[T]]) -> T:
        """Make a call that reads; all of them come by here."""
        return await call()

    async def load(
        self, mapping: AggregateMapping, keys: Sequence[Any]
    ) -> list[Record]:
        """Pass it on."""
        return await self.reading(lambda: self._inner.load(mapping, keys))

    async def scan(self, query: Query) -> list[Record]:
        """Pass it on."""
        return await self.reading(lambda: self._inner.scan(query))

    async def count(self, query: Query) -> int:
        """Pass it on."""
        return await self.reading(lambda: self._inner.count(query))

    async def exists(self, query: Query) -> bool:
        """Pass it on."""
        return await self.reading(lambda: self._inner.exists(query))

    async def lock(self, mapping: AggregateMapping, key: Any) -> Record | None:
        """Pass it on."""
        return await self.reading(lambda: self._inner.lock(mapping, key))

    async def apply(self, changes: ChangeSet) -> Keys:
        """Pass it on."""
        keys = await self._inner.apply(changes)
        self.interruption = self._inner.interruption
        return keys

    async def close(self) -> None:
        """Pass it on."""
        await self._inner.close()

    @property
    def innermost(self) -> AbstractStorageSession:
        """Return what the inner one says."""
        return self._inner.innermost

    @property
    def ended_by_others(self) -> PersistenceError | None:
        """Return what the inner one says."""
        return self._inner.ended_by_others

    @property
    def transactional(self) -> bool:
        """Return what the inner one says."""
        return self._inner.transactional

    async def flush(self, changes: ChangeSet) -> Keys:
        """Pass it on."""
        return await self._inner.flush(changes)

    async def savepoint(self) -> Any:
        """Pass it on."""
        return await self._inner.savepoint()

    async def undo(self, savepoint: Any) -> None:
        """Pass it on."""
        await self._inner.undo(savepoint)

    async def release(self, savepoint: Any) -> None:
        """Pass it on."""
        await self._inner.release(savepoint)
