"""Make a program that differs as small as it can be.

Source: delta debugging, ddmin (Zeller and Hildebrandt, 2002).
"""

from collections.abc import Awaitable, Callable, Iterator
from typing import TypeAlias

from unitwork.testing.conformance.differential import Difference
from unitwork.testing.conformance.programs import Json, Program, Step

Differs: TypeAlias = Callable[[Program], Awaitable[Difference | None]]
"""Runs a program on an empty storage, and compares."""


async def shrink(difference: Difference, differs: Differs) -> Difference:
    """Return a difference of a program from which nothing more can be taken.

    Args:
        difference: what was found.
        differs: runs a smaller program, and says how it differs, if it does.

    Cost: some hundred runs of ever smaller programs.
    """
    best = _cut(difference)
    while True:
        before = best
        best = await _without_steps(best, differs)
        best = await _with_simpler_steps(best, differs)
        if best.program == before.program:
            return best


def _cut(difference: Difference) -> Difference:
    """Leave out what comes after the step that differs."""
    program, at = difference.program, difference.at
    cut = Program(program.seed, program.steps[: at + 1])
    return Difference(cut, at, difference.expected, difference.observed)


async def _without_steps(best: Difference, differs: Differs) -> Difference:
    size = len(best.program) // 2 or 1
    while size:
        at = 0
        while at < len(best.program):
            steps = best.program.steps
            smaller = await _try(best, steps[:at] + steps[at + size :], differs)
            best, at = (best, at + size) if smaller is None else (smaller, at)
        size //= 2
    return best


async def _with_simpler_steps(best: Difference, differs: Differs) -> Difference:
    at = 0
    while at < len(best.program):
        steps = best.program.steps
        for simpler in _simpler(steps[at]):
            found = await _try(best, (*steps[:at], simpler, *steps[at + 1 :]), differs)
            if found is not None:
                best = found
                break
        else:
            at += 1
    return best


async def _try(
    best: Difference, steps: tuple[Step, ...], differs: Differs
) -> Difference | None:
    found = await differs(Program(best.program.seed, steps)) if steps else None
    return found and _cut(found)


def _simpler(step: Step) -> Iterator[Step]:
    """Go through steps that say less; each is strictly simpler, so this ends."""
    for name, value in step.args.items():
        for simpler in _simpler_values(name, value):
            yield Step(step.do, step.unit, {**step.args, name: simpler})


def _simpler_values(name: str, value: Json) -> Iterator[Json]:
    if name == "isolation":
        yield from () if value == "read_committed" else ("read_committed",)
    elif name in ("read_only", "raising") and value:
        yield False
    elif name == "where" and value != ["all"]:
        yield ["all"]
        yield from value[1:] if value[0] in ("and", "or", "not") else ()
    elif name == "values":
        yield from ({n: v for n, v in value.items() if n != out} for out in value)
    elif name == "order" and value:
        yield from (value[:at] + value[at + 1 :] for at in range(len(value)))
    elif (name == "limit" and value is not None) or (name == "offset" and value):
        yield None if name == "limit" else 0
    elif name == "value" and isinstance(value, dict | list) and value:
        yield value[:-1] if isinstance(value, list) else None
