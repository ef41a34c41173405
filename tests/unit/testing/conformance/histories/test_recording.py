import pytest

from unitwork import Outcome, UncommittedChangesError
from unitwork.adapters.memory import InMemoryDatabase
from unitwork.testing.conformance.histories.recording import Recorder


async def test_a_unit_writes_down_what_it_does_and_sees(
    database: InMemoryDatabase,
) -> None:
    """The history is what the checker judges."""
    recorder = Recorder(database, "snapshot")
    async with recorder.unit() as unit:
        await unit.append("x", 1)
        await unit.append("x", 2)
        unit.join("g", 3)
        await unit.list("g")
        await unit.leave("g", 3)
        unit.join("g", 4)
        await unit.commit()
    async with recorder.unit(read_only=True) as unit:
        assert await unit.read("x", lock=False) == (1, 2)
        assert await unit.list("g") == (4,)
        await unit.commit()
    history = recorder.history()

    assert history.level == "snapshot"
    assert list(map(str, history.transactions)) == [
        (
            "T1 (committed): read x -> []; append x 1; read x -> [1]; append x 2;"
            " join g 3; list g -> [3]; leave g 3; join g 4"
        ),
        "T2 (committed): read x -> [1, 2]; list g -> [4]",
    ]


async def test_a_unit_that_storage_refuses_is_recorded_as_what_it_became(
    database: InMemoryDatabase,
) -> None:
    """Its block ends there, and the run goes on."""
    recorder = Recorder(database, "read_committed")
    async with recorder.unit() as one, recorder.unit() as two:
        await one.append("x", 1)
        await two.append("x", 2)
        await one.commit()
        await two.commit()
    two_ended, one_ended = recorder.history().transactions

    assert (one_ended.outcome, one_ended.error) == (Outcome.COMMITTED, "")
    assert two_ended.outcome is Outcome.ROLLED_BACK
    assert two_ended.error == "UniqueViolationError"
    assert one_ended.began < two_ended.began < two_ended.ended < one_ended.ended


async def test_a_mistake_of_the_caller_is_no_outcome_of_a_unit(
    database: InMemoryDatabase,
) -> None:
    """It passes."""
    recorder = Recorder(database, "read_committed")
    with pytest.raises(UncommittedChangesError):
        async with recorder.unit() as unit:
            unit.join("g", 1)
