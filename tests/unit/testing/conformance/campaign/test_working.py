"""A process of a run, without the process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager

import pytest

from unitwork.adapters.mapping import Schema
from unitwork.adapters.memory import InMemoryDatabase
from unitwork.adapters.memory.session import InMemorySession
from unitwork.adapters.storage import UnitOptions
from unitwork.domain.storage_errors import ConnectionLostError
from unitwork.testing.conformance.campaign.lanes import Task
from unitwork.testing.conformance.campaign.own import InMemory
from unitwork.testing.conformance.campaign.working import Desk
from unitwork.testing.storages import MissingDatabaseError


def task_of(kind: type[InMemory]) -> Task:
    """Two programs for an adapter of this file."""
    return Task(
        lane=0,
        adapter=f"{__name__}:{kind.__name__}",
        kind="programs",
        level="mixed",
        seeds=range(7, 9),
    )


class Waiting(InMemory):
    """Never opens a database."""

    @asynccontextmanager
    async def database(
        self, schema: Schema, *, lock_timeout: float = 5.0
    ) -> AsyncIterator[InMemoryDatabase]:
        """Wait."""
        await asyncio.Event().wait()
        yield InMemoryDatabase(schema, lock_timeout=lock_timeout)


class Gone(InMemoryDatabase):
    """Answers no unit."""

    def open(self, options: UnitOptions) -> InMemorySession:
        """Refuse."""
        raise ConnectionLostError("gone")


class Vanishing(InMemory):
    """Has a server that is gone after the first database, which fails too."""

    opened_before = False

    @asynccontextmanager
    async def database(
        self, schema: Schema, *, lock_timeout: float = 5.0
    ) -> AsyncIterator[InMemoryDatabase]:
        """Open a database once."""
        if self.opened_before:
            raise MissingDatabaseError
        self.opened_before = True
        yield Gone(schema, lock_timeout=lock_timeout)


async def test_an_adapter_that_waits_for_ever_is_found() -> None:
    """After the time that a task may take, with the place where it waited."""
    with ExitStack() as at_end:
        part = await Desk(at_end, lambda: False, seconds=0.01).do(task_of(Waiting))

    assert part.found is not None
    assert part.found.seed == part.reached == 7
    assert "TimeoutError" in part.found.text
    assert "await asyncio.Event().wait()" in part.found.text


async def test_a_server_that_is_gone_ends_the_run_and_is_no_finding() -> None:
    """The seeds that are left are asked when the run goes on."""
    with ExitStack() as at_end:
        desk = Desk(at_end, lambda: False)
        with pytest.raises(MissingDatabaseError):
            await desk.do(task_of(Vanishing))
