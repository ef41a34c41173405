"""Locks on keys, waited for without threads. Contract: 21."""

import asyncio
from collections.abc import Callable

import pytest

from unitwork import ConcurrencyConflictError, StorageBusyError
from unitwork.adapters.locks import Locks


async def turns(number: int = 3) -> None:
    """Let every other task run as far as it can."""
    for _ in range(number):
        await asyncio.sleep(0)


async def test_an_owner_takes_a_key_again_at_once() -> None:
    """Locks are per unit, not per call."""
    locks = Locks(5)
    await locks.acquire("k", "a")
    await locks.acquire("k", "a")

    assert not locks.held_by_another("k", "a")
    assert locks.held_by_another("k", "b")
    assert not locks.held_by_another("free", "b")


async def test_who_waits_gets_the_key_when_it_is_released() -> None:
    """In the order they came."""
    locks, got = Locks(5), []

    async def want(owner: str) -> None:
        await locks.acquire("k", owner)
        got.append(owner)
        locks.release(owner)

    await locks.acquire("k", "first")
    async with asyncio.TaskGroup() as tasks:
        for owner in ("b", "c", "d"):
            tasks.create_task(want(owner))
        await turns()
        assert got == []
        locks.release("first")

    assert got == ["b", "c", "d"]


async def test_waiting_ends_in_time() -> None:
    """At most lock_timeout."""
    locks = Locks(0)
    await locks.acquire("k", "a")

    with pytest.raises(StorageBusyError, match="held for longer than 0 s"):
        await locks.acquire("k", "b")

    locks.release("a")
    await locks.acquire("k", "b")


async def test_the_time_limit_is_one_for_a_whole_queue() -> None:
    """A turn that goes to another does not begin the waiting anew."""
    locks = Locks(5)
    loop = asyncio.get_running_loop()
    await locks.acquire("k", "a")

    async def want(owner: str) -> None:
        with pytest.raises(StorageBusyError, match="held for longer than 5 s"):
            await locks.acquire("k", owner)

    first = asyncio.create_task(locks.acquire("k", "b"))
    second = asyncio.create_task(want("c"))
    await turns()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(loop, "time", _later(loop.time, 4))
        locks.release("a")
        await first
        await turns()
        patched.setattr(loop, "time", _later(loop.time, 2))
        await turns()
        assert second.done()
    await second


def _later(time: Callable[[], float], seconds: float) -> Callable[[], float]:
    return lambda: time() + seconds


async def test_waiting_for_each_other_is_a_conflict() -> None:
    """A deadlock, found at once; the other one goes on."""
    locks = Locks(5)
    await locks.acquire("x", "a")
    await locks.acquire("y", "b")
    waiting = asyncio.create_task(locks.acquire("y", "a"))
    await turns()

    with pytest.raises(ConcurrencyConflictError, match="a deadlock"):
        await locks.acquire("x", "b")

    locks.release("b")
    await waiting
    assert locks.held_by_another("y", "b")


async def test_a_cancelled_wait_leaves_nothing() -> None:
    """The key goes to the next one."""
    locks = Locks(5)
    await locks.acquire("k", "a")
    cancelled = asyncio.create_task(locks.acquire("k", "b"))
    next_one = asyncio.create_task(locks.acquire("k", "c"))
    await turns()
    cancelled.cancel()
    await asyncio.gather(cancelled, return_exceptions=True)
    locks.release("a")
    await next_one

    assert locks.held_by_another("k", "b")
