"""The half of the questions that a unit's own objects decide: bugs of the core."""

from functools import partial
from typing import Any

import pytest

from unitwork.adapters import reading
from unitwork.adapters.memory import InMemoryDatabase
from unitwork.adapters.tracking import IdentityMap
from unitwork.adapters.workspace import Workspace
from unitwork.testing.conformance.battery.asking import store
from unitwork.testing.conformance.battery.cabinet import CABINET, CabinetUnit
from unitwork.testing.conformance.battery.differences import Difference
from unitwork.testing.conformance.battery.questions import Case
from unitwork.testing.conformance.battery.runner import run_battery


async def found() -> Difference | None:
    """Ask the in-memory storage, through the core as it is now."""
    unit = partial(CabinetUnit, InMemoryDatabase(CABINET))
    reports = run_battery(unit, range(20), queries_per_seed=100)
    return [report async for report in reports][-1].difference


async def test_own_objects_that_are_not_sorted_in_are_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Contract 20: the order is that of the whole."""

    def cut(entries: list[Any], query: Any) -> list[Any]:
        end = None if query.limit is None else query.offset + query.limit
        return entries[query.offset : end]

    monkeypatch.setattr(reading, "_cut", cut)
    difference = await found()

    assert difference is not None
    assert [step[0] for step in difference.case.steps[:-1]] != []


async def test_a_criterion_that_own_objects_are_not_asked_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Contract 20: what is held must match, too."""
    monkeypatch.setattr(reading, "predicate", lambda _: lambda _row: True)

    assert await found() is not None


async def test_removed_objects_that_storage_gives_back_are_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Contract 12, 20: removed is gone at once."""
    keys = IdentityMap.keys

    def live(self: IdentityMap, mapping: Any) -> tuple[Any, ...]:
        entries = {entry.key: entry.removed for entry in self.of(mapping)}
        return tuple(key for key in keys(self, mapping) if not entries[key])

    monkeypatch.setattr(IdentityMap, "keys", live)

    assert await found() is not None


async def test_blocks_that_are_not_undone_are_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Contract 6."""

    async def keep(self: Workspace) -> None:
        await self.keep()

    monkeypatch.setattr(Workspace, "undo", keep)
    difference = await found()

    assert difference is not None
    assert ["leave", "rollback"] in difference.case.steps


async def test_rows_take_the_place_of_what_is_stored() -> None:
    """And the keys that the database made are known."""
    unit = partial(CabinetUnit, InMemoryDatabase(CABINET))
    await store(
        unit, Case({"Specimen": [{"code": "a"}], "Ticket": [{"name": "t"}]}, ())
    )
    stored = await store(unit, Case({"Ticket": [{"name": "u"}, {"name": "v"}]}, ()))

    assert [row["number"] for row in stored["Ticket"]] == [2, 3]
    async with unit() as uow:
        assert await uow.specimens.count() == 0
        assert await uow.tickets.count() == 2
