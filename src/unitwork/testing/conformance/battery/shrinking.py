"""Make a case that differs as small as it can be.

Source: delta debugging, ddmin (Zeller and Hildebrandt, 2002).
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any, TypeAlias, TypeVar

import attrs

from unitwork.testing.conformance.battery.columns import NAMES
from unitwork.testing.conformance.battery.differences import Difference
from unitwork.testing.conformance.battery.kinds import Json
from unitwork.testing.conformance.battery.questions import ALL, Case, Question, Step

T = TypeVar("T")
Differs: TypeAlias = Callable[[Case], Awaitable[Difference | None]]
"""Runs a case, and says how it differs, if it does."""


async def shrink(difference: Difference, differs: Differs) -> Difference:
    """Return a difference of a case from which nothing more can be taken.

    Args:
        difference: what was found.
        differs: runs a smaller case.

    Cost: some hundred runs of ever smaller cases.
    """
    best = difference
    while True:
        before = best.case
        for pass_ in (_plain, _fewer_steps, _fewer_rows, _simpler_steps, _fewer_values):
            best = await pass_(best, differs)
        if best.case == before:
            return attrs.evolve(best, seed=difference.seed)


def _steps(case: Case, steps: Sequence[Step]) -> Case:
    return attrs.evolve(case, steps=tuple(steps))


def _rows(case: Case, of: str, rows: Sequence[Json]) -> Case:
    return attrs.evolve(case, rows={**case.rows, of: list(rows)})


async def _plain(best: Difference, differs: Differs) -> Difference:
    """Store the rows as they are, if that shows it too."""
    if not best.case.rewritten:
        return best
    return await differs(attrs.evolve(best.case, rewritten=False)) or best


async def _first(cases: Iterator[Case], differs: Differs) -> Difference | None:
    for case in cases:
        found = await differs(case)
        if found is not None:
            return found
    return None


def _without(things: Sequence[T], size: int) -> Iterator[list[T]]:
    """Leave out so many at a time, from each place."""
    for at in range(0, len(things), size):
        yield [*things[:at], *things[at + size :]]


def _smaller(things: Sequence[T]) -> Iterator[list[T]]:
    """Leave out ever fewer, down to one."""
    size = len(things)
    while size:
        yield from _without(things, size)
        size //= 2


async def _fewer_steps(best: Difference, differs: Differs) -> Difference:
    while True:
        found = await _first(
            (_steps(best.case, fewer) for fewer in _smaller(best.case.steps)), differs
        )
        if found is None:
            return best
        best = found


async def _fewer_rows(best: Difference, differs: Differs) -> Difference:
    for of in tuple(best.case.rows):
        while True:
            rows = best.case.rows[of]
            found = await _first(
                (_rows(best.case, of, fewer) for fewer in _smaller(rows)),
                differs,
            )
            if found is None:
                break
            best = found
    return best


async def _simpler_steps(best: Difference, differs: Differs) -> Difference:
    at = 0
    while at < len(best.case.steps):
        steps = best.case.steps
        simpler = (
            _steps(best.case, (*steps[:at], step, *steps[at + 1 :]))
            for step in _simpler(steps[at])
        )
        found = await _first(simpler, differs)
        best, at = (best, at + 1) if found is None else (found, at)
    return best


async def _fewer_values(best: Difference, differs: Differs) -> Difference:
    """Set what can be to its default, in the rows that are left."""
    for of in tuple(best.case.rows):
        for at in range(len(best.case.rows[of])):
            for path in tuple(best.case.rows[of][at]):
                rows = best.case.rows[of]
                row = _less(rows[at], path)
                if path == NAMES[of] or row == rows[at]:
                    continue
                fewer = [*rows[:at], row, *rows[at + 1 :]]
                found = await differs(_rows(best.case, of, fewer))
                best = found or best
    return best


def _simpler(step: Step) -> Iterator[Step]:
    """Go through steps that say less; each is strictly simpler, so this ends."""
    if step[0] == "ask":
        yield from (["ask", question] for question in _simpler_questions(step[1]))
    elif step[0] in ("add", "replace", "change"):
        *before, kept = step
        for path in kept:
            if path != NAMES[step[1]]:
                yield [*before, _less(kept, path)]


def _less(row: Json, path: str) -> Json:
    """Leave a value out of a row; of an embedded value, all parts."""
    first = path.partition(".")[0]
    return {p: row[p] for p in row if p.partition(".")[0] != first}


def _simpler_questions(asked: Question) -> Iterator[Question]:
    if len(asked.calls) > 1:
        yield from (attrs.evolve(asked, calls=(call,)) for call in asked.calls)
    yield from (attrs.evolve(asked, where=where) for where in _wheres(asked.where))
    for order in _without(asked.order, 1):
        yield attrs.evolve(asked, order=order)
    plain = Question()
    for name in ("limit", "offset", "number", "size", "chunk"):
        if getattr(asked, name) != getattr(plain, name):
            simpler: Any = {name: getattr(plain, name)}
            yield attrs.evolve(asked, **simpler)


def _wheres(where: Json) -> Iterator[Json]:
    if where == ALL:
        return
    kind, *rest = where
    yield list(ALL)
    if kind == "in":
        yield from (["in", rest[0], fewer] for fewer in _smaller(rest[1]))
        return
    parts = [part for part in rest if isinstance(part, list)]
    yield from parts
    for at, part in enumerate(rest, 1):
        if isinstance(part, list):
            for simpler in _wheres(part):
                yield [*where[:at], simpler, *where[at + 1 :]]
