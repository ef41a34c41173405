"""What a schedule was like: who ran, and how far."""

import asyncio
from itertools import groupby
from operator import itemgetter
from typing import Any

from unitwork.testing.scheduling.suspension import place

Task = asyncio.Task[Any]
_AT_THE_END = "runs to its end"
_TOLD_ONE_BY_ONE = 3


class Trace:
    """Follow the tasks of a race, a line for each time that one is left."""

    def __init__(self) -> None:
        """Follow nobody yet."""
        self._lines: list[tuple[str, str]] = []
        self._running: Task | None = None
        self._ended = False

    def step(self, task: Task) -> None:
        """Note that a task runs now."""
        if task is not self._running and not self._ended:
            self._leave()
            self._running = task

    def end(self) -> None:
        """Note nothing more."""
        self._leave()
        self._running, self._ended = None, True

    def _leave(self) -> None:
        if self._running is not None:
            self._lines.append((self._running.get_name(), _how_far(self._running)))

    def __str__(self) -> str:
        """Render the lines; many tasks that each simply end take one."""
        lines: list[tuple[str, str]] = []
        for far, group in groupby(self._lines, key=itemgetter(1)):
            same = list(group)
            if far == _AT_THE_END and len(same) > _TOLD_ONE_BY_ONE:
                last = same[-1][0]
                told = f"and the next {len(same) - 1}, up to {last}, run to their ends"
                same = [(same[0][0], told)]
            lines += same
        width = max((len(name) for name, _ in lines), default=0)
        return "\n".join(f"  {name:{width}}  {far}" for name, far in lines)


def _how_far(task: Task) -> str:
    if not task.done():
        return f"runs to  {place(task)}"
    if task.cancelled():
        return "is cancelled"
    error = task.exception()
    return _AT_THE_END if error is None else f"raises {type(error).__name__}"
