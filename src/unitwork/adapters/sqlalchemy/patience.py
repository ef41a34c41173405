"""Wait for work that must not be left in the middle. Contract: 31."""

import asyncio
import sys
from collections.abc import Coroutine
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar

import attrs

T = TypeVar("T")


@attrs.frozen
class Ended:
    """Work that has ended, and the cancellation that came meanwhile, if one did."""

    task: "asyncio.Task[Any]"
    interruption: asyncio.CancelledError | None


async def to_its_end(work: Coroutine[Any, Any, T]) -> Ended:
    """Run work in a task of its own until it has ended, cancelled or not.

    Returns:
        The task, which is done: its result() gives or raises. Nothing is swallowed:
        the caller raises the interruption when it has recorded how the work ended.
    """
    task = asyncio.ensure_future(work)
    interruption = None
    with shielded():
        while not task.done():
            try:
                await asyncio.wait([task])
            except asyncio.CancelledError as cancelled:
                interruption = cancelled
    return Ended(task, interruption)


def shielded() -> AbstractContextManager[Any]:
    """Keep anyio's cancel scopes out, where anyio is in use.

    They cancel again on every turn of the loop: one second of waiting without this
    took 50,000 cancellations.
    """
    anyio = sys.modules.get("anyio")
    return nullcontext() if anyio is None else anyio.CancelScope(shield=True)
