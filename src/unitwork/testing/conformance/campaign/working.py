"""A process of a run: does the tasks that it is sent, until nobody sends any."""

import asyncio
import logging
import signal
import time
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, ExitStack, suppress
from functools import partial
from importlib import import_module
from multiprocessing.connection import Connection
from typing import Any

import attrs

from unitwork.adapters.mapping.schema import Schema
from unitwork.adapters.storage import AbstractDatabase
from unitwork.domain.errors import MisuseError
from unitwork.testing.conformance.adapter import Adapter
from unitwork.testing.conformance.battery.cabinet import CABINET, CabinetUnit
from unitwork.testing.conformance.battery.runner import run_battery
from unitwork.testing.conformance.campaign.lanes import (
    ISOLATION,
    MIXED,
    PROGRAMS,
    QUERIES,
    Found,
    Part,
    Task,
)
from unitwork.testing.conformance.coverage import Coverage
from unitwork.testing.conformance.histories.ledger import LEDGER
from unitwork.testing.conformance.histories.verdicts import play_all, promised
from unitwork.testing.conformance.printing import as_python
from unitwork.testing.conformance.runner import fresh_warehouse, run_programs
from unitwork.testing.conformance.warehouse import warehouse_schema
from unitwork.testing.storages import MissingDatabaseError

_SCHEMAS: dict[str, Callable[[], Schema]] = {
    PROGRAMS: warehouse_schema,
    QUERIES: lambda: CABINET,
    ISOLATION: lambda: LEDGER,
}


def adapter_named(name: str) -> type[Adapter]:
    """Import an adapter: `module:Class`.

    Raises:
        MisuseError: there is none.
    """
    module, _, kind = name.partition(":")
    try:
        found = getattr(import_module(module), kind)
    except (ImportError, AttributeError, ValueError) as error:
        found = error
    if isinstance(found, type) and issubclass(found, Adapter):
        return found
    raise MisuseError(
        f"{name!r} is no adapter: {found!r}.",
        "A run makes adapters by themselves, in several processes.",
        "Name a class that derives from unitwork.testing.Adapter: mine.storage:Mine.",
    )


