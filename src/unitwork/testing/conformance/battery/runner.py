"""Ask a storage the questions of many seeds, up to the first difference."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

import attrs

from unitwork.testing.amounts import QUERIES_OF_A_SEED
from unitwork.testing.conformance.battery.asking import (
    Disagreement,
    MakeUnit,
    play,
    store,
)
from unitwork.testing.conformance.battery.differences import Difference, Progress
from unitwork.testing.conformance.battery.drawing import Drawing
from unitwork.testing.conformance.battery.questions import Case
from unitwork.testing.conformance.battery.shrinking import shrink


async def run_battery(
    unit: MakeUnit,
    seeds: Iterable[int],
    *,
    queries_per_seed: int = QUERIES_OF_A_SEED,
    shrunk: bool = True,
) -> AsyncIterator[Progress]:
    """Ask the questions of some seeds; stop at the first answer that differs.

    Args:
        unit: makes units on a storage of the battery's own: what is in it is removed.
        seeds: which questions; a range is resumed by a later one.
        queries_per_seed: how many are asked of the same rows, from 1.
        shrunk: make a case that differs as small as it can be.

    Returns:
        A report for each seed, in order; the last one has the difference.

    Every second seed stores other rows, and changes them.

    Cost: two commits a seed, or three, and for a query one to six calls of a
    repository.
    """
    asked = 0
    for seed in seeds:
        found = await _differs(unit, Drawing(seed), seed, queries_per_seed)
        asked += queries_per_seed
        if found is not None and shrunk:
            found = await shrink(found, differs_on(unit))
        yield Progress(seed, asked, found)
        if found is not None:
            return


def differs_on(unit: MakeUnit) -> Callable[[Case], Awaitable[Difference | None]]:
    """Make what runs one case on a storage, and says how it differs, if it does."""

    async def differs(case: Case) -> Difference | None:
        found = await _play(unit, case)
        return None if found is None else Difference.of(case, found)

    return differs


async def _play(unit: MakeUnit, case: Case) -> Disagreement | None:
    try:
        stored = await store(unit, case)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is not right
        return _refused(error)
    return await play(unit, stored, case.steps)


async def _differs(
    unit: MakeUnit, drawing: Drawing, seed: int, questions: int
) -> Difference | None:
    case = Case(drawing.rows, (), rewritten=seed % 2 == 1)
    try:
        stored = await store(unit, case)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is not right
        return Difference.of(case, _refused(error), seed=seed)
    for steps in drawing.sittings(questions):
        disagreed = await play(unit, stored, steps)
        if disagreed is not None:
            case = attrs.evolve(case, steps=steps)
            return Difference.of(case, disagreed, seed=seed)
    return None


def _refused(error: Exception) -> Disagreement:
    return Disagreement(-1, "store", "done", f"{type(error).__name__}: {error}")
