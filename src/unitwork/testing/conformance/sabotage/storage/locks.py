"""What get(key, lock=True) keeps out, and what it reads. Contract: 21."""

import asyncio
from typing import Any

import attrs

from unitwork.adapters.mapping.description import AggregateMapping
from unitwork.adapters.storage import ChangeSet, Record, UnitOptions
from unitwork.domain.errors import ConcurrencyConflictError
from unitwork.domain.storage_errors import StorageBusyError
from unitwork.testing.conformance.sabotage.bug import Wrong
from unitwork.testing.passing import Keys


class LocksAreReads(Wrong):
    """Reads, and keeps nobody out."""

    async def lock(self, mapping: AggregateMapping, key: Any) -> Record | None:
        async with self.another() as session:
            found = await session.load(mapping, [key])
        return found[0] if found else None


class LocksReadWhatTheSessionSees(Wrong):
    """Locks, and reads the session's own moment."""

    survives = (
        "A right session refuses to lock another version than that of its own moment;"
        " at read_committed, its moment is now."
    )

    async def lock(self, mapping: AggregateMapping, key: Any) -> Record | None:
        await super().lock(mapping, key)
        found = await self.load(mapping, [key])
        return found[0] if found else None


class LocksGiveUpAtOnce(Wrong):
    """Does not wait for a lock."""

    async def lock(self, mapping: AggregateMapping, key: Any) -> Record | None:
        if self.kept.get((mapping, key)):
            raise StorageBusyError("locked")
        found = await super().lock(mapping, key)
        self.kept[mapping, key] = self
        return found

    async def close(self) -> None:
        for name in [name for name, owner in self.kept.items() if owner is self]:
            del self.kept[name]
        await super().close()


class LocksAreForgottenByTheNext(Wrong):
    """Keeps one lock: the next one gives the first one back."""

    _locking: Any = None

    async def lock(self, mapping: AggregateMapping, key: Any) -> Record | None:
        async with self.another() as session:
            found = await session.load(mapping, [key])
        if self._locking is None:
            self._locking = await super().lock(mapping, key)
        return found[0] if found else None


class LocksShowOldVersions(Wrong):
    """Reads a locked row with a version of before."""

    async def lock(self, mapping: AggregateMapping, key: Any) -> Record | None:
        found = await super().lock(mapping, key)
        return found and attrs.evolve(found, version=found.version ^ 1)


class LocksFindNothing(Wrong):
    """Locks, and says that nothing is there."""

    async def lock(self, mapping: AggregateMapping, key: Any) -> Record | None:
        await super().lock(mapping, key)
        return None


class LocksOutliveTheSession(Wrong):
    """Gives a lock back only when the next session is closed."""

    async def close(self) -> None:
        late = self.kept.pop("late", None)
        self.kept["late"] = self._inner
        if late is not None:
            await late.close()


class LocksOutliveTheCommit(Wrong):
    """Takes a lock again after the commit, and keeps it."""

    _held: Any = None

    async def lock(self, mapping: AggregateMapping, key: Any) -> Record | None:
        found = await super().lock(mapping, key)
        self._held = (mapping, key)
        return found

    async def apply(self, changes: ChangeSet) -> Keys:
        made = await super().apply(changes)
        if self._held is not None:
            session = self.database.open(UnitOptions())
            self.kept.setdefault("left", []).append(session)
            await session.lock(*self._held)
        return made


class LocksWaitForEver(Wrong):
    """Tries again when lock_timeout is over."""

    async def lock(self, mapping: AggregateMapping, key: Any) -> Record | None:
        while True:
            try:
                return await super().lock(mapping, key)
            except StorageBusyError:
                await asyncio.sleep(0)


class WaitersConflict(Wrong):
    """Calls it a conflict that somebody else holds a lock."""

    async def lock(self, mapping: AggregateMapping, key: Any) -> Record | None:
        try:
            return await super().lock(mapping, key)
        except StorageBusyError as error:
            raise ConcurrencyConflictError(mapping.aggregate, key) from error
