"""Operations at the same time, and what they return."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from unitwork.testing import Race, schedules

Test = Callable[[Race], Coroutine[Any, Any, None]]


def in_every_order(test: Test) -> None:
    schedules(exhaustive=True)(test)()


async def give(value: int) -> int:
    await asyncio.sleep(0)
    return value


async def refuse(error: BaseException) -> int:
    await asyncio.sleep(0)
    raise error


def test_results_stand_in_the_order_of_the_operations() -> None:
    """Named ones after the others."""

    async def test(race: Race) -> None:
        assert await race(give(1), give(2), last=give(3)) == [1, 2, 3]

    in_every_order(test)


def test_all_operations_end_before_an_error_is_raised() -> None:
    """What the test looks at afterwards stands still."""

    async def test(race: Race) -> None:
        ended: list[int] = []

        async def slow() -> int:
            ended.append(await give(1))
            return 1

        error = LookupError("no")
        with pytest.raises(LookupError) as raised:
            await race(refuse(error), slow())
        assert raised.value is error
        assert ended == [1]

    in_every_order(test)


def test_several_errors_are_a_group() -> None:
    """None hides the other."""

    async def test(race: Race) -> None:
        errors = [LookupError("one"), ValueError("two")]
        with pytest.raises(ExceptionGroup) as raised:
            await race(*map(refuse, errors))
        assert raised.value.message == "several operations of the race failed"
        assert list(raised.value.exceptions) == errors

    in_every_order(test)


def test_errors_can_be_results() -> None:
    """As with asyncio.gather: a conflict is an answer, too. A None stays one."""

    async def test(race: Race) -> None:
        error, cancelled = LookupError("no"), asyncio.CancelledError()
        raced = [refuse(error), asyncio.sleep(0), refuse(cancelled)]
        got = await race(*raced, return_exceptions=True)
        assert got[:2] == [error, None]
        assert isinstance(got[2], asyncio.CancelledError)

    in_every_order(test)


def test_tasks_have_names_that_stay() -> None:
    """After their functions, or as they are called; in every run alike."""
    seen: set[tuple[str, ...]] = set()

    async def test(race: Race) -> None:
        async def name() -> str:
            await asyncio.sleep(0)
            task = asyncio.current_task()
            assert task is not None
            return task.get_name()

        seen.add(tuple(await race(name(), name(), other=name())))

    in_every_order(test)
    assert seen == {("name-1", "name-2", "other")}


def test_a_cancelled_race_leaves_nobody_running() -> None:
    """A time limit round the race ends its operations, too."""

    async def test(race: Race) -> None:
        ends: list[float] = []

        async def endless() -> None:
            try:
                await asyncio.sleep(60)
            finally:
                await asyncio.sleep(1)
                ends.append(asyncio.get_running_loop().time())

        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5):
                await race(endless(), endless())
        assert ends == [6, 6]

    in_every_order(test)
