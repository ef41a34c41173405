"""Run programs of many seeds on a storage, up to the first difference."""

from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Iterable,
    Sequence,
)
from functools import partial
from typing import TypeAlias

import attrs

from unitwork.adapters.storage import AbstractDatabase
from unitwork.domain.specification import all_of
from unitwork.testing.conformance.adapter import Adapter
from unitwork.testing.conformance.coverage import Coverage
from unitwork.testing.conformance.differential import Difference, compare, predict
from unitwork.testing.conformance.generator import generate
from unitwork.testing.conformance.interpreter import MakeUnit
from unitwork.testing.conformance.programs import ISOLATIONS, Json, Program, errors_in
from unitwork.testing.conformance.shrinking import shrink
from unitwork.testing.conformance.warehouse import Site, WarehouseUnitOfWork

Fresh: TypeAlias = Callable[[], Awaitable[MakeUnit]]
"""Empties a storage, and gives what makes units on it."""


@attrs.frozen
class Progress:
    """How far a run has come. To resume it, begin with the next seed."""

    seed: int
    programs: int
    coverage: Coverage
    difference: Difference | None = None
    """What was found, shrunk; the run has ended."""


async def run_programs(
    fresh: Fresh,
    seeds: Iterable[int],
    *,
    shrunk: bool = True,
    levels: Sequence[str] = ISOLATIONS,
    avoiding: Collection[str] = (),
) -> AsyncIterator[Progress]:
    """Run the programs of some seeds; stop at the first that differs.

    Args:
        fresh: gives an empty storage to each program: `emptied(unit)`, or what makes
            a new one.
        seeds: which programs; a range is resumed by a later one.
        shrunk: make a program that differs as small as it can be.
        levels: the isolation levels of units; one for all, or several side by side.
        avoiding: outcomes that the storage cannot have; a program that should come to
            one is left out.

    Returns:
        A report for each program that was run, in order; the last one has the
        difference.
    """
    coverage = Coverage()
    for seed in seeds:
        generated = generate(seed, levels=levels)
        if _comes_to(avoiding, generated.expected):
            continue
        coverage.add(generated)
        unit, expected = await fresh(), generated.expected
        found = await compare(generated.program, unit, expected=expected)
        if found is not None and shrunk:
            found = await shrink(found, differs_on(fresh, avoiding))
        yield Progress(seed, coverage.programs, coverage, found)
        if found is not None:
            return


def differs_on(
    fresh: Fresh, avoiding: Collection[str] = ()
) -> Callable[[Program], Awaitable[Difference | None]]:
    """Make what runs one program on a storage, and says how it differs.

    Args:
        fresh: gives an empty storage to each program.
        avoiding: outcomes that the storage cannot have; a program that should come to
            one does not differ.
    """

    async def differs(program: Program) -> Difference | None:
        expected = predict(program)
        if _comes_to(avoiding, expected):
            return None
        return await compare(program, await fresh(), expected=expected)

    return differs


def _comes_to(outcomes: Collection[str], expected: Iterable[Json]) -> bool:
    """Tell whether one of some errors may be raised at one of the steps."""
    return any(not errors_in(said).isdisjoint(outcomes) for said in expected)


def fresh_warehouse(adapter: Adapter, database: AbstractDatabase) -> Fresh:
    """Empty an adapter's database before each program, in its own way if it has one.

    Args:
        adapter: made the database.
        database: with the schema of the warehouse.
    """
    unit = adapter.unit(WarehouseUnitOfWork)  # type: ignore[type-abstract]  # a port
    return emptied(partial(unit, database), quickly=partial(adapter.empty, database))


def emptied(
    unit: MakeUnit, *, quickly: Callable[[], Awaitable[bool]] | None = None
) -> Fresh:
    """Empty a storage before each program, by units of the storage itself.

    Nothing but the public port is asked for, so it serves any storage.

    Args:
        unit: makes units; its tables are there already.
        quickly: empties it in the storage's own way, and tells whether it did.

    Cost: a query for each class, and a commit if anything is stored; a query and a
        commit more if sites refer to each other in a circle.
    """

    async def fresh() -> MakeUnit:
        if quickly is not None and await quickly():
            return unit
        while not await _removed_everything(unit()):
            pass
        return unit

    return fresh


async def _removed_everything(uow: WarehouseUnitOfWork) -> bool:
    """Remove all, or what keeps sites from being removed; tell whether it was all."""
    async with uow:
        sites = await uow.sites.matching(all_of())
        if circle := _in_a_circle(sites):
            for site in sites:
                site.parent = None
        else:
            for pick in await uow.picks.matching(all_of()):
                uow.picks.remove(pick)
            for item in await uow.items.matching(all_of()):
                uow.items.remove(item)
            for site in sites:
                uow.sites.remove(site)
        await uow.commit()
    return not circle


def _in_a_circle(sites: list[Site]) -> bool:
    parents = {site.code: site.parent for site in sites}
    for above in parents.values():
        steps = 0
        while above is not None and steps <= len(parents):
            above, steps = parents.get(above), steps + 1  # noqa: PLW2901 - climbing
        if above is not None:
            return True
    return False
