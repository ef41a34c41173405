"""One run of a test, under one course."""

import asyncio
import random
from collections.abc import Callable, Coroutine
from typing import Any

from unitwork.testing.scheduling.course import Course
from unitwork.testing.scheduling.loop import ScheduledLoop
from unitwork.testing.scheduling.race import Race
from unitwork.testing.scheduling.trace import Trace

Test = Callable[[Race], Coroutine[Any, Any, object]]


def run(test: Test, course: Course, trace: Trace | None = None) -> BaseException | None:
    """Run a test anew on a loop of its own; return what it raised.

    The global `random` begins every run alike, and is put back.
    """
    loop, state = ScheduledLoop(course, trace), random.getstate()
    random.seed(0)
    try:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(_run(test, loop))
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # noqa: BLE001 - pytest.fail() is one, too
        return error
    finally:
        random.setstate(state)
    return None


async def _run(test: Test, loop: ScheduledLoop) -> None:
    task = asyncio.current_task(loop)
    assert task is not None
    task.set_name("the test")
    try:
        await test(Race())
    finally:
        loop.end()
