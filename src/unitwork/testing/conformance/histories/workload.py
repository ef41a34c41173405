"""A seeded workload: many units at once, over few logs and groups."""

import asyncio
from collections.abc import Iterator
from itertools import count
from random import Random
from typing import Literal

import attrs

from unitwork.adapters.making import IsolationName
from unitwork.adapters.storage import AbstractDatabase
from unitwork.testing.conformance.histories.history import History
from unitwork.testing.conformance.histories.recording import RecordedUnit, Recorder

Step = tuple[Literal["lock", "read", "append", "list", "join", "leave"], str, int]
"""What to do, where, and with which value; a leave picks by it."""

_READERS = 0.3
_LOCKERS = 0.1
_YIELDS = 3


@attrs.frozen
class Workload:
    """How much is done, and how hot it is."""

    transactions: int = 400
    workers: int = 8
    """How many units are open at once."""
    seed: int = 0
    places: int = 3
    """How many logs, and groups, are hot at a time."""
    turnover: int = 40
    """After so many units there are new ones, so that reads stay small."""
    steps: int = 5
    """At most so many operations a unit."""
    locks: bool = True
    """Whether some units lock a log before they append to it."""

    def plans(self) -> Iterator["Plan"]:
        """Return what each unit shall do: always the same for the same seed."""
        values = count(1)
        for number in range(self.transactions):
            random = Random(f"{self.seed}:{number}")  # noqa: S311 - no secret
            era = number // self.turnover
            names = [f"{era}.{place}" for place in range(self.places)]
            plan = _plan(random, names, values, self.steps)
            yield plan if self.locks else plan.unlocked()

    def logs(self) -> list[str]:
        """Return the names of all logs."""
        return [f"log {name}" for name in self._names()]

    def groups(self) -> list[str]:
        """Return the names of all groups."""
        return [f"group {name}" for name in self._names()]

    def _names(self) -> Iterator[str]:
        for era in range(-(-self.transactions // self.turnover)):
            yield from (f"{era}.{place}" for place in range(self.places))


@attrs.frozen
class Plan:
    """What one unit shall do, and how often it lets others run before each step."""

    steps: tuple[Step, ...]
    yields: tuple[int, ...]
    read_only: bool

    def unlocked(self) -> "Plan":
        """Do the same without locks."""
        steps: list[Step] = [
            ("read" if kind == "lock" else kind, place, value)
            for kind, place, value in self.steps
        ]
        return Plan(tuple(steps), self.yields, self.read_only)


def _plan(random: Random, names: list[str], values: Iterator[int], most: int) -> Plan:
    reads = random.random() < _READERS
    size = random.randint(2, most)
    yields = tuple(random.randint(0, _YIELDS) for _ in range(size))
    if reads:
        steps = [_step(random, ("read", "list"), names, values) for _ in range(size)]
        return Plan(tuple(steps), yields, read_only=random.random() < 1 / 2)
    kinds = ("read", "append", "append", "list", "join", "leave")
    steps = [_step(random, kinds, names, values) for _ in range(size)]
    if random.random() < _LOCKERS:
        locked = f"log {random.choice(names)}"
        steps = [
            ("append", locked, value) if kind == "append" else (kind, place, value)
            for kind, place, value in steps
        ]
        steps[0] = ("lock", locked, 0)
    return Plan(tuple(steps), yields, read_only=False)


def _step(
    random: Random, kinds: tuple[str, ...], names: list[str], values: Iterator[int]
) -> Step:
    kind, name = random.choice(kinds), random.choice(names)
    if kind == "read":
        return "read", f"log {name}", 0
    if kind == "append":
        return "append", f"log {name}", next(values)
    if kind == "join":
        return "join", f"group {name}", next(values)
    if kind == "leave":
        return "leave", f"group {name}", random.randrange(1 << 16)
    return "list", f"group {name}", 0


async def run(
    database: AbstractDatabase, level: IsolationName, workload: Workload
) -> History:
    """Do a workload, then read everything once more.

    Args:
        database: empty, with the schema `LEDGER`.
        level: the isolation of every unit.
        workload: what to do.

    Returns:
        What happened. The last unit has read every log and group, so that nothing
        written stays unseen.
    """
    recorder = Recorder(database, level)
    plans = workload.plans()

    async def work() -> None:
        for plan in plans:
            async with recorder.unit(read_only=plan.read_only) as unit:
                await _do(unit, plan)

    async with asyncio.TaskGroup() as workers:
        for _ in range(workload.workers):
            workers.create_task(work())
    async with recorder.unit(read_only=True) as last:
        for place in workload.logs():
            await last.read(place)
        for group in workload.groups():
            await last.list(group)
        await last.commit()
    return recorder.history()


async def _do(unit: RecordedUnit, plan: Plan) -> None:
    for (kind, place, value), yields in zip(plan.steps, plan.yields, strict=True):
        for _ in range(yields):
            await asyncio.sleep(0)
        match kind:
            case "lock" | "read":
                await unit.read(place, lock=kind == "lock")
            case "append":
                await unit.append(place, value)
            case "list":
                await unit.list(place)
            case "join":
                unit.join(place, value)
            case "leave":
                listed = await unit.list(place)
                if listed:
                    await unit.leave(place, listed[value % len(listed)])
    await unit.commit()
