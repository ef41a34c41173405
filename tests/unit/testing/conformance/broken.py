"""In-memory storages with one bug each, which the kit must find."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import attrs

from unitwork.adapters.mapping.description import AggregateMapping
from unitwork.adapters.memory import InMemoryDatabase, InMemoryUnitOfWork
from unitwork.adapters.memory.session import InMemorySession
from unitwork.adapters.storage import (
    ChangeSet,
    Insert,
    Query,
    Record,
    UnitOptions,
    Write,
)
from unitwork.domain.errors import PersistenceError
from unitwork.testing.conformance.interpreter import MakeUnit
from unitwork.testing.conformance.runner import Fresh
from unitwork.testing.conformance.warehouse import (
    WarehouseUnitOfWork,
    warehouse_schema,
)


class InMemoryWarehouse(InMemoryUnitOfWork, WarehouseUnitOfWork): ...


class BrokenDatabase(InMemoryDatabase):
    """Opens sessions of another kind."""

    def __init__(self, kind: type[InMemorySession]) -> None:
        super().__init__(warehouse_schema())
        self._kind = kind

    def open(self, options: UnitOptions) -> InMemorySession:
        return self._kind(self._rows, self._locks, options, yielding=False)


def memory(kind: type[InMemorySession] = InMemorySession) -> Fresh:
    """Give a new storage to each program."""

    async def fresh() -> MakeUnit:
        return partial(InMemoryWarehouse, BrokenDatabase(kind))

    return fresh


class IgnoresVersions(InMemorySession):
    """Writes over whatever there is: updates are lost."""

    async def apply(self, changes: ChangeSet) -> Mapping[int, Any]:
        writes = tuple(self._blind(write) for write in changes.writes)
        return await super().apply(attrs.evolve(changes, writes=writes))

    def _blind(self, write: Write) -> Write:
        latest = self._rows.find(write.mapping, write.key)
        if isinstance(write, Insert) or latest is None:
            return write
        return attrs.evolve(write, version=latest.version)


class ForgetsReads(InMemorySession):
    """Does not read again what a serializable unit had read."""

    async def apply(self, changes: ChangeSet) -> Mapping[int, Any]:
        return await super().apply(attrs.evolve(changes, reads=()))


class LosesChildren(InMemorySession):
    """Gives every aggregate without its children."""

    async def load(
        self, mapping: AggregateMapping, keys: Sequence[Any]
    ) -> list[Record]:
        found = await super().load(mapping, keys)
        return [_childless(record) for record in found]


class CountsWhatTheUnitHolds(InMemorySession):
    """Does not leave out what the unit answers for."""

    async def count(self, query: Query) -> int:
        return await super().count(attrs.evolve(query, excluding=()))


class WritesHalf(InMemorySession):
    """Keeps the first write of a commit that fails."""

    async def apply(self, changes: ChangeSet) -> Mapping[int, Any]:
        try:
            return await super().apply(changes)
        except PersistenceError:
            half = attrs.evolve(changes, writes=changes.writes[:1])
            await super().apply(half)
            raise


def _childless(record: Record) -> Record:
    root, *tables = record.state
    return attrs.evolve(record, state=(root, *(() for _ in tables)))
