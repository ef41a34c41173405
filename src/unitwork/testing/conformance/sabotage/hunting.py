"""Let the kit look for a seeded bug, until it has found it."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import attrs

from unitwork.adapters.making import IsolationName
from unitwork.testing.conformance.adapter import Adapter
from unitwork.testing.conformance.battery.cabinet import CABINET, CabinetUnit
from unitwork.testing.conformance.battery.runner import run_battery
from unitwork.testing.conformance.histories.checker import check
from unitwork.testing.conformance.histories.ledger import LEDGER
from unitwork.testing.conformance.histories.phenomena import LEVELS, forbidden
from unitwork.testing.conformance.histories.verdicts import play_all, promised
from unitwork.testing.conformance.histories.workload import Workload, run
from unitwork.testing.conformance.laws import check_laws
from unitwork.testing.conformance.runner import fresh_warehouse, run_programs
from unitwork.testing.conformance.sabotage.bug import Bug
from unitwork.testing.conformance.sabotage.planting import sabotaged
from unitwork.testing.conformance.sabotage.results import PROGRAMS, Kill
from unitwork.testing.conformance.warehouse import warehouse_schema

SECONDS = 60
"""After which a bug that waits for ever is taken for seen."""
QUERIES_A_SEED = 50


@attrs.frozen(kw_only=True)
class Effort:
    """How long to look."""

    programs: int = 1000
    queries: int = 5000
    laws: int = 9
    transactions: int = 200


USUAL = Effort()


async def hunt(
    adapter: Adapter,
    bug: Bug,
    effort: Effort = USUAL,
    *,
    seconds: float = SECONDS,
    first: str = PROGRAMS,
) -> Kill | None:
    """Ask a storage with one bug everything that needs no pytest, up to a difference.

    Args:
        adapter: makes databases; from now on with the bug.
        bug: what is wrong with them.
        effort: how many programs, queries, laws and transactions there are at most.
        seconds: how long each kind of question may take.
        first: the kind to begin with: programs, queries, laws, histories.

    Returns:
        What found it; None if nothing did.
    """
    wrong = sabotaged(adapter, bug)
    for name, look in sorted(_WAYS.items(), key=lambda way: way[0] != first):
        way = _Way(wrong, effort)
        try:
            async with asyncio.timeout(seconds):
                seen = await look(way)
        except TimeoutError:
            seen = f"no end after {seconds:.0f} seconds"
        except Exception as error:  # noqa: BLE001 - a right storage raises nothing
            seen = f"{type(error).__name__}: {error}"
        if seen is not None:
            return Kill(name, way.number, " ".join(seen.split())[:300])
    return None


@attrs.define
class _Way:
    """One way to look for a bug."""

    adapter: Adapter
    effort: Effort
    number: int = 1


async def _programs(way: _Way) -> str | None:
    async with way.adapter.database(warehouse_schema()) as database:
        fresh = fresh_warehouse(way.adapter, database)
        can, seeds = way.adapter.capabilities, range(way.effort.programs)
        async for progress in run_programs(
            fresh, seeds, shrunk=False, levels=can.levels, avoiding=can.never
        ):
            way.number = progress.programs + (progress.difference is None)
            if progress.difference is not None:
                return str(progress.difference)
    return None


async def _queries(way: _Way) -> str | None:
    async with way.adapter.database(CABINET) as database:
        unit = partial(CabinetUnit, database)
        seeds = range(way.effort.queries // QUERIES_A_SEED)
        each = QUERIES_A_SEED
        async for progress in run_battery(
            unit, seeds, queries_per_seed=each, shrunk=False
        ):
            way.number = progress.questions
            if progress.difference is not None:
                return str(progress.difference)
    return None


async def _laws(way: _Way) -> str | None:
    async with way.adapter.database(warehouse_schema()) as database:
        fresh = fresh_warehouse(way.adapter, database)
        async for broken in check_laws(fresh, range(way.effort.laws)):
            way.number = broken.seed + 1
            return f"{broken.law}: {broken.complaint}"
    return None


async def _histories(way: _Way) -> str | None:
    can = way.adapter.capabilities
    levels: list[IsolationName] = [one for one in LEVELS if one in can.levels]
    for number, level in enumerate(levels, 1):
        way.number = number
        async with way.adapter.database(LEDGER) as database:
            played, right = await play_all(database, [level]), promised([level])
            if played != right:
                return f"Hermitage at {level}: {played} and not {right}"
        if not can.parallel:
            continue
        async with way.adapter.database(LEDGER) as database:
            workload = Workload(transactions=way.effort.transactions, locks=can.locks)
            found = forbidden(level, check(await run(database, level, workload)))
            if found:
                return f"{level}: {found[0]}"
    return None


_WAYS: dict[str, Callable[[_Way], Awaitable[str | None]]] = {
    PROGRAMS: _programs,
    "queries": _queries,
    "laws": _laws,
    "histories": _histories,
}
