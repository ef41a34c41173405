"""What a test says: `@schedules(200)`."""

import inspect
from collections.abc import Callable, Coroutine
from functools import wraps
from types import CodeType, TracebackType
from typing import Any

from unitwork.domain.errors import MisuseError
from unitwork.testing.scheduling.exploring import Exploration, run_again
from unitwork.testing.scheduling.race import Race

_SEEDED, _EXHAUSTIVE = 200, 10_000


def schedules(
    limit: int | None = None,
    *,
    seed: int = 0,
    exhaustive: bool = False,
    preemptions: int | None = None,
    replay: str | None = None,
) -> Callable[[Callable[..., Coroutine[Any, Any, None]]], Callable[..., None]]:
    """Run an async test under many schedules of what it races.

    The test has a parameter `race`, and calls it with the operations that run at the
    same time: `await race(withdraw(60), withdraw(60))`. Each schedule runs the whole
    test anew, on an event loop of its own that chooses which of their ready steps is
    next. The rest are pytest's: fixtures are made once for all schedules. Time is
    virtual; threads, sockets and processes are refused.

    Args:
        limit: how many schedules to run, 200 unless told; with `exhaustive`, at most
            how many, 10,000 unless told.
        seed: other seeds give other schedules; the same one gives the same.
        exhaustive: run every schedule there is, and print how many there were. For
            two small operations: their number grows exponentially with the steps.
        preemptions: how often at most a task is stopped that could go on.
        replay: run this one schedule only, as the report of a failure names it.

    Raises:
        BaseException: what the test raised, of the smallest schedule that fails
            alike, with that schedule as a note.
        MisuseError: there is nothing to schedule, or more than `limit`; or every
            task waits for ever.

    Cost: a run of the test for each schedule, and for a failure those that shrink it.
    """

    def decorate(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
        most = limit if limit is not None else _EXHAUSTIVE if exhaustive else _SEEDED
        name = test.__qualname__
        search = Exploration(name, most, None if exhaustive else seed, preemptions)

        @wraps(test)
        def scheduled(*args: Any, **kwargs: Any) -> None:
            def once(race: Race) -> Coroutine[Any, Any, None]:
                return test(*args, **kwargs, race=race)

            try:
                if replay is not None:
                    run_again(name, replay, once)
                    return
                number = search.explore(once)
            except BaseException as error:
                error.__traceback__ = _from(test.__code__, error.__traceback__)
                __tracebackhide__ = error.__traceback__ is not None
                raise error  # noqa: TRY201 - so that pytest has at least this frame
            if exhaustive:
                said = f"{name}: {number} schedules, none failed"
                print(said)  # noqa: T201 - pytest shows it with -rP, or -s

        vars(scheduled)["__signature__"] = _without_race(test)
        return scheduled

    return decorate


def _without_race(test: Callable[..., object]) -> inspect.Signature:
    """Return the signature that pytest sees.

    Raises:
        MisuseError: the test is not async, or cannot be given the race.
    """
    signature = inspect.signature(test)
    asked = "race" in signature.parameters
    if not (asked and inspect.iscoroutinefunction(test)):
        raise MisuseError(
            f"@schedules cannot run {test.__qualname__}.",
            "It has no parameter `race`." if not asked else "It is not async.",
            "Write `async def test_...(race, ...)`; @schedules stands below marks.",
        )
    others = [p for name, p in signature.parameters.items() if name != "race"]
    return signature.replace(parameters=others)


def _from(code: CodeType, traceback: TracebackType | None) -> TracebackType | None:
    """Leave out all frames before those of the test: asyncio's and ours."""
    inner = traceback
    while inner is not None and inner.tb_frame.f_code is not code:
        inner = inner.tb_next
    return inner
