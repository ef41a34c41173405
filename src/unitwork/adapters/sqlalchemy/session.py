"""One open unit's connection: when it is taken, what runs on it, how it ends."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from unitwork.adapters.mapping.description import AggregateMapping
from unitwork.adapters.sqlalchemy.drivers.port import AbstractConnection, Begin, Phase
from unitwork.adapters.sqlalchemy.patience import to_its_end
from unitwork.adapters.sqlalchemy.reads import TornError
from unitwork.adapters.storage import (
    AbstractStorageSession,
    ChangeSet,
    Isolation,
    Query,
    Record,
    UnitOptions,
)
from unitwork.domain.errors import ConcurrencyConflictError

if TYPE_CHECKING:
    from unitwork.adapters.sqlalchemy.database import SqlAlchemyDatabase

T = TypeVar("T")
Keys = Mapping[int, Any]
_SNAPSHOT = Begin(Isolation.SNAPSHOT, writes=False)


class SqlAlchemySession(AbstractStorageSession):
    """What one open unit needs of a database.

    Cost: a read takes one statement, and one for each child table beyond the first; a
    commit takes BEGIN, a guard for each class written, the writes, COMMIT.
    """

    def __init__(self, database: "SqlAlchemyDatabase", options: UnitOptions) -> None:
        """Take no connection yet."""
        self._database = database
        self._options = options
        self._held: AbstractConnection | None = None

    async def load(
        self, mapping: AggregateMapping, keys: Sequence[Any]
    ) -> list[Record]:
        """Read the aggregates that have these keys."""
        return await self._whole(lambda: self._database.reads.load(mapping, keys))

    async def scan(self, query: Query) -> list[Record]:
        """Read what a query means, in its order."""
        return await self._whole(lambda: self._database.reads.scan(query))

    async def count(self, query: Query) -> int:
        """Count what a query means."""
        return await self._read(lambda: self._database.reads.count(query))

    async def exists(self, query: Query) -> bool:
        """Tell whether a query means anything."""
        return await self._read(lambda: self._database.reads.exists(query))

    async def lock(self, mapping: AggregateMapping, key: Any) -> Record | None:
        """Read the latest committed aggregate, and keep writers out until `close`."""
        raise NotImplementedError

    async def apply(self, changes: ChangeSet) -> Keys:
        """Guard, write and commit in a fresh transaction."""
        await self._end_snapshot()
        async with self._database.writing():
            begin = Begin(_writing(self._options.isolation), writes=True)
            connection, keys = await self._database.driver().start(
                lambda: self._database.writes.write(changes), begin, read_only=False
            )
            await self._commit(connection)
        return keys

    async def _commit(self, connection: AbstractConnection) -> None:
        """Let COMMIT run to its end, whoever cancels. Contract: 31."""
        ended = await to_its_end(connection.commit())
        self.interruption = ended.interruption
        try:
            ended.task.result()
        except BaseException:
            await connection.abandon()
            raise
        await connection.release()

    async def close(self) -> None:
        """Give the connection back."""
        held, self._held = self._held, None
        if held is not None:
            await held.abandon()

    async def _read(self, make: Callable[[], Phase[T]]) -> T:
        if self._held is not None:
            return await self._held.run(make())
        driver, read_only = self._database.driver(), self._options.read_only
        if self._options.isolation is Isolation.READ_COMMITTED:
            connection, found = await driver.start(make, None, read_only=read_only)
            await connection.release()
            return found
        begin = Begin(self._options.isolation, writes=False)
        self._held, found = await driver.start(make, begin, read_only=read_only)
        return found

    async def _whole(self, make: Callable[[], Phase[T]]) -> T:
        """Read; where writers tear it again and again, read in a snapshot."""
        try:
            return await self._read(make)
        except TornError:
            if self._held is not None:
                raise ConcurrencyConflictError(reason="It changes all the time.") from None
        driver, read_only = self._database.driver(), self._options.read_only
        connection, found = await driver.start(make, _SNAPSHOT, read_only=read_only)
        await connection.abandon()
        return found

    async def _end_snapshot(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            await held.abandon()


def _writing(isolation: Isolation) -> Isolation:
    """Only SERIALIZABLE needs more than versions."""
    if isolation is Isolation.SERIALIZABLE:
        return isolation
    return Isolation.READ_COMMITTED