def work(orders: Connection) -> None:
    """Do tasks until None comes, or until there is nobody to send any."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is for the process that sends
    logging.getLogger().addHandler(logging.NullHandler())  # drivers tell much
    with ExitStack() as at_end, asyncio.Runner() as runner:
        desk = Desk(at_end, orders.poll)
        try:
            while (task := orders.recv()) is not None:
                orders.send(runner.run(desk.do(task)))
        except (EOFError, OSError):
            pass  # the process that sent tasks is gone
        finally:
            runner.run(desk.close())


class Desk:
    """Has the adapters that were asked for, and one open database."""

    def __init__(
        self, at_end: ExitStack, told: Callable[[], bool], *, seconds: float = 600
    ) -> None:
        """Open nothing yet.

        Args:
            at_end: closes adapters.
            told: tells whether there is something new to hear, so that a task stops.
            seconds: how long a task may take; one that waits for ever is found.
        """
        self._seconds = seconds
        self._at_end = at_end
        self._told = told
        self._adapters: dict[str, Adapter] = {}
        self._open: tuple[str, str] | None = None
        self._closing = AsyncExitStack()

    async def do(self, task: Task) -> Part:
        """Do a task; what an adapter raises meanwhile is a finding.

        Raises:
            MissingDatabaseError: the server is gone. That is no finding; the run ends,
                and goes on another day.
        """
        begun = time.perf_counter()
        part = Part(reached=task.seeds.start, asked=0, seconds=0)
        try:
            async with asyncio.timeout(self._seconds):
                async for done in await self._asking(task):
                    part = done
                    if self._told():
                        break
        except Exception:  # noqa: BLE001 - an adapter of others may raise anything
            part = attrs.evolve(part, found=Found(part.reached, traceback.format_exc()))
            await self._opened_anew(task)
        spent = round(time.perf_counter() - begun, 3)
        end = part.reached if self._told() or part.found else task.seeds.stop
        return attrs.evolve(part, seconds=spent, reached=end)

    async def _asking(self, task: Task) -> AsyncIterator[Part]:
        """Open what a task needs, and return what asks, a part after the other."""
        adapter, database = await self._opened(task)
        levels = adapter.capabilities.levels if task.level == MIXED else (task.level,)
        asking: AsyncIterator[Part] = getattr(self, f"_{task.kind}")(
            adapter, database, task, levels
        )
        return asking

    async def _opened_anew(self, task: Task) -> None:
        """Let the next task have a database of its own; closing this may fail too."""
        with suppress(Exception):
            await self.close()
        try:
            async with asyncio.timeout(self._seconds):
                await self._opened(task)
        except MissingDatabaseError:
            raise
        except Exception:  # noqa: BLE001 - the next task will find it
            await self.close()

    async def close(self) -> None:
        """Close the database."""
        self._open = None
        closing, self._closing = self._closing, AsyncExitStack()
        await closing.aclose()

    async def _opened(self, task: Task) -> tuple[Adapter, AbstractDatabase]:
        if task.adapter not in self._adapters:
            opened = adapter_named(task.adapter).opened()
            self._adapters[task.adapter] = self._at_end.enter_context(opened)
        adapter = self._adapters[task.adapter]
        if self._open != (task.adapter, task.kind):
            await self.close()
            opening = adapter.database(_SCHEMAS[task.kind]())
            self._database = await self._closing.enter_async_context(opening)
            self._open = task.adapter, task.kind
        return adapter, self._database

    async def _programs(
        self, adapter: Adapter, database: AbstractDatabase, task: Task, levels: Any
    ) -> AsyncIterator[Part]:
        running = run_programs(
            fresh_warehouse(adapter, database),
            task.seeds,
            levels=levels,
            avoiding=adapter.capabilities.never,
        )
        async for progress in running:
            difference, found = progress.difference, None
            if difference is not None:
                text = f"{difference}\n\n{as_python(difference.program)}"
                found = Found(progress.seed, text, difference.program.to_json())
            yield Part(
                reached=progress.seed + 1,
                asked=progress.programs,
                seconds=0,
                met=_as_json(progress.coverage),
                found=found,
            )

    async def _queries(
        self, adapter: Adapter, database: AbstractDatabase, task: Task, levels: Any
    ) -> AsyncIterator[Part]:
        del adapter
        for done, seed in enumerate(task.seeds, 1):
            at = levels[seed % len(levels)]
            unit, found = partial(CabinetUnit, database, isolation=at), None
            asking = run_battery(unit, [seed], queries_per_seed=task.questions)
            async for progress in asking:
                if progress.difference is not None:
                    case = progress.difference.case
                    text = f"at {at}: {progress.difference}"
                    found = Found(seed, text, case.to_json())
            asked = done * task.questions
            yield Part(reached=seed + 1, asked=asked, seconds=0, found=found)
            if found is not None:
                return

    async def _isolation(
        self, adapter: Adapter, database: AbstractDatabase, task: Task, levels: Any
    ) -> AsyncIterator[Part]:
        del adapter
        verdicts = await play_all(database, levels)
        found = None
        if verdicts != promised(levels):
            wrong = {n: v for n, v in verdicts.items() if v != promised(levels)[n]}
            found = Found(task.seeds.start, f"The isolation table differs: {wrong}")
        shown = {name: all(by.values()) for name, by in verdicts.items()}
        end = task.seeds.stop
        yield Part(
            reached=end, asked=len(shown), seconds=0, verdicts=shown, found=found
        )


def _as_json(coverage: Coverage) -> dict[str, dict[str, int]]:
    met: dict[str, dict[str, int]] = {}
    for (kind, level), count in coverage.met.items():
        if count:
            met.setdefault(kind, {})[level] = count
    return met
