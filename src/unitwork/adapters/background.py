"""Work that goes on beside the units of a database object. Contract: 35."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

_log = logging.getLogger("unitwork")


class Background:
    """Tasks that somebody waits for in the end, and whose failures are reported."""

    def __init__(self) -> None:
        """Do nothing yet."""
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, Any], name: str) -> None:
        """Begin work.

        Args:
            work: what is to be done.
            name: names it, where it fails.
        """
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def join(self) -> None:
        """Wait until nothing is left, also of what that work has begun."""
        running = asyncio.get_running_loop()
        mine = asyncio.current_task()
        while tasks := {
            task
            for task in self._tasks
            if task.get_loop() is running and task is not mine
        }:
            await asyncio.wait(tasks)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            _log.error("%s failed; the commit stands", task.get_name(), exc_info=error)
