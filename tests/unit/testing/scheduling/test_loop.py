"""The event loop of a schedule: asyncio as ever, but for time and chance."""

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from contextvars import ContextVar
from typing import Any

import pytest

from unitwork.domain.errors import MisuseError
from unitwork.testing import Race, schedules
from unitwork.testing.scheduling.course import Course, replaying
from unitwork.testing.scheduling.running import run

Test = Callable[[Race], Coroutine[Any, Any, None]]


def passes(test: Test) -> None:
    """Run a test once, without a switch that is not needed."""
    error = run(test, Course(replaying({})))
    if error is not None:
        raise error


def refusal_of(test: Test) -> str:
    error = run(test, Course(replaying({})))
    assert isinstance(error, MisuseError)
    return str(error)


async def poll() -> None:
    while True:  # noqa: ASYNC110 - the bad habit that is tested
        await asyncio.sleep(0)


# ── time ────────────────────────────────────────────────────────────────────


def test_time_jumps() -> None:
    """A day costs nothing, and is exact."""

    async def test(race: Race) -> None:
        loop = asyncio.get_running_loop()
        assert loop.time() == 0
        await asyncio.sleep(86_400)
        assert loop.time() == 86_400
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await asyncio.sleep(1)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.sleep(1), 0.5)
        assert loop.time() == 86_401

    passes(test)


def test_timers_keep_their_order_and_can_be_cancelled() -> None:
    """By time, then by the order in which they were set."""

    async def test(race: Race) -> None:
        loop, rung = asyncio.get_running_loop(), list[str]()
        loop.call_later(2, rung.append, "late")
        for name in "abcdef":
            loop.call_later(1, rung.append, name)
        loop.call_later(1, rung.append, "never").cancel()
        await asyncio.sleep(3)
        assert rung == [*"abcdef", "late"]

    passes(test)


def test_time_stands_still_while_anything_is_ready() -> None:
    """A time limit cannot be hit by the work of others."""

    async def test(race: Race) -> None:
        async def busy() -> None:
            for _ in range(1_000):
                await asyncio.sleep(0)

        async def quick() -> None:
            async with asyncio.timeout(0.001):
                await busy()

        await race(quick(), busy())

    passes(test)


# ── choice ──────────────────────────────────────────────────────────────────


def schedules_of(test: Test, capsys: pytest.CaptureFixture[str]) -> int:
    schedules(exhaustive=True)(test)()
    return int(capsys.readouterr().out.split(": ")[1].split()[0])


