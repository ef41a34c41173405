"""How aggregates are read by their keys, and what is kept of what was read."""

from collections.abc import Sequence
from typing import Any

from unitwork.adapters.mapping.description import AggregateMapping
from unitwork.adapters.storage import ChangeSet, Query, Record
from unitwork.testing.conformance.sabotage.bug import Wrong
from unitwork.testing.passing import Keys


class _Loading(Wrong):
    """Loads in another way."""

    async def load(
        self, mapping: AggregateMapping, keys: Sequence[Any]
    ) -> list[Record]:
        return await self.loaded(mapping, keys)

    async def right(
        self, mapping: AggregateMapping, keys: Sequence[Any]
    ) -> list[Record]:
        return await super().load(mapping, keys)

    async def loaded(
        self, mapping: AggregateMapping, keys: Sequence[Any]
    ) -> list[Record]:
        raise NotImplementedError


class NothingIsLoaded(_Loading):
    """Finds no key."""

    async def loaded(
        self, mapping: AggregateMapping, keys: Sequence[Any]
    ) -> list[Record]:
        return []


class TheLastKeyIsNotLoaded(_Loading):
    """Finds all keys but the last of several."""

    async def loaded(
        self, mapping: AggregateMapping, keys: Sequence[Any]
    ) -> list[Record]:
        return await self.right(mapping, keys[:-1] or keys)


class MissingKeysAreErrors(_Loading):
    """Raises an error of its own for a key that is not there."""

    async def loaded(
        self, mapping: AggregateMapping, keys: Sequence[Any]
    ) -> list[Record]:
        found = {record.key: record for record in await self.right(mapping, keys)}
        return [found[key] for key in keys]


class KeysIgnoreCase(_Loading):
    """Finds a key that is written in another case."""

    async def loaded(
        self, mapping: AggregateMapping, keys: Sequence[Any]
    ) -> list[Record]:
        async with self.another() as session:
            stored = await session.scan(Query(mapping))
        wanted = {str(key).casefold() for key in keys}
        return [one for one in stored if str(one.key).casefold() in wanted]


class KeysAreBeginnings(_Loading):
    """Finds keys that begin as a key does."""

    async def loaded(
        self, mapping: AggregateMapping, keys: Sequence[Any]
    ) -> list[Record]:
        async with self.another() as session:
            stored = await session.scan(Query(mapping))
        return [one for one in stored if str(one.key).startswith(tuple(map(str, keys)))]


class _Remembering(_Loading):
    """Keeps what it has read, for everybody."""

    async def loaded(
        self, mapping: AggregateMapping, keys: Sequence[Any]
    ) -> list[Record]:
        unknown = [key for key in keys if (mapping, key) not in self.kept]
        for record in await self.right(mapping, unknown) if unknown else []:
            self.kept[mapping, record.key] = record
        found = (self.kept.get((mapping, key)) for key in keys)
        return [record for record in found if record is not None]


class LoadedRowsAreKept(_Remembering):
    """Gives a row to everybody as it was first read."""


class LoadedRowsAreKeptUntilWritten(_Remembering):
    """Keeps rows until they are written; not all of a commit's are known to it."""

    async def apply(self, changes: ChangeSet) -> Keys:
        made = await super().apply(changes)
        for write in changes.writes[:1]:
            self.kept.pop((write.mapping, write.key), None)
        return made


class RowsOfFailedCommitsAreKept(_Remembering):
    """Keeps what a unit has written for everybody, even if it was refused."""

    async def apply(self, changes: ChangeSet) -> Keys:
        for write in changes.writes:
            self.kept.pop((write.mapping, write.key), None)
            state = getattr(write, "after", None)
            if state is not None and write.key is not None:
                record = Record(write.key, changes.token, state)
                self.kept[write.mapping, write.key] = record
        return await super().apply(changes)


class QueriesAreKept(Wrong):
    """Answers a query as it was first answered, until something is written."""

    async def scan(self, query: Query) -> list[Record]:
        if query not in self.kept:
            self.kept[query] = await super().scan(query)
        return list(self.kept[query])

    async def apply(self, changes: ChangeSet) -> Keys:
        if len(changes.writes) > 1:
            self.kept.clear()
        return await super().apply(changes)


class CountsAreKept(Wrong):
    """Counts once, for everybody."""

    async def count(self, query: Query) -> int:
        if query not in self.kept:
            self.kept[query] = await super().count(query)
        return int(self.kept[query])


class EmptyScansAreErrors(Wrong):
    """Raises an error of its own where nothing is found."""

    async def scan(self, query: Query) -> list[Record]:
        found = await super().scan(query)
        if not found:
            raise LookupError(query.mapping.aggregate.__name__)
        return found


class ScansRepeatRows(Wrong):
    """Gives the first row of several twice."""

    async def scan(self, query: Query) -> list[Record]:
        found = await super().scan(query)
        return [*found[:1], *found] if len(found) > 1 else found


class CountsAreErrors(Wrong):
    """Raises an error of its own when it shall count."""

    async def count(self, query: Query) -> int:
        raise KeyError(query.mapping.aggregate.__name__)
