"""What the sessions of one database object share."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from unitwork.adapters.sqlalchemy.drivers.portable import PortableDriver
from unitwork.adapters.sqlalchemy.engines import Pools
from unitwork.adapters.sqlalchemy.errors import Translator
from unitwork.adapters.sqlalchemy.layout import Layouts
from unitwork.adapters.sqlalchemy.reads import Reads
from unitwork.adapters.sqlalchemy.writes import WritePhases
from unitwork.domain.errors import MisuseError
from unitwork.domain.storage_errors import StorageBusyError


class Gateway:
    """Statements, pools, and the turn to write; on one event loop.

    Source: Gateway (Fowler).
    """

    def __init__(self, layouts: Layouts, pools: Pools) -> None:
        """Connect to nothing yet."""
        dialect = pools.engines.dialect
        self.pools = pools
        self.dialect = dialect
        self.layouts = layouts
        self.reads = Reads(layouts, dialect)
        self.writes = WritePhases(layouts, self.reads, dialect)
        file = dialect.file(pools.engines.url)
        self.translator = Translator(dialect, tuple(layouts), file)
        self._driver = PortableDriver(pools, self.translator)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._turn = asyncio.Lock()

    def driver(self) -> PortableDriver:
        """Return the driver, on the event loop that used it first.

        Raises:
            MisuseError: another loop uses it.
        """
        running = asyncio.get_running_loop()
        if self._loop is None:
            self._loop = running
        elif self._loop is not running:
            raise MisuseError(
                "A database object is used from a second event loop.",
                "Its connections belong to the loop that used it first.",
                "Make one database object for each loop, or `await database.dispose()`"
                " on the first one before the second begins.",
            )
        return self._driver

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[None]:
        """Wait for the turn to write, first come, first served. Contract: 25.

        No connection is held while waiting: whoever has the turn may need it.

        Raises:
            StorageBusyError: it took longer than lock_timeout.
        """
        self.driver()
        engines = self.pools.engines
        if not engines.dialect.writers_queue:
            yield
            return
        timeout = engines.limits.lock_timeout
        try:
            async with asyncio.timeout(timeout):
                await self._turn.acquire()
        except TimeoutError as late:
            raise StorageBusyError(
                f"writers of this process kept the others waiting for {timeout} s"
            ) from late
        try:
            yield
        finally:
            self._turn.release()

    async def dispose(self) -> None:
        """Close the pools, and belong to no event loop.

        Connections to a server cannot be closed any more when their loop is closed.

        Raises:
            MisuseError: another loop, which still runs, uses them.
        """
        if self._loop is not None and not self._loop.is_closed():
            self.driver()
        closable = self._loop in (None, asyncio.get_running_loop())
        closable = closable or self.pools.engines.dialect.interrupts
        self._loop, self._turn = None, asyncio.Lock()
        await self.pools.dispose(close=closable)
