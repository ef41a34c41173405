from functools import partial

from tests.unit.testing.conformance.battery.wrong import behind
from unitwork.adapters.memory import InMemoryDatabase
from unitwork.testing.conformance.battery.cabinet import CABINET, CabinetUnit
from unitwork.testing.conformance.battery.differences import Difference, Progress
from unitwork.testing.conformance.battery.questions import Case
from unitwork.testing.conformance.battery.runner import differs_on, run_battery
from unitwork.testing.conformance.sabotage.bug import Wrong
from unitwork.testing.conformance.sabotage.evaluating import Evaluating
from unitwork.testing.conformance.sabotage.storage.commits import (
    AstralCharactersAreRefused,
)
from unitwork.testing.conformance.sabotage.storage.comparisons import (
    NotOfUnknownIsTrue,
)
from unitwork.testing.conformance.sabotage.storage.corruption import BUGS
from unitwork.testing.conformance.sabotage.storage.loading import CountsAreErrors
from unitwork.testing.conformance.sabotage.storage.texts import BlanksAreTrimmed
from unitwork.testing.conformance.sabotage.storage.windows import OneKeyIsExcluded


async def ask(
    kind: type[Wrong], *, seeds: int = 50, shrunk: bool = False
) -> list[Progress]:
    """Ask a storage the questions of some seeds, up to the first difference."""
    unit = partial(CabinetUnit, behind(kind))
    reports = run_battery(unit, range(seeds), queries_per_seed=100, shrunk=shrunk)
    return [report async for report in reports]


async def test_a_right_storage_answers_every_question() -> None:
    """A control: what the wrong ones share is not what is found."""
    reports = await ask(Evaluating, seeds=8)

    assert [report.difference for report in reports] == [None] * 8
    assert [report.questions for report in reports] == [n * 100 for n in range(1, 9)]


async def found(kind: type[Wrong]) -> Difference:
    """Give what is found in a storage, shrunk."""
    difference = (await ask(kind, shrunk=True))[-1].difference
    assert difference is not None
    return difference


async def test_what_is_found_is_as_small_as_can_be() -> None:
    """One row, one step, one call, the smallest criterion."""
    case = (await found(NotOfUnknownIsTrue)).case
    ((asking, asked),) = case.steps

    assert asking == "ask"
    assert [len(rows) for rows in case.rows.values() if rows] == [1]
    assert asked.where[0] == "not"
    assert len(asked.calls) == 1
    assert asked.order == []


async def test_what_matters_of_the_rows_is_kept() -> None:
    """A bug of values keeps the value, and no other."""
    case = (await found(BlanksAreTrimmed)).case
    (row,) = [row for rows in case.rows.values() for row in rows]

    assert len({path.partition(".")[0] for path in row} - {"code", "name"}) == 1


async def test_a_case_can_be_kept_and_replayed() -> None:
    """On the same storage it differs in the same way, on a right one not at all."""
    first = await found(OneKeyIsExcluded)
    again = Case.from_json(first.case.to_json())
    replayed = await differs_on(partial(CabinetUnit, behind(OneKeyIsExcluded)))(again)
    right = differs_on(partial(CabinetUnit, InMemoryDatabase(CABINET)))

    assert again == first.case
    assert replayed is not None
    assert (replayed.expected, replayed.observed) == (first.expected, first.observed)
    assert await right(again) is None


async def test_a_storage_that_refuses_rows_is_found() -> None:
    """Every row of the battery is one that a storage must take."""
    difference = await found(AstralCharactersAreRefused)

    assert difference.call == "store"
    assert difference.observed == "ValueError: \U0001f600"
    assert len(difference.case.rows["Specimen"]) == 1
    assert difference.case.steps == ()


async def test_an_error_is_no_answer() -> None:
    """What a query raises is what was observed."""
    difference = await found(CountsAreErrors)

    assert difference.call in ("count", "page")
    assert difference.observed == {"raises": "KeyError: 'Specimen'"}


async def test_a_value_that_only_an_update_spoils_is_found() -> None:
    """Every second seed stores other rows first, and changes them."""
    (spoilt,) = [bug for bug in BUGS if bug.name == "flag-is-true-updated"]
    database = InMemoryDatabase(CABINET)
    unit = partial(CabinetUnit, database)
    with spoilt.plant(database):
        reports = run_battery(unit, range(50), queries_per_seed=50)
        difference = [report.difference async for report in reports][-1]

    assert difference is not None
    assert difference.case.rewritten
    assert Case.from_json(difference.case.to_json()) == difference.case
