"""A fake of dicts and deep copies is no stand-in for a storage: programs show it."""

from collections import Counter
from functools import partial

import pytest

from tests.conformance.textbook_fake import CopiesAggregates, CopiesTheStore, Store
from tests.unit.testing.conformance.written import (
    added,
    committed,
    counted,
    entered,
    left,
    opened,
    put,
    rolled_back,
    stored,
)
from tests.unit.testing.conformance.written import found as find
from unitwork.adapters.memory import InMemoryDatabase, InMemoryUnitOfWork
from unitwork.testing.conformance.differential import Difference, compare
from unitwork.testing.conformance.interpreter import MakeUnit
from unitwork.testing.conformance.programs import Program, program
from unitwork.testing.conformance.runner import Fresh, run_programs
from unitwork.testing.conformance.warehouse import WarehouseUnitOfWork, warehouse_schema

Fake = type[CopiesTheStore]
FAKES = (CopiesTheStore, CopiesAggregates)
EACH_FAKE = pytest.mark.parametrize("fake", FAKES)
PROGRAMS = range(200)
KINDS = {
    "ConcurrencyConflictError": "conflicts",
    "UniqueViolationError": "unique values",
    "ReferenceViolationError": "references",
}


class InMemoryWarehouse(InMemoryUnitOfWork, WarehouseUnitOfWork):
    """The library's own fake."""


ITEM = stored(added(0, "Item", "a"))
WRONG = {
    "conflicts": program(
        *ITEM,
        opened(1),
        opened(2),
        put(1, "Item", "a", "rank", 1),
        put(2, "Item", "a", "rank", 2),
        committed(1),
        committed(2),
    ),
    "unique values": program(
        opened(0),
        added(0, "Item", "a", label="x"),
        added(0, "Item", "b", label="x"),
        committed(0),
    ),
    "references": program(opened(0), added(0, "Item", "a", site="b"), committed(0)),
    "objects undone": program(
        *ITEM, opened(0), put(0, "Item", "a", "rank", 1), rolled_back(0)
    ),
    "objects of a scope": program(
        opened(0),
        added(0, "Item", "a"),
        entered(0),
        rolled_back(0),
        left(0),
        find(0, "Item", "a"),
    ),
    "unknown criteria": program(
        opened(0), added(0, "Item", "a"), counted(0, "Item", ["!=", "label", "x"])
    ),
}


def seen_twice(isolation: str) -> Program:
    """Look before and after another unit has committed."""
    return program(opened(1, isolation), counted(1, "Item"), *ITEM, counted(1, "Item"))


def empty(fake: Fake) -> Fresh:
    """Give each program an empty fake."""

    async def fresh() -> MakeUnit:
        return partial(fake, Store())

    return fresh


async def differences(fake: Fake) -> dict[int, Difference]:
    """Ask each program by itself; give what differs, by seed."""
    found = {}
    for seed in PROGRAMS:
        async for progress in run_programs(empty(fake), [seed], shrunk=False):
            if progress.difference is not None:
                found[seed] = progress.difference
    return found


def kind_of(difference: Difference) -> str:
    """Name what a fake got wrong: an error that it did not raise, or what was seen."""
    raised = difference.expected.get("raises", [[""]])[0][0]
    ended = "ends of blocks" if "objects" in difference.expected else "answers"
    return KINDS.get(raised, ended)


@EACH_FAKE
async def test_the_kit_finds_a_fake_out_within_100_programs(fake: Fake) -> None:
    """It takes one."""
    reports = [one async for one in run_programs(empty(fake), range(100))]
    assert reports[-1].difference is not None
    assert reports[-1].programs == 1


@pytest.mark.parametrize(
    ("fake", "least"), [(CopiesTheStore, 180), (CopiesAggregates, 150)]
)
async def test_most_programs_tell_a_fake_from_a_storage(fake: Fake, least: int) -> None:
    """Of 200 programs 190 and 161 did: no lucky find."""
    assert len(await differences(fake)) >= least


@EACH_FAKE
async def test_a_fake_is_wrong_in_every_way_that_matters(fake: Fake) -> None:
    """Each kind is what a program meets first, again and again."""
    kinds = Counter(map(kind_of, (await differences(fake)).values()))
    assert kinds.keys() == {*KINDS.values(), "ends of blocks", "answers"}
    assert min(kinds.values()) >= 10


@EACH_FAKE
async def test_no_fake_fails_for_lack_of_a_method(fake: Fake) -> None:
    """What it raises are errors of the library, where it knows of them."""
    for difference in (await differences(fake)).values():
        raised = difference.observed.get("raises", [None])[0]
        assert raised in (None, "UncommittedChangesError")


@EACH_FAKE
@pytest.mark.parametrize("wrong", WRONG)
async def test_a_few_calls_show_what_a_fake_gets_wrong(fake: Fake, wrong: str) -> None:
    """The last call of the program is the one that differs."""
    found = await compare(WRONG[wrong], await empty(fake)())
    assert found is not None
    assert found.at == len(WRONG[wrong]) - 1


@pytest.mark.parametrize(
    ("fake", "level"),
    [(CopiesTheStore, "read_committed"), (CopiesAggregates, "snapshot")],
)
async def test_a_fake_has_one_isolation_whatever_is_asked_for(
    fake: Fake, level: str
) -> None:
    """A copy of the store stands still, copies of aggregates do not."""
    assert await compare(seen_twice(level), await empty(fake)()) is not None


async def test_a_copied_store_forgets_what_others_have_committed() -> None:
    """Whoever assigns the copy last, assigns all of it."""
    lost = program(opened(1), *ITEM, committed(1), opened(0), find(0, "Item", "a"))
    found = await compare(lost, await empty(CopiesTheStore)())
    assert found is not None
    assert found.observed == {"found": None}
    assert await compare(lost, await empty(CopiesAggregates)()) is None


@pytest.mark.parametrize(
    "right",
    [*WRONG.values(), *map(seen_twice, ("read_committed", "snapshot"))],
)
async def test_the_in_memory_storage_gets_all_of_it_right(right: Program) -> None:
    """The same calls, and no difference."""
    unit = partial(InMemoryWarehouse, InMemoryDatabase(warehouse_schema()))
    assert await compare(right, unit) is None
