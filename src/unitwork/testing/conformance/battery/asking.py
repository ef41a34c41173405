"""Do the steps of a case on a storage, and see whether it answers as it must."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import attrs

from unitwork.domain.specification import all_of
from unitwork.testing.conformance.battery.building import criterion, order
from unitwork.testing.conformance.battery.cabinet import CabinetUnitOfWork
from unitwork.testing.conformance.battery.columns import (
    CLASSES,
    KEYS,
    NAMES,
    READ,
    REPOSITORIES,
    Row,
    attributes,
    full,
    said,
)
from unitwork.testing.conformance.battery.kinds import Json
from unitwork.testing.conformance.battery.questions import Case, Question, Step
from unitwork.testing.conformance.battery.view import View

MakeUnit: TypeAlias = Callable[[], CabinetUnitOfWork]
Stored: TypeAlias = dict[str, list[Row]]


class _Abandoned(Exception):  # noqa: N818 - how a block is left, no error
    pass


@attrs.frozen
class Disagreement:
    """What a storage did otherwise, at one step."""

    at: int
    call: str
    expected: Json
    observed: Json


async def store(unit: MakeUnit, case: Case) -> Stored:
    """Commit a case's rows in place of all that is stored, by units of the storage.

    Returns:
        The rows, with the keys that the database made.
    """
    async with unit() as uow:
        for of in CLASSES:
            for found in await repository(uow, of).matching(all_of()):
                repository(uow, of).remove(found)
        await uow.commit()
    formers = {of: case.formers(of) for of in case.rows} if case.rewritten else {}
    stored = await _added(unit, {**case.rows, **formers})
    if case.rewritten:
        await _rewritten(unit, case, stored)
    return stored


async def _added(unit: MakeUnit, rows: Mapping[str, Sequence[Json]]) -> Stored:
    stored = {of: [full(of, row) for row in kept] for of, kept in rows.items()}
    tickets: list[tuple[Any, Row]] = []
    async with unit() as uow:
        for of, made_of in stored.items():
            for row in made_of:
                made = CLASSES[of](**attributes(row))
                repository(uow, of).add(made)
                if of == "Ticket":
                    tickets.append((made, row))
        await uow.commit()
    for made, row in tickets:
        row["number"] = made.number
    return stored


async def _rewritten(unit: MakeUnit, case: Case, stored: Stored) -> None:
    """Change what is stored into the rows of a case."""
    async with unit() as uow:
        for of, rows in stored.items():
            for row, kept in zip(rows, case.rows[of], strict=True):
                found = await repository(uow, of).get(row[KEYS[of]])
                row.update(full(of, kept) | {KEYS[of]: row[KEYS[of]]})
                for name, value in attributes(row).items():
                    setattr(found, name, value)
        await uow.commit()


def repository(uow: CabinetUnitOfWork, of: str) -> Any:
    """Give a unit's repository of a class."""
    return getattr(uow, REPOSITORIES[of])


async def play(
    unit: MakeUnit, stored: Stored, steps: Sequence[Step]
) -> Disagreement | None:
    """Do steps in one unit, and roll it back. Stop at what is not as it must be."""
    sitting = _Sitting(unit(), View(stored))
    await sitting.enter()
    try:
        for at, step in enumerate(steps):
            found = await sitting.step(at, step)
            if found is not None:
                return found
    finally:
        await sitting.close()
    return None


class _Sitting:
    def __init__(self, uow: CabinetUnitOfWork, view: View) -> None:
        self._uow = uow
        self._view = view
        self._blocks = 0
        self._made: dict[str, Any] = {}

    async def enter(self) -> None:
        await self._uow.__aenter__()
        self._blocks += 1

    async def close(self) -> None:
        for _ in range(self._blocks):
            await self._uow.__aexit__(_Abandoned, _Abandoned(), None)

    async def step(self, at: int, step: Step) -> Disagreement | None:
        if not self._view.does(step):
            return None
        if step[0] == "ask":
            return await self._ask(at, step[1])
        try:
            await self._do(*step)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is not right
            return Disagreement(at, step[0], "done", _raised(error))
        self._view.step(step)
        return None

    async def _do(self, do: str, *rest: Any) -> None:
        if do == "enter":
            await self.enter()
        elif do == "leave":
            await getattr(self._uow, rest[0])()
            self._blocks -= 1
            await self._uow.__aexit__(None, None, None)
        elif do == "add":
            self._add(*rest)
        elif do == "replace":
            of, kept = rest
            await self._remove(of, kept[NAMES[of]])
            self._add(of, kept)
        elif do == "remove":
            await self._remove(*rest)
        else:
            found = await self._find(*rest[:2])
            values = said(rest[0], rest[2]) if do == "change" else {}
            for name, value in attributes(values).items():
                setattr(found, name, value)

    def _add(self, of: str, kept: Json) -> None:
        made = CLASSES[of](**attributes(full(of, kept)))
        repository(self._uow, of).add(made)
        self._made[kept[NAMES[of]]] = made

    async def _remove(self, of: str, name: str) -> None:
        repository(self._uow, of).remove(await self._find(of, name))

    async def _find(self, of: str, name: str) -> Any:
        row = self._view.rows[of][name]
        if of == "Specimen":
            return await self._uow.specimens.get(name)
        if row["number"] is None:
            return self._made[name]
        return await self._uow.tickets.get(row["number"])

    async def _ask(self, at: int, question: Question) -> Disagreement | None:
        for call, expected in self._view.answers(question).items():
            try:
                observed = await self._call(call, question)
            except Exception as error:  # noqa: BLE001 - whatever it is, no answer
                observed = _raised(error)
            if observed != expected:
                return Disagreement(at, call, expected, observed)
        return None

    async def _call(self, call: str, question: Question) -> Json:
        of = question.of
        asked, where = repository(self._uow, of), criterion(of, question.where)
        if call in ("count", "exists"):
            return await getattr(asked, call)(where)
        by = order(of, question.order)
        if call == "first":
            found = await asked.first(where, order_by=by)
            return self._shown(of, [] if found is None else [found])
        if call == "stream":
            stream = asked.stream(where, order_by=by, chunk_size=question.chunk)
            return self._shown(of, [found async for found in stream])
        if call == "page":
            number, size = question.number, question.size
            page = await asked.page(where, order_by=by, number=number, size=size)
            return {"total": page.total, "items": self._shown(of, page.items)}
        limit, offset = question.limit, question.offset
        return self._shown(
            of, await asked.matching(where, order_by=by, limit=limit, offset=offset)
        )

    def _shown(self, of: str, found: Sequence[Any]) -> Json:
        """Name what was found, and say which values are not as they must be."""
        names = []
        for aggregate in found:
            seen = READ[of](aggregate)
            name, row = seen[NAMES[of]], self._view.row(of, seen[NAMES[of]]) or {}
            wrong = {p: seen[p] for p in seen if not _same(seen[p], row.get(p, row))}
            names.append(name if not wrong else [name, repr(wrong)])
        return names


def _same(seen: Any, row: Any) -> bool:
    """Compare values; 1 is not True."""
    return type(seen) is type(row) and bool(seen == row)


def _raised(error: Exception) -> Json:
    return {"raises": f"{type(error).__name__}: {error}"}
