from functools import partial

import pytest

from tests.unit.testing.conformance.battery import wrong
from tests.unit.testing.conformance.battery.wrong import WRONG, Right, behind
from unitwork.adapters.memory import InMemoryDatabase
from unitwork.testing.conformance.battery.cabinet import CABINET, CabinetUnit
from unitwork.testing.conformance.battery.differences import Difference, Progress
from unitwork.testing.conformance.battery.questions import Case
from unitwork.testing.conformance.battery.runner import differs_on, run_battery


async def ask(
    kind: type[Right], *, seeds: int = 50, shrunk: bool = False
) -> list[Progress]:
    """Ask a storage the questions of some seeds, up to the first difference."""
    unit = partial(CabinetUnit, behind(kind))
    reports = run_battery(unit, range(seeds), queries_per_seed=100, shrunk=shrunk)
    return [report async for report in reports]


async def test_a_right_storage_answers_every_question() -> None:
    """A control: what the wrong ones share is not what is found."""
    reports = await ask(Right, seeds=8)

    assert [report.difference for report in reports] == [None] * 8
    assert [report.questions for report in reports] == [n * 100 for n in range(1, 9)]


@pytest.mark.parametrize("kind", WRONG)
async def test_a_wrong_storage_is_found(kind: type[Right]) -> None:
    """Whatever the bug is, and within 5,000 questions."""
    assert (await ask(kind))[-1].difference is not None


async def found(kind: type[Right]) -> Difference:
    """Give what is found in a storage, shrunk."""
    difference = (await ask(kind, shrunk=True))[-1].difference
    assert difference is not None
    return difference


async def test_what_is_found_is_as_small_as_can_be() -> None:
    """One row, one step, one call, the smallest criterion."""
    case = (await found(wrong.NotOfUnknownIsTrue)).case
    ((asking, asked),) = case.steps

    assert asking == "ask"
    assert [len(rows) for rows in case.rows.values() if rows] == [1]
    assert asked.where[0] == "not"
    assert len(asked.calls) == 1
    assert asked.order == []


async def test_what_matters_of_the_rows_is_kept() -> None:
    """A bug of values keeps the value, and no other."""
    case = (await found(wrong.LoadedTextIsTrimmed)).case
    (row,) = [row for rows in case.rows.values() for row in rows]

    assert len([path for path in row if path not in ("code", "name")]) == 1


async def test_a_case_can_be_kept_and_replayed() -> None:
    """On the same storage it differs in the same way, on a right one not at all."""
    first = await found(wrong.OneKeyIsExcluded)
    again = Case.from_json(first.case.to_json())
    replayed = await differs_on(partial(CabinetUnit, behind(wrong.OneKeyIsExcluded)))(
        again
    )
    right = differs_on(partial(CabinetUnit, InMemoryDatabase(CABINET)))

    assert again == first.case
    assert replayed is not None
    assert (replayed.expected, replayed.observed) == (first.expected, first.observed)
    assert await right(again) is None


async def test_a_storage_that_refuses_rows_is_found() -> None:
    """Every row of the battery is one that a storage must take."""
    difference = await found(wrong.RefusesAstralCharacters)

    assert difference.call == "store"
    assert difference.observed == "ValueError: \U0001f600"
    assert len(difference.case.rows["Specimen"]) == 1
    assert difference.case.steps == ()


async def test_an_error_is_no_answer() -> None:
    """What a query raises is what was observed."""
    difference = await found(wrong.CannotCount)

    assert difference.call in ("count", "page")
    assert difference.observed == {"raises": "KeyError: 'no COUNT here'"}
