"""Keys that the database makes."""

from typing import Any

import attrs

from unitwork.adapters.mapping.description import with_key
from unitwork.adapters.storage import ChangeSet, Insert, Query, Write
from unitwork.testing.conformance.sabotage.bug import Wrong
from unitwork.testing.passing import Keys


class MadeKeysAreNotTold(Wrong):
    """Makes keys, and does not say which."""

    async def apply(self, changes: ChangeSet) -> Keys:
        await super().apply(changes)
        return {}


class MadeKeysAreTurned(Wrong):
    """Tells the keys of several rows in the other order."""

    async def apply(self, changes: ChangeSet) -> Keys:
        made = await super().apply(changes)
        return dict(zip(made, [*made.values()][::-1], strict=True))


class MadeKeysAreOneTooLarge(Wrong):
    """Tells the next key."""

    async def apply(self, changes: ChangeSet) -> Keys:
        made = await super().apply(changes)
        return {number: key + 1 for number, key in made.items()}


class MadeKeysAreTexts(Wrong):
    """Tells a key as a text."""

    async def apply(self, changes: ChangeSet) -> Keys:
        made = await super().apply(changes)
        return {number: str(key) for number, key in made.items()}


class OneKeyIsTold(Wrong):
    """Tells the last key, as a driver does after many rows."""

    async def apply(self, changes: ChangeSet) -> Keys:
        made = await super().apply(changes)
        return dict([*made.items()][-1:])


class MadeKeysAreCountedByWrites(Wrong):
    """Tells keys by their order among inserts, not by their place among the writes."""

    async def apply(self, changes: ChangeSet) -> Keys:
        made = await super().apply(changes)
        return dict(enumerate(made.values()))


class _Making(Wrong):
    """Makes the keys by itself."""

    async def apply(self, changes: ChangeSet) -> Keys:
        made: dict[int, Any] = {}
        writes: list[Write] = []
        for number, write in enumerate(changes.writes):
            if isinstance(write, Insert) and write.key is None:
                made[number] = await self.next_key(write, len(made))
                state = with_key(write.after, made[number])
                writes.append(attrs.evolve(write, after=state))
            else:
                writes.append(write)
        await self.write(changes, *writes)
        return made

    async def next_key(self, write: Insert, ahead: int) -> int:
        raise NotImplementedError


class KeysGrowFromTheLargest(_Making):
    """Makes the largest key and one: the key of a removed row is used again."""

    async def next_key(self, write: Insert, ahead: int) -> int:
        async with self.another() as session:
            keys = [one.key for one in await session.scan(Query(write.mapping))]
        return max(keys, default=0) + 1 + ahead


class KeysFall(_Making):
    """Makes smaller and smaller keys."""

    async def next_key(self, write: Insert, ahead: int) -> int:
        del ahead
        self.kept["next"] = self.kept.get("next", 2**31) - 1
        return int(self.kept["next"])
