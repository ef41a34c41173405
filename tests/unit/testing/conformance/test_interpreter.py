"""Running a program on a storage."""

from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest

from tests.unit.testing.conformance.broken import InMemoryWarehouse, memory
from tests.unit.testing.conformance.written import (
    added,
    committed,
    entered,
    found,
    left,
    opened,
    rolled_back,
    stored,
)
from unitwork.testing.conformance.interpreter import Interpreter, MakeUnit
from unitwork.testing.conformance.programs import Json, Step, step

PARTS = [["p", 1, None], ["q", 2, None]]
ITEM = added(0, "Item", "a", parts=PARTS)
PART = {"of": "Item", "key": "a", "slot": "r", "count": 9, "site": None, "index": 0}


@pytest.fixture
async def unit() -> MakeUnit:
    return await memory()()


@pytest.fixture
async def run(unit: MakeUnit) -> AsyncIterator[Interpreter]:
    running = Interpreter(unit)
    yield running
    await running.close()


async def last(run: Interpreter, *steps: Step) -> Json:
    """Give what is observed of the last step."""
    return [await run.step(step) for step in steps][-1]


@pytest.mark.parametrize(
    ("how", "parts"),
    [
        ("append", [*PARTS, ["r", 9, None]]),
        ("drop", PARTS[1:]),
        ("turn", PARTS),
        ("change", [["p", 9, None], PARTS[1]]),
    ],
)
async def test_parts_are_changed_in_place(
    run: Interpreter, how: str, parts: Json
) -> None:
    """The list stays the same object, and so do the parts that stay."""
    edit = step("part", 1, how=how, **PART)
    seen = await last(run, *stored(ITEM), opened(1), edit)
    assert seen["found"][-1]["parts"] == parts
    seen = await last(run, committed(1), left(1), opened(1), found(1, "Item", "a"))
    assert seen["found"][2:4] == [0, 1 if how == "turn" else 2]
    assert seen["found"][-1]["parts"] == parts


async def test_a_unit_that_puts_equal_children_in_place_of_the_same_is_seen(
    unit: MakeUnit, run: Interpreter
) -> None:
    """Contract 6: an undone scope puts the same objects back."""

    class Renewing(InMemoryWarehouse):
        async def rollback(self) -> None:
            item = await self.items.get("a")
            await super().rollback()
            item.parts = list(item.parts)

    begun = *stored(ITEM), opened(1), found(1, "Item", "a"), entered(1)
    assert (await last(run, *begun, rolled_back(1)))["in place"] is True
    assert isinstance(unit, partial)
    broken = Interpreter(partial(Renewing, *unit.args))
    seen = await last(broken, opened(1), found(1, "Item", "a"), rolled_back(1))
    assert seen["in place"] is False
    await broken.close()


async def test_a_unit_that_swallows_an_exception_is_seen(unit: MakeUnit) -> None:
    """Contract 4: what a block raises passes."""

    class Swallowing(InMemoryWarehouse):
        async def __aexit__(self, *raised: Any) -> Any:  # noqa: PYI036 - passed on
            await super().__aexit__(*raised)
            return True

    assert isinstance(unit, partial)
    run = Interpreter(partial(Swallowing, *unit.args))
    seen = await last(run, opened(0), left(0, raising=True))
    assert seen["raises"] == [
        "AssertionError",
        None,
        "The unit swallowed the exception of its block.",
    ]
