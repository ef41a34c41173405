"""Whatever happened to a unit, the next one finds nothing of it."""

from collections.abc import Awaitable, Callable

import pytest

from unitwork.adapters.making import IsolationName
from unitwork.domain.errors import UnitworkError
from unitwork.domain.ids import new_id
from unitwork.domain.outcome import Outcome
from unitwork.testing.conformance.declaring import needs
from unitwork.testing.conformance.shop import Counter, Order, Shop, ShopUnitOfWork


async def _conflict(shop: Shop, uow: ShopUnitOfWork) -> None:
    (await uow.counters.get("x")).value += 1
    async with shop.unit() as other:
        (await other.counters.get("x")).value += 100
        await other.commit()
    await uow.commit()


async def _taken(_shop: Shop, uow: ShopUnitOfWork) -> None:
    (await uow.counters.get("x")).value += 1
    for _ in range(2):
        uow.orders.add(Order(number="same"))
    await uow.commit()


async def _taken_in_storage(_shop: Shop, uow: ShopUnitOfWork) -> None:
    (await uow.counters.get("x")).value += 1
    uow.counters.add(Counter(name="y"))
    await uow.commit()


async def _refused(_shop: Shop, uow: ShopUnitOfWork) -> None:
    (await uow.counters.get("x")).value = 2**70
    await uow.commit()


async def _forgotten(_shop: Shop, uow: ShopUnitOfWork) -> None:
    (await uow.counters.get("x")).value += 1


async def _of_a_snapshot(_shop: Shop, uow: ShopUnitOfWork) -> None:
    await uow.orders.count()
    await _taken_in_storage(_shop, uow)


async def _nowhere(_shop: Shop, uow: ShopUnitOfWork) -> None:
    (await uow.counters.get("x")).value += 1
    uow.orders.add(Order(number="1", customer=new_id()))
    await uow.commit()


async def _own_error(_shop: Shop, uow: ShopUnitOfWork) -> None:
    (await uow.counters.get("x", lock=True)).value += 1
    raise UnitworkError


async def _locked_and_taken(_shop: Shop, uow: ShopUnitOfWork) -> None:
    (await uow.counters.get("x", lock=True)).value += 1
    uow.counters.add(Counter(name="y"))
    await uow.commit()


Ending = Callable[[Shop, ShopUnitOfWork], Awaitable[None]]
ENDINGS: dict[str, tuple[Ending, IsolationName]] = {
    "a conflict": (_conflict, "read_committed"),
    "a value taken twice": (_taken, "read_committed"),
    "a key taken in storage": (_taken_in_storage, "read_committed"),
    "a value that is refused": (_refused, "read_committed"),
    "a forgotten commit": (_forgotten, "snapshot"),
    "a key taken, after a snapshot": (_of_a_snapshot, "snapshot"),
}
LOCKED: dict[str, tuple[Ending, IsolationName]] = {
    "an error under a lock": (_own_error, "read_committed"),
    "a key taken, under a lock": (_locked_and_taken, "serializable"),
}


@pytest.mark.parametrize(("fail", "level"), ENDINGS.values(), ids=ENDINGS)
async def test_a_failed_unit_leaves_nothing_to_the_next_one(
    shop: Shop, fail: Ending, level: IsolationName
) -> None:
    """Contract 29: whoever comes next, on its connection too, sees nothing of it."""
    await judge(shop, fail, level)


@needs("locks")
@pytest.mark.parametrize(("fail", "level"), LOCKED.values(), ids=LOCKED)
async def test_a_failed_unit_leaves_no_lock_to_the_next_one(
    shop: Shop, fail: Ending, level: IsolationName
) -> None:
    """Contract 29: nor has anybody to wait for what it had locked."""
    await judge(shop, fail, level)


@needs("references", "serializable")
async def test_a_unit_that_referred_to_nothing_leaves_nothing(shop: Shop) -> None:
    """Contract 29: where reads were run again in the commit that failed."""
    await judge(shop, _nowhere, "serializable")


async def judge(shop: Shop, fail: Ending, level: IsolationName) -> None:
    """Let units fail in one way, and look each time what the next one sees."""
    await shop.put(x=0, y=0)
    for number in range(1, 6):
        before = await shop.counters()
        with pytest.raises(UnitworkError):
            async with shop.unit(level) as uow:
                await fail(shop, uow)
        assert uow.outcome is Outcome.ROLLED_BACK
        after = await shop.counters()
        assert after == {**before, "x": before["x"] + 100 * (fail is _conflict)}
        await shop.put(y=number)
        async with shop.unit() as last:
            assert (await last.counters.get("y")).value == number
            assert await last.orders.count() == await last.customers.count() == 0
