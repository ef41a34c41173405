"""What a commit makes of many writes, and what it says of itself."""

from contextlib import suppress
from typing import Any

import attrs

from unitwork.adapters.storage import ChangeSet, Delete, Insert, Update
from unitwork.domain.errors import CommitOutcomeUnknownError, PersistenceError
from unitwork.domain.storage_errors import ConnectionLostError
from unitwork.testing.conformance.sabotage.bug import Wrong, after
from unitwork.testing.passing import Keys


class NothingIsWritten(Wrong):
    """Says that it succeeded, and stores nothing."""

    async def apply(self, changes: ChangeSet) -> Keys:
        await super().apply(attrs.evolve(changes, writes=(), reads=()))
        return {}


class OnlyTheFirstWriteIsStored(Wrong):
    """Stores the first write of a unit."""

    async def apply(self, changes: ChangeSet) -> Keys:
        return await self.write(changes, *changes.writes[:1])


class TheLastWriteIsLost(Wrong):
    """Stores all writes but the last of several."""

    async def apply(self, changes: ChangeSet) -> Keys:
        return await self.write(changes, *(changes.writes[:-1] or changes.writes))


class WritesBeyondThreeAreLost(Wrong):
    """Stores three writes at most, as a batch of a fixed size does."""

    async def apply(self, changes: ChangeSet) -> Keys:
        return await self.write(changes, *changes.writes[:3])


class InsertsAreLost(Wrong):
    """Stores no new aggregate in a unit that changes others."""

    async def apply(self, changes: ChangeSet) -> Keys:
        others = [one for one in changes.writes if not isinstance(one, Insert)]
        return await self.write(changes, *(others or changes.writes))


class RemovalsAreLost(Wrong):
    """Removes nothing in a unit that writes something else."""

    async def apply(self, changes: ChangeSet) -> Keys:
        others = [one for one in changes.writes if not isinstance(one, Delete)]
        return await self.write(changes, *(others or changes.writes))


class UpdatesAreLost(Wrong):
    """Updates nothing in a unit that adds or removes something."""

    async def apply(self, changes: ChangeSet) -> Keys:
        others = [one for one in changes.writes if not isinstance(one, Update)]
        return await self.write(changes, *(others or changes.writes))


class OneClassIsWritten(Wrong):
    """Stores the writes of one class of aggregates."""

    async def apply(self, changes: ChangeSet) -> Keys:
        kept = changes.writes[0].mapping if changes.writes else None
        writes = (one for one in changes.writes if one.mapping is kept)
        return await self.write(changes, *writes)


class EachWriteIsATransaction(Wrong):
    """Commits each write by itself: what came before a refused one stays."""

    async def apply(self, changes: ChangeSet) -> Keys:
        await super().apply(attrs.evolve(changes, writes=()))
        return await self.one_by_one(changes)


class FailuresLeaveTheFirstWrite(Wrong):
    """Keeps the first write of a commit that is refused."""

    async def apply(self, changes: ChangeSet) -> Keys:
        try:
            return await super().apply(changes)
        except PersistenceError:
            only = attrs.evolve(changes, writes=changes.writes[:1], reads=())
            if len(changes.writes) > 1:
                await self.one_by_one(only, PersistenceError)
            raise


class RefusedWritesAreLeftOut(Wrong):
    """Stores what is not refused, and says that it succeeded."""

    async def apply(self, changes: ChangeSet) -> Keys:
        try:
            return await super().apply(changes)
        except PersistenceError:
            return await self.one_by_one(changes, PersistenceError)


class FailuresAreSwallowed(Wrong):
    """Says that a commit which was refused succeeded."""

    async def apply(self, changes: ChangeSet) -> Keys:
        try:
            return await super().apply(changes)
        except PersistenceError:
            return {}


class WritesAreTurned(Wrong):
    """Writes in the other direction."""

    async def apply(self, changes: ChangeSet) -> Keys:
        return await self.write(changes, *changes.writes[::-1])


class RemovalsComeLast(Wrong):
    """Deletes after it has inserted: unique values are not free yet."""

    async def apply(self, changes: ChangeSet) -> Keys:
        order = sorted(changes.writes, key=lambda one: isinstance(one, Delete))
        return await self.write(changes, *order)


class InsertsComeFirst(Wrong):
    """Inserts before anything else."""

    async def apply(self, changes: ChangeSet) -> Keys:
        order = sorted(changes.writes, key=lambda one: not isinstance(one, Insert))
        return await self.write(changes, *order)


class CommitsAreWrittenLater(Wrong):
    """Says that it succeeded, and writes when the session is closed."""

    _pending: ChangeSet | None = None

    async def apply(self, changes: ChangeSet) -> Keys:
        if any(one.key is None for one in changes.writes):
            return await super().apply(changes)
        self._pending = changes
        return {}

    async def close(self) -> None:
        if self._pending is not None:
            with suppress(PersistenceError):
                await super().apply(self._pending)
        await super().close()


class SuccessIsCalledUnknown(Wrong):
    """Stores everything, then says that nobody knows."""

    async def apply(self, changes: ChangeSet) -> Keys:
        await super().apply(changes)
        raise CommitOutcomeUnknownError("lost")


class SuccessIsCalledFailure(Wrong):
    """Stores everything, then says that the connection was lost before."""

    async def apply(self, changes: ChangeSet) -> Keys:
        await super().apply(changes)
        raise ConnectionLostError("lost")


class FailureIsCalledUnknown(Wrong):
    """Says of a commit that was refused that nobody knows."""

    async def apply(self, changes: ChangeSet) -> Keys:
        try:
            return await super().apply(changes)
        except PersistenceError as error:
            raise CommitOutcomeUnknownError("lost") from error


class DriverErrorsEscape(Wrong):
    """Raises an error of its own for what is refused."""

    async def apply(self, changes: ChangeSet) -> Keys:
        try:
            return await super().apply(changes)
        except PersistenceError as error:
            raise OSError(str(error)) from error


class RefusedOnce(Wrong):
    """Is unavailable for the third commit."""

    async def apply(self, changes: ChangeSet) -> Keys:
        count: Any = self.kept.get("commits", 0) + 1
        self.kept["commits"] = count
        if count == 3:  # noqa: PLR2004 - the third
            raise ConnectionLostError("lost")
        return await super().apply(changes)


class AstralCharactersAreRefused(Wrong):
    """Raises an error of its own for characters of four bytes."""

    async def apply(self, changes: ChangeSet) -> Keys:
        for write in changes.writes:
            if "\U0001f600" in repr(after(write)):
                raise ValueError("\U0001f600")
        return await super().apply(changes)
