"""What a schedule was like: who ran, and how far."""

import asyncio
from typing import Any

from unitwork.testing.schedules.suspension import place

Task = asyncio.Task[Any]


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
        """Render the lines."""
        width = max((len(name) for name, _ in self._lines), default=0)
        return "\n".join(f"  {name:{width}}  {far}" for name, far in self._lines)


def _how_far(task: Task) -> str:
    if not task.done():
        return f"runs to  {place(task)}"
    if task.cancelled():
        return "is cancelled"
    error = task.exception()
    return "runs to its end" if error is None else f"raises {type(error).__name__}"
