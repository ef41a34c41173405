"""How writes are guarded by the versions that they were made of."""

from collections.abc import Sequence
from typing import Any

import attrs

from unitwork.adapters.mapping.description import AggregateMapping
from unitwork.adapters.storage import (
    ChangeSet,
    Delete,
    Insert,
    Query,
    Record,
    Update,
    Write,
)
from unitwork.domain.errors import ConcurrencyConflictError
from unitwork.testing.conformance.sabotage.bug import Wrong
from unitwork.testing.passing import Keys, renewed


class _Renewing(Wrong):
    """Takes some writes for ones of the latest version."""

    async def apply(self, changes: ChangeSet) -> Keys:
        renewed = [await self._renewed(write) for write in changes.writes]
        return await self.write(changes, *(one for one in renewed if one is not None))

    async def _renewed(self, write: Write) -> Write | None:
        record = None if isinstance(write, Insert) else await self.latest(write)
        if isinstance(write, Update) and self.unguarded(write, record):
            return self.updated(write, record)
        if isinstance(write, Delete) and self.unguarded(write, record):
            return self.deleted(write, record)
        return write

    def unguarded(self, write: Update | Delete, record: Record | None) -> bool:
        del write
        return record is not None

    def updated(self, write: Update, record: Record | None) -> Write | None:
        return None if record is None else renewed(write, record)

    def deleted(self, write: Delete, record: Record | None) -> Write | None:
        return None if record is None else renewed(write, record)


class UpdatesAreNotGuarded(_Renewing):
    """Updates a row whatever version it has."""

    def deleted(self, write: Delete, record: Record | None) -> Write | None:
        del record
        return write


class RemovalsAreNotGuarded(_Renewing):
    """Deletes a row whatever version it has."""

    def updated(self, write: Update, record: Record | None) -> Write | None:
        del record
        return write


class ValuesGuardUpdates(_Renewing):
    """Updates a row of another version if its root has the values of before."""

    def unguarded(self, write: Update | Delete, record: Record | None) -> bool:
        return record is not None and record.state[0] == write.before[0]


class UpdatesOfMissingRowsAreNothing(_Renewing):
    """Updates a row that is gone, and does not notice."""

    def unguarded(self, write: Update | Delete, record: Record | None) -> bool:
        return isinstance(write, Update) and record is None


class RemovalsOfMissingRowsAreNothing(_Renewing):
    """Deletes a row that is gone, and does not notice."""

    def unguarded(self, write: Update | Delete, record: Record | None) -> bool:
        return isinstance(write, Delete) and record is None


class UpdatesOfMissingRowsInsert(_Renewing):
    """Inserts a row that is gone when it is updated."""

    def unguarded(self, write: Update | Delete, record: Record | None) -> bool:
        return isinstance(write, Update) and record is None

    def updated(self, write: Update, record: Record | None) -> Write | None:
        del record
        return Insert(write.mapping, write.after)


class OnlyTheFirstVersionIsCompared(_Renewing):
    """Guards one of several rows that a unit writes."""

    async def apply(self, changes: ChangeSet) -> Keys:
        rest = [await self._renewed(write) for write in changes.writes[1:]]
        writes = [one for one in rest if one is not None]
        return await self.write(changes, *changes.writes[:1], *writes)


class NewKeysTakeOldRows(_Renewing):
    """Inserts over a row that has the key: an upsert."""

    async def _renewed(self, write: Write) -> Write | None:
        if not isinstance(write, Insert) or write.key is None:
            return write
        record = await self.latest(write)
        return write if record is None else self._over(write, record)

    def _over(self, write: Insert, record: Record) -> Write | None:
        return Update(write.mapping, record.version, record.state, write.after)


class NewKeysLeaveOldRows(NewKeysTakeOldRows):
    """Inserts nothing if a row has the key, and says nothing."""

    def _over(self, write: Insert, record: Record) -> Write | None:
        del write, record
        return None


