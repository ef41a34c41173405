"""Work that must not be left in the middle. Contract: 31."""

import asyncio

import anyio
import pytest

from unitwork.adapters.sqlalchemy.patience import to_its_end


async def test_work_goes_on_while_its_caller_is_cancelled() -> None:
    """The cancellation is kept, and the result too."""
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def work() -> str:
        begun.set()
        await may_end.wait()
        return "done"

    waiting = asyncio.ensure_future(to_its_end(work()))
    await begun.wait()
    waiting.cancel()
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.sleep(0)
    may_end.set()
    ended = await waiting
    assert ended.task.result() == "done"
    assert isinstance(ended.interruption, asyncio.CancelledError)


async def test_what_the_work_raises_is_kept() -> None:
    """The caller decides when to raise it."""

    async def work() -> None:
        raise ValueError("why")

    ended = await to_its_end(work())
    assert ended.interruption is None
    with pytest.raises(ValueError, match="why"):
        ended.task.result()


async def test_a_cancel_scope_of_anyio_does_not_keep_the_loop_busy() -> None:
    """It would cancel again on every turn of the loop."""
    turns = 0
    may_end = asyncio.Event()

    async def work() -> None:
        nonlocal turns
        scope.cancel()
        for _ in range(100):
            await asyncio.sleep(0)
            turns += 1
        may_end.set()

    with anyio.CancelScope() as scope:
        ended = await to_its_end(work())
        assert may_end.is_set()
        assert ended.interruption is None
        await asyncio.sleep(0)
    assert scope.cancelled_caught
    assert turns == 100
