"""A process of a run, without the process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager

from unitwork.adapters.mapping import Schema
from unitwork.adapters.memory import InMemoryDatabase
from unitwork.testing.conformance.campaign.lanes import Task
from unitwork.testing.conformance.campaign.own import InMemory
from unitwork.testing.conformance.campaign.working import Desk


class Waiting(InMemory):
    """Never opens a database."""

    @asynccontextmanager
    async def database(
        self, schema: Schema, *, lock_timeout: float = 5.0
    ) -> AsyncIterator[InMemoryDatabase]:
        """Wait."""
        await asyncio.Event().wait()
        yield InMemoryDatabase(schema, lock_timeout=lock_timeout)


async def test_an_adapter_that_waits_for_ever_is_found() -> None:
    """After the time that a task may take, with the place where it waited."""
    task = Task(
        lane=0,
        adapter=f"{__name__}:Waiting",
        kind="programs",
        level="mixed",
        seeds=range(7, 9),
    )
    with ExitStack() as at_end:
        part = await Desk(at_end, lambda: False, seconds=0.01).do(task)

    assert part.found is not None
    assert part.found.seed == part.reached == 7
    assert "TimeoutError" in part.found.text
    assert "await asyncio.Event().wait()" in part.found.text
