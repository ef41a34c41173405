"""A storage without any capability: it fails where it is asked for one."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import attrs

from unitwork.adapters.mapping import Schema
from unitwork.adapters.mapping.description import AggregateMapping
from unitwork.adapters.rows import Rows
from unitwork.adapters.storage import (
    AbstractDatabase,
    AbstractStorageSession,
    ChangeSet,
    Isolation,
    Query,
    Record,
    UnitOptions,
)
from unitwork.testing import Adapter, Capabilities


class BareDatabase(AbstractDatabase):
    """Rows in memory that may refer to anything, for one task at a time."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.loose = {
            each: attrs.evolve(each, references=()) for each in schema.mappings
        }
        self.rows = Rows(tuple(self.loose.values()))
        self.users: dict[BareSession, asyncio.Task[Any] | None] = {}

    def open(self, options: UnitOptions) -> "BareSession":
        """Begin a session of the one level that there is."""
        assert options.isolation is Isolation.READ_COMMITTED
        return BareSession(self)


class BareSession(AbstractStorageSession):
    """Reads what is committed, and commits without a pause."""

    def __init__(self, database: BareDatabase) -> None:
        self._database, self._rows = database, database.rows

    async def load(
        self, mapping: AggregateMapping, keys: Sequence[Any]
    ) -> list[Record]:
        """Look the keys up."""
        mapping = self._use(mapping)
        found = (self._rows.find(mapping, key) for key in keys)
        return [record for record in found if record is not None]

    async def scan(self, query: Query) -> list[Record]:
        """Go through all rows of the class."""
        return self._rows.scan(self._own(query))

    async def count(self, query: Query) -> int:
        """Go through all rows of the class."""
        return self._rows.count(self._own(query))

    async def exists(self, query: Query) -> bool:
        """Go through the rows of the class, up to the first that matches."""
        return self._rows.exists(self._own(query))

    async def lock(self, mapping: AggregateMapping, key: Any) -> Record | None:
        """Have no locks."""
        raise AssertionError(f"a lock of {key} was asked for")

    async def apply(self, changes: ChangeSet) -> Mapping[int, Any]:
        """Check and write."""
        assert changes.reads == ()
        writes = tuple(
            attrs.evolve(write, mapping=self._use(write.mapping))
            for write in changes.writes
        )
        return self._rows.apply(attrs.evolve(changes, writes=writes))

    async def close(self) -> None:
        """Let another task begin."""
        self._database.users.pop(self, None)

    def _own(self, query: Query) -> Query:
        return attrs.evolve(query, mapping=self._use(query.mapping))

    def _use(self, mapping: AggregateMapping) -> AggregateMapping:
        """Serve one task at a time; those that have ended do not count."""
        users = self._database.users
        users[self] = asyncio.current_task()
        tasks = {task for task in users.values() if task and not task.done()}
        assert len(tasks) == 1, "several tasks have units open"
        return self._database.loose[mapping]


class BareAdapter(Adapter):
    """What the suite is handed."""

    capabilities = Capabilities(
        snapshot=False,
        serializable=False,
        locks=False,
        raw=False,
        references=False,
        parallel=False,
    )

    @asynccontextmanager
    async def database(
        self, schema: Schema, *, lock_timeout: float = 5.0
    ) -> AsyncIterator[BareDatabase]:
        """Make a new one."""
        yield BareDatabase(schema)
