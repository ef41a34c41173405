from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.unit.testing.conformance.battery.wrong import behind
from unitwork.adapters.memory import InMemoryDatabase
from unitwork.testing.conformance.battery.cabinet import CABINET, CabinetUnit
from unitwork.testing.conformance.battery.differences import Difference
from unitwork.testing.conformance.battery.drawing import Drawing
from unitwork.testing.conformance.battery.printing import as_python
from unitwork.testing.conformance.battery.questions import Case, Question
from unitwork.testing.conformance.battery.runner import differs_on
from unitwork.testing.conformance.sabotage.storage.texts import WildcardsAreLive

CASE = Case(
    {
        "Specimen": [
            {"code": "a", "size.amount": "2", "labels": [["x", None]]},
            {"code": "\\é", "word": "50x", "maybe_moment": "2024-01-01T00:00:00+00:00"},
        ],
        "Ticket": [{"name": "t1"}],
    },
    (
        ["load", "Specimen", "nobody"],
        ["change", "Specimen", "a", {"word": "50%", "maybe_price": None}],
        ["enter"],
        ["remove", "Ticket", "t1"],
        ["replace", "Specimen", {"code": "a", "maybe_hue": "red"}],
        ["leave", "rollback"],
        ["add", "Ticket", {"name": "t2", "maybe_large": 7}],
        [
            "ask",
            Question(
                where=["and", ["contains", "word", "0%"], ["not", ["any", None]]],
                order=[["size.amount", "desc", "last"], ["price", "asc", None]],
                limit=3,
                offset=0,
                calls=("matching", "count"),
            ),
        ],
        [
            "ask",
            Question(
                of="Ticket",
                where=["in", "maybe_large", [7, None]],
                chunk=2,
                calls=("first", "exists", "page", "stream"),
            ),
        ],
    ),
)
PRINTED = Path(__file__).with_name("printed.txt")


def test_a_case_is_printed_as_a_test() -> None:
    """It can be pasted; what does nothing is left out."""
    assert as_python(CASE) == PRINTED.read_text(encoding="utf-8")


async def run(text: str, unit: Any) -> None:
    """Run a printed test."""
    names: dict[str, Any] = {}
    exec(text, names)
    await names["test_case"](unit)


async def test_what_is_printed_passes_where_the_storage_is_right() -> None:
    """With the fixture that it asks for."""
    await run(as_python(CASE), partial(CabinetUnit, InMemoryDatabase(CABINET)))


@pytest.mark.parametrize("seed", range(3))
async def test_every_case_can_be_printed_and_passes(seed: int) -> None:
    """Whatever is drawn."""
    drawing = Drawing(seed)
    for steps in list(drawing.sittings(20))[8:]:
        case = Case(drawing.rows, steps, rewritten=seed % 2 == 1)
        await run(as_python(case), partial(CabinetUnit, InMemoryDatabase(CABINET)))


async def test_what_is_printed_fails_where_the_storage_is_wrong() -> None:
    """For the same reason."""
    difference = await differs_on(partial(CabinetUnit, behind(WildcardsAreLive)))(LIVE)

    assert difference is not None
    with pytest.raises(AssertionError):
        await run(
            as_python(difference.case), partial(CabinetUnit, behind(WildcardsAreLive))
        )


LIVE = Case(
    {"Specimen": [{"code": "a", "word": "50x"}], "Ticket": []},
    (["ask", Question(where=["endswith", "word", "%"], calls=("count",))],),
)


async def test_a_difference_shows_both_answers_and_the_case() -> None:
    """All that is needed to see it."""
    difference = Difference(7, LIVE, "count", 0, 1)

    assert str(difference) == (
        f"count of seed 7\n  expected: 0\n  observed: 1\n\n{as_python(LIVE)}"
    )