def test_only_the_tasks_of_a_race_are_chosen_from(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Others take a step in each round, callbacks keep their order."""

    async def test(race: Race) -> None:
        loop, called = asyncio.get_running_loop(), list[int]()
        other = asyncio.create_task(poll())
        for number in range(5):
            loop.call_soon(called.append, number)
        await race(asyncio.sleep(0), asyncio.sleep(0))
        assert called == [0, 1, 2, 3, 4]
        other.cancel()

    assert schedules_of(test, capsys) == 6  # two tasks of two steps


def test_children_of_a_race_take_part(capsys: pytest.CaptureFixture[str]) -> None:
    """A task group inside of an operation is explored like the operation."""
    orders = set()

    async def test(race: Race) -> None:
        order = ""

        async def child(name: str) -> None:
            nonlocal order
            await asyncio.sleep(0)
            order += name

        async def parent() -> None:
            async with asyncio.TaskGroup() as group:
                group.create_task(child("a"))
                group.create_task(child("b"))

        await race(parent(), child("c"))
        orders.add(order)

    schedules_of(test, capsys)
    assert orders == {"abc", "acb", "bac", "bca", "cab", "cba"}


def test_each_task_sees_itself_and_its_own_context() -> None:
    """Units of work know their task by it."""
    variable: ContextVar[str] = ContextVar("variable", default="outer")

    async def test(race: Race) -> None:
        async def operation(value: str) -> str:
            variable.set(value)
            before = asyncio.current_task()
            await asyncio.sleep(0)
            assert asyncio.current_task() is before
            return variable.get()

        assert await race(operation("one"), operation("two")) == ["one", "two"]
        assert variable.get() == "outer"

    schedules(exhaustive=True)(test)()


def test_cancelling_later_is_no_step_of_the_task() -> None:
    """`call_soon(task.cancel)` belongs to the task, and yet to nobody's race."""

    async def test(race: Race) -> None:
        async def operation() -> None:
            task = asyncio.current_task()
            assert task is not None
            asyncio.get_running_loop().call_soon(task.cancel)
            with pytest.raises(asyncio.CancelledError):
                await asyncio.sleep(1)
            task.uncancel()
            await asyncio.sleep(0)

        await race(operation(), operation())

    schedules(exhaustive=True)(test)()


@pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks came with 3.12")
def test_eager_tasks_are_scheduled_from_their_first_wait_on() -> None:
    """What runs at once, runs at once; the rest is chosen."""
    orders = set()

    async def test(race: Race) -> None:
        loop, order = asyncio.get_running_loop(), list[str]()
        loop.set_task_factory(vars(asyncio)["eager_task_factory"])

        async def operation(name: str) -> None:
            order.append(name)
            for _ in range(2):
                await asyncio.sleep(0)
                order.append(name)

        await race(operation("a"), operation("b"))
        orders.add("".join(order))

    schedules(exhaustive=True)(test)()
    assert orders == {"abaabb", "ababab", "ababba", "abbaab", "abbaba", "abbbaa"}


def test_generators_are_closed_at_the_end() -> None:
    """As asyncio.run does it."""
    closed = []

    async def test(race: Race) -> None:
        async def numbers() -> AsyncIterator[int]:
            try:
                yield 1
                yield 2
            finally:
                await asyncio.sleep(0)
                closed.append("closed")

        kept.append(numbers())
        assert await anext(kept[0]) == 1

    kept: list[AsyncIterator[int]] = []
    passes(test)
    assert closed == ["closed"]


# ── what has no end, and what is refused ────────────────────────────────────


def test_a_deadlock_says_who_waits_where() -> None:
    """At once, not after the time limit of the test run."""

    async def test(race: Race) -> None:
        a, b = asyncio.Lock(), asyncio.Lock()

        async def both(first: asyncio.Lock, second: asyncio.Lock) -> None:
            async with first:
                await asyncio.sleep(0)
                async with second:
                    pass

        await race(left=both(a, b), right=both(b, a))

    with pytest.raises(MisuseError) as raised:
        schedules()(test)()
    first = test.__code__.co_firstlineno
    assert (
        str(raised.value)
        == f"""\
Every task waits, and nothing will ever wake one: a deadlock.
No step is ready and no timer is set. They wait at:
  left  {HERE}:{first + 6}  async with second:
  right  {HERE}:{first + 6}  async with second:
  the test  {HERE}:{first + 9}  await race(left=both(a, b), right=both(b, a))
Take locks in one order, or with a time limit. Is it I/O? Put it behind a port, and \
give the test an adapter that works in memory. [misuse]"""
    )
    assert raised.value.__notes__ == [
        f"""\
The smallest failing schedule, from number 2 of 200, seed 0:
  left   runs to  {HERE}:{first + 5}  await asyncio.sleep(0)
  right  runs to  {HERE}:{first + 6}  async with second:
  left   runs to  {HERE}:{first + 6}  async with second:
Run it alone with @schedules(replay="1:1")."""
    ]


HERE = "tests/unit/testing/scheduling/test_loop.py"


def test_asking_again_and_again_is_no_way_to_wait() -> None:
    """A schedule that never ends is told from one that is long."""

    async def test(race: Race) -> None:
        await race(poll())

    assert (
        refusal_of(test)
        == """\
A schedule did not end in 200,000 steps.
Some task asks again and again, and time stands still meanwhile.
Wait for an event, or sleep for more than 0 s between two questions. [misuse]"""
    )


def test_threads_are_refused() -> None:
    """Nobody decides when they run."""

    async def test(race: Race) -> None:
        await asyncio.to_thread(print)

    assert (
        refusal_of(test)
        == """\
loop.run_in_executor() was called under @schedules.
A schedule decides what runs when, and it cannot decide that for threads.
Put it behind a port, and give the test an adapter that works in memory. [misuse]"""
    )


@pytest.mark.parametrize(
    ("reach_out", "what"),
    [
        (lambda: asyncio.open_connection("127.0.0.1", 1), "the network"),
        (lambda: asyncio.start_server(print, "127.0.0.1"), "the network"),
        (lambda: asyncio.create_subprocess_exec("true"), "other processes"),
    ],
    ids=["connection", "server", "process"],
)
def test_the_world_outside_is_refused(
    reach_out: Callable[[], Coroutine[Any, Any, object]], what: str
) -> None:
    """Its answer comes when it likes."""

    async def test(race: Race) -> None:
        await reach_out()

    assert f"it cannot decide that for {what}." in refusal_of(test)


def test_another_thread_cannot_reach_the_loop() -> None:
    """A driver with threads of its own is refused too, in its thread."""

    async def test(race: Race) -> None:
        loop, errors = asyncio.get_running_loop(), list[MisuseError]()

        def call() -> None:
            try:
                loop.call_soon_threadsafe(print)
            except MisuseError as error:
                errors.append(error)

        thread = threading.Thread(target=call)
        thread.start()
        thread.join()
        assert errors[0].what == "A thread called the event loop of @schedules."

    passes(test)


def test_a_closed_loop_takes_nothing() -> None:
    """As every loop."""
    loops = []

    async def test(race: Race) -> None:
        loops.append(asyncio.get_running_loop())

    passes(test)
    with pytest.raises(RuntimeError, match="closed"):
        loops[0].call_soon(print)
