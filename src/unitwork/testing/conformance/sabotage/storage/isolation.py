"""Which moment a session's reads are of."""

from collections.abc import Sequence
from typing import Any

import attrs

from unitwork.adapters.mapping.description import AggregateMapping
from unitwork.adapters.storage import (
    AbstractStorageSession,
    ChangeSet,
    Isolation,
    Query,
    Record,
    UnitOptions,
)
from unitwork.testing.conformance.sabotage.bug import Wrong
from unitwork.testing.passing import Keys


class SnapshotsAreNotKept(Wrong):
    """Reads the latest commit at every call."""

    async def load(
        self, mapping: AggregateMapping, keys: Sequence[Any]
    ) -> list[Record]:
        async with self.another() as session:
            return await session.load(mapping, keys)

    async def scan(self, query: Query) -> list[Record]:
        async with self.another() as session:
            return await session.scan(query)

    async def count(self, query: Query) -> int:
        async with self.another() as session:
            return await session.count(query)

    async def exists(self, query: Query) -> bool:
        async with self.another() as session:
            return await session.exists(query)


class KeysAreReadLater(Wrong):
    """Reads by key what is committed, in a snapshot too."""

    async def load(
        self, mapping: AggregateMapping, keys: Sequence[Any]
    ) -> list[Record]:
        async with self.another() as session:
            return await session.load(mapping, keys)


class QueriesAreReadLater(Wrong):
    """Queries what is committed, in a snapshot too."""

    async def scan(self, query: Query) -> list[Record]:
        async with self.another() as session:
            return await session.scan(query)


class CountsAreReadLater(Wrong):
    """Counts what is committed, in a snapshot too."""

    async def count(self, query: Query) -> int:
        async with self.another() as session:
            return await session.count(query)


class ExistenceIsReadLater(Wrong):
    """Looks whether something exists by what is committed, in a snapshot too."""

    async def exists(self, query: Query) -> bool:
        async with self.another() as session:
            return await session.exists(query)


class _Frozen(Wrong):
    """Reads by a session of another moment."""

    _frozen: AbstractStorageSession | None = None

    def moment(self) -> AbstractStorageSession:
        if self._frozen is None:
            self._frozen = self.database.open(UnitOptions(Isolation.SNAPSHOT))
        return self._frozen

    async def close(self) -> None:
        if self._frozen is not None:
            await self._frozen.close()
        await super().close()


class EveryUnitIsASnapshot(_Frozen):
    """Sees, at read_committed too, the moment of the first read."""

    async def load(
        self, mapping: AggregateMapping, keys: Sequence[Any]
    ) -> list[Record]:
        return await self.moment().load(mapping, keys)

    async def scan(self, query: Query) -> list[Record]:
        return await self.moment().scan(query)

    async def count(self, query: Query) -> int:
        return await self.moment().count(query)

    async def exists(self, query: Query) -> bool:
        return await self.moment().exists(query)


class KeysAreOfTheFirstRead(_Frozen):
    """Reads by key, at read_committed too, what the first such read saw."""

    async def load(
        self, mapping: AggregateMapping, keys: Sequence[Any]
    ) -> list[Record]:
        return await self.moment().load(mapping, keys)


class CountsAreOfTheFirstCount(_Frozen):
    """Counts, at read_committed too, what the first count saw."""

    async def count(self, query: Query) -> int:
        return await self.moment().count(query)


class QueriesHaveAMomentOfTheirOwn(_Frozen):
    """Queries see the first query's moment, and keys that of the first key."""

    async def scan(self, query: Query) -> list[Record]:
        return await self.moment().scan(query)


class RepliesAreLate(Wrong):
    """Reads, after each commit of anybody, once more what was before it."""

    async def apply(self, changes: ChangeSet) -> Keys:
        before = [await self.latest(write) for write in changes.writes]
        made = await super().apply(changes)
        for write, record in zip(changes.writes, before, strict=True):
            self.kept[write.mapping, write.key] = record
        return made

    async def load(
        self, mapping: AggregateMapping, keys: Sequence[Any]
    ) -> list[Record]:
        found = {one.key: one for one in await super().load(mapping, keys)}
        for key in keys:
            late = self.kept.pop((mapping, key), found.get(key))
            if late is not None:
                found[key] = late
        return list(found.values())


class AggregatesAreTorn(Wrong):
    """Reads the children of a key as the session saw them first."""

    async def scan(self, query: Query) -> list[Record]:
        return [self._torn(query.mapping, one) for one in await super().scan(query)]

    async def load(
        self, mapping: AggregateMapping, keys: Sequence[Any]
    ) -> list[Record]:
        return [self._torn(mapping, one) for one in await super().load(mapping, keys)]

    def _torn(self, mapping: AggregateMapping, record: Record) -> Record:
        name = (self, mapping, record.key)
        children = self.kept.setdefault(name, record.state[1:])
        return attrs.evolve(record, state=(record.state[0], *children))


class RootsAreNewerThanChildren(Wrong):
    """Reads children as they were before the last commit."""

    async def apply(self, changes: ChangeSet) -> Keys:
        before = [await self.latest(write) for write in changes.writes]
        made = await super().apply(changes)
        for write, record in zip(changes.writes, before, strict=True):
            if record is not None:
                self.kept[write.mapping, write.key] = record.state[1:]
        return made

    async def load(
        self, mapping: AggregateMapping, keys: Sequence[Any]
    ) -> list[Record]:
        found = await super().load(mapping, keys)
        return [
            attrs.evolve(
                one,
                state=(
                    one.state[0],
                    *self.kept.pop((mapping, one.key), one.state[1:]),
                ),
            )
            for one in found
        ]
