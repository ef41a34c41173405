"""One unit, one task. Contract: 8."""

import asyncio
from asyncio import current_task
from typing import Any

from unitwork.domain.errors import ForeignTaskError


class Ownership:
    """Know which task a unit belongs to, and whether it is waiting for storage."""

    __slots__ = ("_idle", "_owner", "_waiting", "cancellations")

    def __init__(self) -> None:
        """Belong to the running task."""
        self._owner = owner = _running()
        self._waiting = False
        self.cancellations = 0 if owner is None else owner.cancelling()
        """How often the task had been cancelled when the unit was opened."""
        self._idle: asyncio.Future[None] | None = None
        """Done when what is in flight has ended, for a task that waits for it."""

    def check(self) -> None:
        """Pass the owner; a task that comes after a finished owner becomes it.

        Raises:
            ForeignTaskError: the running task is another one.
        """
        try:
            running = current_task()
        except RuntimeError:  # no event loop runs
            running = None
        if running is self._owner:
            return
        if not (_ended(self._owner) and _alike(self._owner, running)):
            raise ForeignTaskError(_name(self._owner), _name(running))
        self._owner = running

    def adopt(self) -> None:
        """Belong to the running task from now on.

        Raises:
            ForeignTaskError: a task is waiting for storage in the unit, or the
                running task is one of another event loop.
        """
        running = _running()
        if self._waiting or not _alike(self._owner, running):
            raise ForeignTaskError(_name(self._owner), _name(running))
        self._owner = running

    def take(self) -> bool:
        """Belong to the running task at once; the former owner is refused from now on.

        Returns:
            Whether something of the former owner is in flight, to be waited for by
            `settle`; one of another event loop is not.
        """
        running, former = _running(), self._owner
        self._owner = running
        if running is former or not self._waiting:
            return False
        return _alike(former, running)

    async def settle(self) -> None:
        """Wait until nothing is in flight."""
        while self._waiting:
            if self._idle is None or self._idle.done():
                self._idle = asyncio.get_running_loop().create_future()
            await asyncio.wait([self._idle])

    def __enter__(self) -> None:
        """Begin to wait for storage, as the owner, who was just checked."""
        self._waiting = True

    def __exit__(self, *_: object) -> None:
        """End to wait."""
        self._waiting = False
        if self._idle is not None and not self._idle.done():
            self._idle.set_result(None)


def _running() -> asyncio.Task[Any] | None:
    try:
        return current_task()
    except RuntimeError:
        return None


def _alike(owner: asyncio.Task[Any] | None, running: asyncio.Task[Any] | None) -> bool:
    """Tell whether a task runs on the owner's event loop."""
    if running is None:
        return False
    return owner is None or running.get_loop() is owner.get_loop()


def _ended(task: asyncio.Task[Any] | None) -> bool:
    return task is None or task.done()


def _name(task: asyncio.Task[Any] | None) -> str:
    return "(no task)" if task is None else task.get_name()
