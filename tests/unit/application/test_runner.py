"""What a runner refuses, and what it makes of errors; the rest is in the kit."""

import asyncio
import logging
from datetime import timedelta
from typing import Any

import pytest

from tests.shop import Counter, ShopUnitOfWork
from unitwork import (
    DeadlineExceededError,
    MisuseError,
    Outcome,
    UnitOfWorkClosedError,
)
from unitwork.adapters.mapping import Schema
from unitwork.adapters.memory import InMemoryDatabase, InMemoryUnitOfWork
from unitwork.application import OperationRecord, RetryPolicy, Runner
from unitwork.testing import FaultPlan, conflict, lost_reply, lost_request


class InMemoryShop(InMemoryUnitOfWork, ShopUnitOfWork): ...


@pytest.fixture
def database() -> InMemoryDatabase:
    return InMemoryDatabase(Schema(Counter, OperationRecord))


@pytest.fixture
def runner(database: InMemoryDatabase) -> Runner[InMemoryShop]:
    return Runner(lambda: InMemoryShop(database), retry=RetryPolicy(base_seconds=0))


async def count(uow: ShopUnitOfWork, name: str) -> int:
    counter = await uow.counters.find(name)
    if counter is None:
        counter = Counter(name=name)
        uow.counters.add(counter)
    counter.value += 1
    return counter.value


async def value(database: InMemoryDatabase) -> int:
    async with InMemoryShop(database) as uow:
        found = await uow.counters.find("a")
        return 0 if found is None else found.value


@pytest.mark.parametrize("lost", [lost_reply, lost_request])
async def test_with_a_key_an_unknown_outcome_is_resolved_by_running_again(
    database: InMemoryDatabase, runner: Runner[InMemoryShop], lost: Any
) -> None:
    """Contract 34: the key makes it safe, whichever of both it was."""
    with FaultPlan().at_commit(1, lost).on(database):
        assert await runner.keyed("once").run(count, "a") == 1
    assert await value(database) == 1


@pytest.mark.parametrize(("lost", "stored"), [(lost_reply, 1), (lost_request, 0)])
async def test_without_a_key_an_unknown_outcome_is_never_run_again(
    database: InMemoryDatabase, runner: Runner[InMemoryShop], lost: Any, stored: int
) -> None:
    """Contract 33: it may have been applied."""
    with (
        FaultPlan().at_commit(1, lost).on(database),
        pytest.raises(Exception, match="Nobody can tell") as unknown,
    ):
        await runner.run(count, "a")
    assert unknown.value.outcome is Outcome.UNKNOWN  # type: ignore[attr-defined]
    assert await value(database) == stored


