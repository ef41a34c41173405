"""A storage on which one promise is broken, so that the checker must see it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from unitwork.adapters.storage import (
    AbstractDatabase,
    AbstractStorageSession,
    ChangeSet,
    Insert,
    Isolation,
    Record,
    UnitOptions,
    Write,
)
from unitwork.testing.passing import PassingSession, renewed


@attrs.define
class Weakened(AbstractDatabase):
    """Another database, whose commits look at less."""

    database: AbstractDatabase
    versions: bool = True
    """Whether a write over another version is refused. Contract: 16."""
    reads: bool = True
    """Whether what a serializable unit read is read again. Contract: 18."""
    snapshots: bool = True
    """Whether all reads of a snapshot unit are of one moment. Contract: 18."""

    def __attrs_post_init__(self) -> None:
        """Store the same."""
        self.schema = self.database.schema

    def open(self, options: UnitOptions) -> AbstractStorageSession:
        """Begin a session."""
        if not self.snapshots:
            options = attrs.evolve(options, isolation=Isolation.READ_COMMITTED)
        return _WeakenedSession(self, self.database.open(options))


class _WeakenedSession(PassingSession):
    def __init__(self, weakened: Weakened, inner: AbstractStorageSession) -> None:
        super().__init__(inner)
        self._weakened = weakened

    async def apply(self, changes: ChangeSet) -> Mapping[int, Any]:
        if not self._weakened.reads:
            changes = attrs.evolve(changes, reads=())
        if not self._weakened.versions:
            latest = await self._latest(changes)
            writes = tuple(_renewed(changes.writes, latest))
            changes = attrs.evolve(changes, writes=writes)
        return await super().apply(changes)

    async def _latest(self, changes: ChangeSet) -> dict[tuple[Any, Any], Record]:
        """Read again what is written over, past the unit's own snapshot."""
        session = self._weakened.database.open(UnitOptions())
        found = {}
        try:
            for write in changes.guards:
                for record in await session.load(write.mapping, (write.key,)):
                    found[write.mapping, write.key] = record
        finally:
            await session.close()
        return found


def _renewed(
    writes: Sequence[Write], latest: Mapping[tuple[Any, Any], Record]
) -> Iterator[Write]:
    """Pretend that each write was made of the latest version."""
    for write in writes:
        record = latest.get((write.mapping, write.key))
        if record is None or isinstance(write, Insert):
            yield write
        else:
            yield renewed(write, record)
