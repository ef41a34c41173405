"""Where a task is suspended, as its author would say it."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.unit.testing.scheduling.bank import Bank, open_bank
from unitwork.testing.scheduling.suspension import place

HERE = "tests/unit/testing/scheduling/test_suspension.py"


@asynccontextmanager
async def waiting() -> AsyncIterator[None]:
    await asyncio.sleep(60)
    yield


async def inner() -> None:
    await asyncio.sleep(60)


async def in_a_call() -> None:
    await inner()


async def in_a_context_manager() -> None:
    async with waiting():
        raise AssertionError


async def in_a_unit() -> None:
    uow = Bank(await open_bank())
    async with uow:
        await uow.accounts.find("a")


async def place_of(coroutine: Coroutine[Any, Any, None], steps: int) -> str:
    task = asyncio.create_task(coroutine)
    for _ in range(steps):
        await asyncio.sleep(0)
    found = place(task)
    task.cancel()
    await asyncio.wait([task])
    return found


@pytest.mark.parametrize(
    ("coroutine", "steps", "source"),
    [
        (in_a_call, 0, "async def in_a_call() -> None:"),
        (in_a_call, 1, "await asyncio.sleep(60)"),
        (in_a_unit, 1, 'await uow.accounts.find("a")'),
    ],
    ids=["not begun", "call", "library"],
)
async def test_it_is_the_innermost_line_of_the_users_own(
    coroutine: Any, steps: int, source: str
) -> None:
    """Not a line of the library, nor of asyncio."""
    found = await place_of(coroutine(), steps)

    file, _, line = found.partition(":")
    assert file == HERE
    assert line.endswith(f"  {source}")


async def test_where_the_trail_ends_the_last_known_line_is_shown() -> None:
    """Python does not tell what an async generator waits for."""
    found = await place_of(in_a_context_manager(), 1)

    assert found.endswith("  async with waiting():")


async def test_a_task_without_a_line_of_the_users_own_still_has_a_place() -> None:
    """A race of library calls."""
    assert "asyncio.py" not in await place_of(asyncio.sleep(60), 1)
    assert "tasks.py:" in await place_of(asyncio.sleep(60), 1)


async def test_a_file_elsewhere_is_shown_by_its_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    """Reports are the same on every machine."""
    monkeypatch.chdir(str(tmp_path))

    assert (await place_of(in_a_call(), 1)).startswith("test_suspension.py:")


async def test_a_task_that_has_ended_waits_nowhere() -> None:
    """The report says so in other words."""
    task = asyncio.create_task(asyncio.sleep(0))
    await task

    assert place(task) == "?"
