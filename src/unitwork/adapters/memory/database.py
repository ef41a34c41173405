"""The in-memory database object."""

from unitwork.adapters.locks import Locks
from unitwork.adapters.mapping.schema import Schema
from unitwork.adapters.memory.session import InMemorySession
from unitwork.adapters.rows import Rows
from unitwork.adapters.storage import (
    AbstractDatabase,
    UnitOptions,
    checked_seconds,
)
from unitwork.application.message_bus import MessageBus, checked_bus


class InMemoryDatabase(AbstractDatabase):
    """Keep what units commit in memory, for tests and for trying things out.

    Equal to the SQL storages in everything that a unit of work promises; it has no
    SQL, so `connection()` and `session()` are refused.
    """

    def __init__(
        self,
        schema: Schema,
        *,
        lock_timeout: float = 5.0,
        yielding: bool = False,
        bus: MessageBus | None = None,
    ) -> None:
        """Begin empty.

        Args:
            schema: what is stored; it is checked.
            lock_timeout: how long `lock=True` and commits wait for a lock, in seconds.
            yielding: let other tasks run at every read and commit, so that races
                between units show in tests.
            bus: who is told of the events of its units.
        """
        self.bus = checked_bus(bus)
        self.schema = schema
        self._rows = Rows(schema.mappings)
        self._locks = Locks(checked_seconds("lock_timeout", lock_timeout))
        self._yielding = yielding

    def open(self, options: UnitOptions) -> InMemorySession:
        """Begin a session."""
        return InMemorySession(
            self._rows, self._locks, options, yielding=self._yielding
        )

    async def create_all(self) -> None:
        """Do nothing: there are no tables. As on the SQL storages."""

    async def dispose(self) -> None:
        """Wait for what runs after commits. There are no connections to close."""
        await self.settle()
