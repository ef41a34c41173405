"""Let Hypothesis look for an example, whose work is done on this event loop."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError
from typing import Any

from hypothesis import HealthCheck, Verbosity, assume, given, settings
from hypothesis.strategies import SearchStrategy

from unitwork.testing.pair_examples import Example, Rejected

Check = Callable[[Example], Coroutine[Any, Any, str | None]]
_PATIENT = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.nested_given]


class Search:
    """Hypothesis in a thread, its examples in tasks: each waits for the other."""

    def __init__(self, check: Check) -> None:
        """Belong to the running event loop.

        Args:
            check: says what is wrong with an example, or None.
        """
        self._check = check
        self._loop = asyncio.get_running_loop()
        self._task: asyncio.Task[Any] | None = None
        self._stopped = False

    async def smallest(self, examples: SearchStrategy[Example]) -> str | None:
        """Return what is wrong with the smallest example that is found, or None."""
        try:
            return await asyncio.to_thread(self._run, examples)
        finally:
            self._stopped = True
            if self._task is not None:
                self._task.cancel()

    def _run(self, examples: SearchStrategy[Example]) -> str | None:
        patient = settings(
            deadline=None,
            database=None,
            report_multiple_bugs=False,
            verbosity=Verbosity.quiet,
            suppress_health_check=_PATIENT,
        )
        try:
            patient(given(examples)(self._agree))()
        except _Disagreement as smallest:
            return str(smallest)
        return None

    def _agree(self, example: Example) -> None:
        """Check one example, in the thread."""
        work = asyncio.run_coroutine_threadsafe(self._checked(example), self._loop)
        try:
            difference = work.result()
        except CancelledError:
            raise KeyboardInterrupt from None  # Hypothesis takes no other order to stop
        except Rejected:
            assume(condition=False)
        else:
            if difference is not None:
                raise _Disagreement(difference)

    async def _checked(self, example: Example) -> str | None:
        """Check one example, on the loop, in a task that can be cancelled."""
        if self._stopped:
            raise asyncio.CancelledError
        self._task = asyncio.current_task()
        return await self._check(example)


class _Disagreement(Exception):  # noqa: N818 - never seen by anyone
    """Tell Hypothesis that it has found one."""
