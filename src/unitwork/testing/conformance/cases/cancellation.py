"""A unit that is cancelled, wherever it waits, is all or nothing."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextlib import suppress
from functools import partial
from itertools import count
from typing import Any

import pytest

from unitwork.adapters.making import IsolationName
from unitwork.domain.constraint_errors import UniqueViolationError
from unitwork.domain.outcome import Outcome
from unitwork.testing.conformance.declaring import needs
from unitwork.testing.conformance.shop import Counter, Customer, Shop, ShopUnitOfWork


class Cancelling:
    """Work that is cancelled a few turns of the loop after it has suspended n times."""

    def __init__(self, work: Coroutine[Any, Any, None], *, at: int, turns: int) -> None:
        self.reached = False
        self._work = work
        self._at = at
        self._turns = turns

    def __await__(self) -> Generator[Any, Any, None]:
        """Run in the task that awaits."""
        step: Callable[[], Any] = partial(self._work.send, None)
        for number in count(1):
            try:
                waits_for = step()
            except StopIteration:
                return
            if number == self._at:
                self.reached = True
                self._cancel(asyncio.current_task(), self._turns)
            step = partial(self._work.send, None)
            try:
                yield waits_for
            except BaseException as error:  # noqa: BLE001 - handed to the work
                step = partial(self._work.throw, error)

    def _cancel(self, task: Any, turns: int) -> None:
        if turns:
            asyncio.get_running_loop().call_soon(self._cancel, task, turns - 1)
        else:
            task.cancel()


async def _plain(uow: ShopUnitOfWork, number: int) -> None:
    for counter in await uow.counters.matching(Counter.name.in_(["x", "y"])):
        counter.value = number
    uow.customers.add(Customer(name=str(number)))
    await uow.commit()


async def _under_a_lock(uow: ShopUnitOfWork, number: int) -> None:
    (await uow.counters.get("x", lock=True)).value = number
    await _plain(uow, number)


LEVELS: list[IsolationName] = ["read_committed", "snapshot", "serializable"]
TURNS = [0, 30, 300]
"""Of the loop, between the point and the cancellation."""


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("turns", TURNS)
async def test_a_unit_cancelled_at_any_point_is_all_or_nothing(
    shop: Shop, level: IsolationName, turns: int
) -> None:
    """Contract 4, 29, 31: whatever it waits for; and `outcome` tells the truth."""
    await cancel_everywhere(shop, level, _plain, turns)


@needs("locks")
@pytest.mark.parametrize("turns", TURNS)
async def test_a_unit_cancelled_under_a_lock_is_all_or_nothing(
    shop: Shop, turns: int
) -> None:
    """Contract 4, 21, 29, 31: the lock is free again, wherever it was cancelled."""
    await cancel_everywhere(shop, "read_committed", _under_a_lock, turns)


async def cancel_everywhere(
    shop: Shop,
    level: IsolationName,
    work: Callable[[ShopUnitOfWork, int], Awaitable[None]],
    turns: int,
) -> None:
    """Run a unit again and again, cancelled where it waits first, second, ..."""
    await shop.put(x=0, y=0)
    for number in count(1):
        uow = shop.unit(level)

        async def run(uow: ShopUnitOfWork = uow, number: int = number) -> None:
            async with uow:
                await work(uow, number)

        cancelling = Cancelling(run(), at=number, turns=turns)

        async def cancelled(cancelling: Cancelling = cancelling) -> None:
            await cancelling

        with suppress(asyncio.CancelledError):
            await asyncio.create_task(cancelled())
        async with shop.unit() as after:
            found = await after.counters.count(Counter.value == number)
            added = await after.customers.count(Customer.name == str(number))
        expected = {Outcome.COMMITTED: (2, 1), Outcome.ROLLED_BACK: (0, 0)}
        assert (found, added) == expected[uow.outcome]
        if not cancelling.reached:
            break

    assert uow.outcome is Outcome.COMMITTED


async def test_an_error_is_told_as_it_is_to_who_handles_a_cancellation(
    shop: Shop,
) -> None:
    """Contract 27: it is not taken for the cancellation that came before the unit."""
    await shop.put(x=1)
    told = []

    async def clean_up() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            async with shop.unit() as uow:
                uow.counters.add(Counter(name="x"))
                try:
                    await uow.commit()
                except BaseException as error:  # noqa: BLE001 - to see which it is
                    told.append(type(error))
            raise

    task = asyncio.create_task(clean_up())
    await asyncio.wait([task], timeout=0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert told == [UniqueViolationError]
    assert await shop.counters() == {"x": 1}
