"""Cancel an operation at its n-th suspension, and see how far it went."""

import asyncio
from collections.abc import Callable, Coroutine, Generator
from typing import Any, Literal

import anyio
import attrs

Way = Literal["once", "twice", "anyio"]
"""How to cancel: at one suspension, at the next one too, or by a scope of anyio, which
cancels again at each."""


@attrs.define
class Steps:
    """Runs a coroutine, and does something at its n-th suspension."""

    work: Coroutine[Any, Any, Any]
    at: int
    cancel: Callable[[], object]
    again: bool = False
    reached: int = 0

    def __await__(self) -> Generator[Any, Any, Any]:
        """Pass everything on."""
        send, value = self.work.send, None
        while True:
            try:
                waiting = send(value)
            except StopIteration as end:
                return end.value
            self.reached += 1
            if self.reached == self.at or (self.again and self.reached == self.at + 1):
                self.cancel()
            try:
                send, value = self.work.send, (yield waiting)
            except BaseException as error:  # noqa: BLE001 - the work shall have it
                send, value = self.work.throw, error


async def cancelled_at(at: int, way: Way, work: Coroutine[Any, Any, Any]) -> bool:
    """Run work in a task that is cancelled at its n-th suspension.

    Returns:
        Whether it had so many.
    """
    reached = []

    async def run() -> None:
        if way == "anyio":
            with anyio.CancelScope() as scope:
                steps = Steps(work, at, scope.cancel)
                reached.append(steps)
                await steps
            return
        task = asyncio.current_task()
        assert task is not None
        steps = Steps(work, at, task.cancel, again=way == "twice")
        reached.append(steps)
        await steps

    task = asyncio.ensure_future(run())
    await asyncio.wait([task])
    if not task.cancelled() and (error := task.exception()) is not None:
        raise error
    return reached[0].reached >= at