async def test_a_key_may_outlive_a_result_that_could_not_be_stored(
    database: InMemoryDatabase,
    runner: Runner[InMemoryShop],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Contract 34: the operation has taken effect, and its caller is told so."""

    async def commit(uow: ShopUnitOfWork) -> int:
        async with uow:
            uow.counters.add(Counter(name="a", value=1))
            await uow.commit()
        return 1

    once = runner.retrying(RetryPolicy(attempts=1)).keyed("once")
    with FaultPlan().at_commit(2, conflict).on(database), caplog.at_level(logging.INFO):
        assert await once.run(commit) == 1
    assert "The result of an operation was not stored" in caplog.text


async def test_a_deadline_tells_what_became_of_a_commit(
    runner: Runner[InMemoryShop],
) -> None:
    async def commit_and_wait(uow: ShopUnitOfWork) -> None:
        async with uow:
            uow.counters.add(Counter(name="a"))
            await uow.commit()
        await asyncio.Event().wait()

    with pytest.raises(DeadlineExceededError) as late:
        await runner.within(0.01).run(commit_and_wait)
    assert late.value.outcome is Outcome.COMMITTED
    assert isinstance(late.value, TimeoutError)


async def test_a_time_limit_of_the_operation_itself_passes_unchanged(
    runner: Runner[InMemoryShop],
) -> None:
    async def hurry(_: ShopUnitOfWork) -> None:
        async with asyncio.timeout(0.001):
            await asyncio.Event().wait()

    with pytest.raises(TimeoutError) as late:
        await runner.within(60).run(hurry)
    assert type(late.value) is TimeoutError


async def test_a_runner_for_reading_lends_units_that_refuse_to_write(
    runner: Runner[InMemoryShop],
) -> None:
    with pytest.raises(Exception, match="cannot write: added Counter 'a'"):
        await runner.reading().run(count, "a")
    with pytest.raises(MisuseError, match="read-only, and was to store"):
        await runner.reading().keyed("once").run(count, "a")


@pytest.mark.parametrize("seconds", [0, -1, "1", True, float("nan")])
def test_a_deadline_that_means_nothing_is_refused(
    runner: Runner[InMemoryShop], seconds: Any
) -> None:
    with pytest.raises(MisuseError, match="is no time for an operation"):
        runner.within(seconds)


@pytest.mark.parametrize("key", ["", "x" * 256, None, 5, "a\0b", "\ud800"])
def test_a_key_that_no_storage_keeps_is_refused(
    runner: Runner[InMemoryShop], key: Any
) -> None:
    with pytest.raises(MisuseError, match="is no operation key"):
        runner.keyed(key)


@pytest.mark.parametrize("keep", [timedelta(), timedelta(-1), timedelta.max, 60])
def test_a_time_to_keep_that_means_nothing_is_refused(
    runner: Runner[InMemoryShop], keep: Any
) -> None:
    with pytest.raises(MisuseError, match="is no time to keep a result for"):
        runner.keyed("once", keep=keep)


async def test_a_factory_that_makes_no_units_is_refused() -> None:
    made: Any = object
    with pytest.raises(MisuseError, match="made an object of object"):
        await Runner(made).run(count, "a")


@pytest.mark.parametrize("given", ["uow", InMemoryShop, None])
def test_what_makes_no_units_is_refused_at_once(given: Any) -> None:
    with pytest.raises(MisuseError, match="which is no factory of units"):
        Runner(given)


async def test_a_unit_in_place_of_its_factory_is_refused(
    database: InMemoryDatabase,
) -> None:
    unit: Any = InMemoryShop(database)
    with pytest.raises(MisuseError) as refused:
        Runner(unit)
    assert str(refused.value) == (
        "The runner was given InMemoryShop, which is no factory of units.\n"
        "It calls the factory without arguments, for a fresh unit each time.\n"
        "Write Runner(lambda: SqlAlchemyStock(database)). [misuse]"
    )


async def test_a_call_in_place_of_an_operation_is_refused(
    database: InMemoryDatabase, runner: Runner[InMemoryShop]
) -> None:
    """And closed: no warning of a coroutine that nobody awaited."""
    called: Any = count(InMemoryShop(database), "a")
    with pytest.raises(MisuseError, match=r"Write runner\.run\(count, \.\.\.\)"):
        await runner.run(called)
    nothing: Any = None
    with pytest.raises(MisuseError, match=r"was given None, which is no function"):
        await runner.run(nothing)


async def test_a_function_that_is_not_async_is_no_operation(
    runner: Runner[InMemoryShop],
) -> None:
    def five(_: ShopUnitOfWork) -> int:
        return 5

    given: Any = five
    with pytest.raises(MisuseError, match="returned 5, which cannot be awaited"):
        await runner.run(given)


@pytest.mark.parametrize("retry", [3, None, RetryPolicy])
def test_what_is_no_policy_is_refused_at_once(
    runner: Runner[InMemoryShop], retry: Any
) -> None:
    """And not by the first conflict, which nobody would see then."""
    with pytest.raises(MisuseError, match="is no policy"):
        runner.retrying(retry)


async def test_a_unit_that_is_used_up_says_so(database: InMemoryDatabase) -> None:
    unit = InMemoryShop(database)
    await Runner(lambda: unit).run(count, "a")
    with pytest.raises(MisuseError, match="is used up"):
        await Runner(lambda: unit).run(count, "a")
    with pytest.raises(UnitOfWorkClosedError, match="a unit that was lent is used up"):
        await unit.counters.count()
