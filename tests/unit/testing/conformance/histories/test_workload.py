from collections import Counter

import pytest

from unitwork.adapters.making import IsolationName
from unitwork.adapters.memory import InMemoryDatabase
from unitwork.domain.outcome import Outcome
from unitwork.testing.conformance.histories.checker import check
from unitwork.testing.conformance.histories.ledger import LEDGER
from unitwork.testing.conformance.histories.phenomena import LEVELS, Phenomenon
from unitwork.testing.conformance.histories.workload import Workload, run


def test_the_same_seed_gives_the_same_plans() -> None:
    """A run can be repeated."""
    plans = list(Workload(transactions=50, seed=7).plans())

    assert plans == list(Workload(transactions=50, seed=7).plans())
    assert plans != list(Workload(transactions=50, seed=8).plans())


def test_plans_have_everything_in_them() -> None:
    """Every kind of step, units that only read, and read-only ones."""
    plans = list(Workload(transactions=400).plans())
    kinds = Counter(kind for plan in plans for kind, _, _ in plan.steps)
    reading = [p for p in plans if {k for k, _, _ in p.steps} <= {"read", "list"}]

    assert set(kinds) == {"lock", "read", "append", "list", "join", "leave"}
    assert min(kinds.values()) > 20
    assert len([plan for plan in reading if not plan.read_only]) > 40
    assert 30 < len([plan for plan in plans if plan.read_only]) < len(reading)


def test_every_value_is_written_by_one_plan() -> None:
    """So that whoever sees it knows whose it is."""
    plans = Workload(transactions=400).plans()
    steps = [step for plan in plans for step in plan.steps]
    values = [value for kind, _, value in steps if kind in {"append", "join"}]

    assert len(values) == len(set(values)) > 300


def test_a_unit_that_locks_appends_to_nothing_else() -> None:
    """Else two of them would wait for each other, and nothing but that be tested."""
    for plan in Workload(transactions=400).plans():
        kinds = [kind for kind, _, _ in plan.steps]
        if "lock" in kinds:
            written = {place for kind, place, _ in plan.steps if kind == "append"}
            assert kinds.index("lock") == 0
            assert written <= {plan.steps[0][1]}


@pytest.mark.parametrize("level", LEVELS)
async def test_a_run_is_one_of_real_races(level: IsolationName) -> None:
    """Units commit, units conflict, and the last one has seen everything."""
    workload = Workload(transactions=200)
    history = await run(InMemoryDatabase(LEDGER, yielding=True), level, workload)
    committed = history.with_outcome(Outcome.COMMITTED)
    errors = Counter(each.error for each in history.transactions)
    read = {done.place for done in history.transactions[-1].operations}

    assert len(history.transactions) == 201
    assert 100 < len(committed) < 180
    assert errors["ConcurrencyConflictError"] > 20
    assert read == {*workload.logs(), *workload.groups()}
    assert len(workload.logs()) == len(workload.groups()) == 15


async def test_a_run_in_memory_is_the_same_again() -> None:
    """Its order depends on the seed alone."""
    one, two = [
        await run(
            InMemoryDatabase(LEDGER, yielding=True), "snapshot", Workload(100, seed=3)
        )
        for _ in range(2)
    ]

    assert one == two


async def test_a_run_shows_what_a_level_allows() -> None:
    """The races are hot enough for every anomaly that may be there."""
    found = {}
    for level in LEVELS:
        database = InMemoryDatabase(LEDGER, yielding=True)
        history = await run(database, level, Workload(transactions=400))
        found[level] = {anomaly.phenomenon for anomaly in check(history)}

    skewed = {Phenomenon.G2_ITEM, Phenomenon.G2}
    assert found["read_committed"] >= {Phenomenon.G_SINGLE, *skewed}
    assert found["snapshot"] == skewed
    assert found["serializable"] == set()