class ConflictsAreSwallowed(Wrong):
    """Says that a commit which met a conflict succeeded."""

    async def apply(self, changes: ChangeSet) -> Keys:
        try:
            return await super().apply(changes)
        except ConcurrencyConflictError:
            return {}


class ConflictingWritesAreLeftOut(Wrong):
    """Writes the rows of a unit that meet no conflict."""

    async def apply(self, changes: ChangeSet) -> Keys:
        try:
            return await super().apply(changes)
        except ConcurrencyConflictError:
            return await self.one_by_one(changes, ConcurrencyConflictError)


class _Shown(Wrong):
    """Shows other versions, and guards by those that it showed."""

    def shown(self, record: Record) -> int:
        raise NotImplementedError

    async def load(
        self, mapping: AggregateMapping, keys: Sequence[Any]
    ) -> list[Record]:
        return [self._show(mapping, one) for one in await super().load(mapping, keys)]

    async def scan(self, query: Query) -> list[Record]:
        return [self._show(query.mapping, one) for one in await super().scan(query)]

    def _show(self, mapping: AggregateMapping, record: Record) -> Record:
        version = self.shown(record)
        names = self.kept.setdefault((mapping, record.key, version), set())
        names.add(record.version)
        return attrs.evolve(record, version=version)

    async def apply(self, changes: ChangeSet) -> Keys:
        writes = [await self._meant(write) for write in changes.writes]
        return await self.write(attrs.evolve(changes, reads=()), *writes)

    async def _meant(self, write: Write) -> Write:
        """Take it for a write of the latest version, if that was ever shown so."""
        if isinstance(write, Insert):
            return write
        latest = await self.latest(write)
        shown = self.kept.get((write.mapping, write.key, write.version), ())
        if latest is None or latest.version not in shown:
            return write
        return renewed(write, latest)


class VersionsAreTheSame(_Shown):
    """Gives every row the same version."""

    def shown(self, record: Record) -> int:
        del record
        return 1


class VersionsAreCounted(_Shown):
    """Counts versions from 1, for each row that there is, and begins again."""

    def shown(self, record: Record) -> int:
        numbers: list[int] = self.kept.setdefault(record.key, [])
        if record.version not in numbers:
            numbers.append(record.version)
        return 1 + numbers.index(record.version) % 2


class VersionsAreOfFourBits(_Shown):
    """Keeps the lowest four bits of a version."""

    def shown(self, record: Record) -> int:
        return record.version % 16 + 1


class VersionsAreNegative(_Shown):
    """Gives a version another sign, as a column without one does."""

    def shown(self, record: Record) -> int:
        return -record.version


class ScansShowNoVersion(Wrong):
    """Gives what a query finds the version 0."""

    async def scan(self, query: Query) -> list[Record]:
        found = await super().scan(query)
        return [attrs.evolve(record, version=0) for record in found]


class UnchangedRootsKeepTheirVersion(Wrong):
    """Writes a version only where the root's row changes, not with children."""

    async def apply(self, changes: ChangeSet) -> Keys:
        made = await super().apply(changes)
        for write in changes.writes:
            if isinstance(write, Update) and write.before[0] == write.after[0]:
                of = self.kept.get((write.mapping, write.key), (0, write.version))[1]
                self.kept[write.mapping, write.key] = (changes.token, of)
        return made

    async def load(
        self, mapping: AggregateMapping, keys: Sequence[Any]
    ) -> list[Record]:
        return [self._old(mapping, one) for one in await super().load(mapping, keys)]

    async def scan(self, query: Query) -> list[Record]:
        return [self._old(query.mapping, one) for one in await super().scan(query)]

    def _old(self, mapping: AggregateMapping, record: Record) -> Record:
        token, old = self.kept.get((mapping, record.key), (0, 0))
        return attrs.evolve(record, version=old) if token == record.version else record
