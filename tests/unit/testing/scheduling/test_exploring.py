"""Whole explorations: what is found, what is refused, what comes out right."""

import asyncio
from itertools import count

import pytest

from tests.unit.testing.scheduling.bank import (
    Bank,
    balance_of,
    deposit,
    lock_both,
    open_bank,
)
from unitwork import ConcurrencyConflictError
from unitwork.domain.errors import MisuseError
from unitwork.testing import Race, schedules
from unitwork.testing.scheduling.exploring import _alike


@schedules(50)
async def test_120_increments_with_retries_come_out_at_120(race: Race) -> None:
    """Optimistic locking loses none, whatever the schedule."""
    database = await open_bank(a=0)
    await race(*(deposit(Bank(database), 1) for _ in range(120)))
    assert await balance_of("a", database) == 120


def test_locks_in_opposite_orders_conflict_and_never_hang() -> None:
    """In every schedule the circle is met at once, and one unit goes through."""
    ends = set()

    @schedules(exhaustive=True)
    async def test(race: Race) -> None:
        database = await open_bank(a=10, b=10)
        one, other = Bank(database), Bank(database)
        got = await race(
            lock_both(one, "a", "b"), lock_both(other, "b", "a"), return_exceptions=True
        )
        ends.add(tuple(type(result) for result in got))
        total = await balance_of("a", database) + await balance_of("b", database)
        assert total == 20
        assert asyncio.get_running_loop().time() == 0  # nobody waited for a time limit

    test()
    nothing, conflict = type(None), ConcurrencyConflictError
    assert ends == {(nothing, nothing), (conflict, nothing), (nothing, conflict)}


def test_a_failure_that_depends_on_more_than_the_schedule_is_told_so() -> None:
    """Such a test is not shrunk to something else."""
    runs = count()

    @schedules(200)
    async def test(race: Race) -> None:
        await race(asyncio.sleep(0), asyncio.sleep(0))
        assert next(runs) != 3

    with pytest.raises(AssertionError) as raised:
        test()

    assert raised.value.__notes__ == [
        """\
In number 4 of 200, seed 0. This schedule did not fail again: the test depends on more \
than the schedule (the clock,
chance, or what an earlier run has left behind: make it inside of the test)."""
    ]


def test_the_failure_that_is_reported_is_of_the_kind_that_was_found() -> None:
    """Shrinking does not slip from one mistake to another."""

    @schedules()
    async def test(race: Race) -> None:
        order: list[int] = []

        async def step(number: int) -> None:
            await asyncio.sleep(0)
            order.append(number)
            await asyncio.sleep(0)
            order.append(number)

        await race(step(1), step(2))
        if order == [2, 1, 1, 2]:
            raise KeyError(2112)
        if order != [1, 1, 2, 2]:
            raise LookupError(order)

    with pytest.raises(LookupError) as raised:
        test()

    assert type(raised.value) is LookupError
    assert raised.value.args == ([2, 2, 1, 1],)


def test_groups_of_errors_are_alike_by_what_is_in_them() -> None:
    """Shrinking may find fewer of a kind, but no other kind."""
    found = ExceptionGroup("two", [KeyError(1), KeyError(2)])

    assert _alike(ExceptionGroup("one", [KeyError(1)]), found)
    assert not _alike(ExceptionGroup("two", [KeyError(1), LookupError(2)]), found)
    assert not _alike(KeyError(1), found)


def test_many_tasks_that_simply_end_are_one_line() -> None:
    """What matters is seen among 20 tasks, and how an operation failed."""

    @schedules()
    async def test(race: Race) -> None:
        ends: list[int] = []

        async def operation(number: int) -> None:
            await asyncio.sleep(0)
            ends.append(number)
            if number == 19 and ends[0] == 19:
                raise asyncio.CancelledError
            if number == 18 and ends[0] == 19:
                raise LookupError

        got = await race(*map(operation, range(20)), return_exceptions=True)
        assert got == [None] * 20

    with pytest.raises(AssertionError) as raised:
        test()

    assert raised.value.__notes__[0].splitlines()[1:-1] == [
        "  operation-20  is cancelled",
        "  operation-1   and the next 17, up to operation-18, run to their ends",
        "  operation-19  raises LookupError",
    ]


def test_a_failure_before_the_race_has_no_note() -> None:
    """The schedule had no part in it."""

    @schedules()
    async def test(race: Race) -> None:
        raise LookupError("no account")

    with pytest.raises(LookupError) as raised:
        test()

    assert not hasattr(raised.value, "__notes__")


def test_more_schedules_than_the_limit_are_an_error() -> None:
    """A search that was cut short has shown nothing."""

    @schedules(exhaustive=True, limit=19)
    async def two(race: Race) -> None:
        database = await open_bank(a=0)
        await race(deposit(Bank(database), 1), deposit(Bank(database), 1))

    with pytest.raises(MisuseError) as raised:
        two()

    assert (
        str(raised.value)
        == f"""\
{two.__qualname__} has more than 19 schedules.
exhaustive=True ran 19 of them, and none failed.
Race fewer or smaller operations, bound the switches (preemptions=2), or raise limit=. \
[misuse]"""
    )


def test_a_race_without_a_suspension_is_refused() -> None:
    """Forgotten: `yielding=True`. Every test would pass."""

    async def at_once() -> None: ...

    @schedules()
    async def test(race: Race) -> None:
        await race(at_once(), at_once())

    with pytest.raises(MisuseError) as raised:
        test()

    assert (
        str(raised.value)
        == f"""\
{test.__qualname__} has nothing to schedule.
It never called race(), or no operation was suspended while another was ready: each \
ran in one go.
Race at least two, over InMemoryDatabase(schema, yielding=True). [misuse]"""
    )


def test_a_test_that_never_races_is_refused() -> None:
    """It would be run 200 times for nothing."""

    @schedules()
    async def test(race: Race) -> None:
        await asyncio.sleep(1)

    with pytest.raises(MisuseError, match="has nothing to schedule"):
        test()


def test_a_replay_that_is_no_schedule_is_refused() -> None:
    """A slip of the pen is told from a schedule that does not fit."""

    @schedules(replay="2:1, 3")
    async def test(race: Race) -> None:
        await race(asyncio.sleep(0), asyncio.sleep(0))

    with pytest.raises(MisuseError) as raised:
        test()

    assert (
        str(raised.value)
        == """\
replay='2:1, 3' is no schedule.
A schedule is written as steps and options, such as '4:1 9:2'.
Copy it from the report of the failure. [misuse]"""
    )


def test_chance_is_the_same_in_every_run() -> None:
    """Jitter of a retry is part of what a seed repeats; the caller's is left alone."""
    import random

    random.seed(7)
    expected = random.Random(7).random()
    drawn = set()

    @schedules(5)
    async def test(race: Race) -> None:
        await race(asyncio.sleep(0), asyncio.sleep(0))
        drawn.add(random.random())

    test()
    assert len(drawn) == 1
    assert random.random() == expected
