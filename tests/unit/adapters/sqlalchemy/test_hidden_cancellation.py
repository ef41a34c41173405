"""A cancellation that a driver fails at handling is still a cancellation."""

import asyncio

import pytest

from unitwork.adapters.sqlalchemy.drivers.portable import _hidden_cancellation


async def clumsy() -> None:
    """Fail the way psycopg does when it is cancelled while it opens a pipeline."""
    try:
        await asyncio.get_running_loop().create_future()
    finally:
        raise AssertionError


async def test_what_a_driver_raised_instead_of_a_cancellation_is_seen_through() -> None:
    """Contract 4, 27: the task was cancelled, so that is what it is told."""

    async def work() -> BaseException | None:
        try:
            await clumsy()
        except AssertionError as error:
            return _hidden_cancellation(error, None)
        return None

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()

    assert isinstance(await task, asyncio.CancelledError)


async def clumsy_at_once() -> None:
    """Fail the same way, where nobody has cancelled the task."""
    try:
        raise asyncio.CancelledError
    finally:
        raise AssertionError


async def test_an_error_of_a_task_that_nobody_cancelled_is_an_error() -> None:
    """Also where something inside was cancelled and had been dealt with."""
    with pytest.raises(AssertionError) as raised:
        await clumsy_at_once()

    assert _hidden_cancellation(raised.value, None) is None


async def test_a_cancellation_that_was_being_handled_before_is_not_seen_again() -> None:
    """While a cancelled unit rolls back, another failure is what it is."""

    async def work() -> BaseException | None:
        try:
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError as handling:
            try:
                int("no number")
            except ValueError as error:
                return _hidden_cancellation(error, handling)
        return asyncio.CancelledError()

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()

    assert await task is None
