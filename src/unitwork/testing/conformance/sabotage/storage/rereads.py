"""What a serializable unit's commit reads again. Contract: 18."""

import attrs

from unitwork.adapters.storage import (
    ChangeSet,
    CountRead,
    KeyRead,
    QueryRead,
    Read,
)
from unitwork.testing.conformance.sabotage.bug import Wrong
from unitwork.testing.passing import Keys


class _Rereading(Wrong):
    """Reads less again, or something else."""

    async def apply(self, changes: ChangeSet) -> Keys:
        reads = filter(self.kept_reads, changes.reads)
        return await super().apply(
            attrs.evolve(changes, reads=tuple(map(self.reread, reads)))
        )

    def kept_reads(self, read: Read) -> bool:
        del read
        return True

    def reread(self, read: Read) -> Read:
        return read


class NothingIsReadAgain(_Rereading):
    """Reads nothing again."""

    def kept_reads(self, read: Read) -> bool:
        del read
        return False


class KeysAreNotReadAgain(_Rereading):
    """Reads no key again."""

    def kept_reads(self, read: Read) -> bool:
        return not isinstance(read, KeyRead)


class QueriesAreNotReadAgain(_Rereading):
    """Runs no query again."""

    def kept_reads(self, read: Read) -> bool:
        return not isinstance(read, QueryRead)


class CountsAreNotReadAgain(_Rereading):
    """Counts nothing again."""

    def kept_reads(self, read: Read) -> bool:
        return not isinstance(read, CountRead)


class MissingKeysAreNotReadAgain(_Rereading):
    """Does not look again for keys that were not there."""

    def reread(self, read: Read) -> Read:
        if isinstance(read, KeyRead):
            found = tuple(pair for pair in read.found if pair[1] is not None)
            return attrs.evolve(read, found=found)
        return read


class EmptyQueriesAreNotReadAgain(_Rereading):
    """Does not run a query again that found nothing."""

    def kept_reads(self, read: Read) -> bool:
        return isinstance(read, KeyRead) or bool(read.found)


class OnlyTheFirstReadIsReadAgain(Wrong):
    """Reads again what was read first."""

    async def apply(self, changes: ChangeSet) -> Keys:
        return await super().apply(attrs.evolve(changes, reads=changes.reads[:1]))


class OnlyTheLastReadIsReadAgain(Wrong):
    """Reads again what was read last."""

    async def apply(self, changes: ChangeSet) -> Keys:
        return await super().apply(attrs.evolve(changes, reads=changes.reads[-1:]))


class RowsAreReadAgainNotQueries(_Rereading):
    """Looks again at the rows that a query found, not for others: phantoms."""

    def reread(self, read: Read) -> Read:
        if isinstance(read, QueryRead):
            return KeyRead(read.query.mapping, tuple(read.found))
        return read


class ReadersAreNotReadAgain(Wrong):
    """Reads nothing again for a unit that records events and writes nothing."""

    async def apply(self, changes: ChangeSet) -> Keys:
        reads = changes.reads if changes.writes else ()
        return await super().apply(attrs.evolve(changes, reads=reads))
