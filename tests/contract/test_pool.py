"""Whatever happened to a unit, the next one finds a clean connection."""

import asyncio
import types
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Generator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from tests.shop import Counter, Customer, Order, Shop, ShopUnitOfWork, open_shop
from unitwork import (
    AbstractRepository,
    AbstractUnitOfWork,
    AggregateRoot,
    ConcurrencyConflictError,
    Field,
    Key,
    Outcome,
    PersistenceError,
    ReferenceViolationError,
    UniqueViolationError,
    UnitworkError,
    all_of,
    new_id,
)
from unitwork.adapters.mapping import Schema

if TYPE_CHECKING:
    from tests.storages import Servers, Storage


@pytest.fixture
async def narrow_shop(storage: "Storage") -> AsyncIterator[Shop]:
    """A shop with one connection, where there are connections."""
    from unitwork.adapters.sqlalchemy.options import PoolOptions

    one = PoolOptions(size=1, overflow=0, timeout=2)
    async with open_shop(storage, pool=one, lock_timeout=1) as opened:
        await opened.put(x=0, y=0)
        yield opened


def lent(shop: Shop) -> int:
    """Count the connections that are out of the pool; none where there is no pool."""
    engine: Any = getattr(shop.database, "engine", None)
    return 0 if engine is None else engine.pool.checkedout()


async def _conflict(shop: Shop, uow: ShopUnitOfWork) -> None:
    (await uow.counters.get("x")).value += 1
    await shop.put(x=(await shop.counters())["x"])
    async with shop.unit() as other:
        (await other.counters.get("x")).value += 100
        await other.commit()
    await uow.commit()


async def _taken(_shop: Shop, uow: ShopUnitOfWork) -> None:
    (await uow.counters.get("x")).value += 1
    for _ in range(2):
        uow.orders.add(Order(number="same"))
    await uow.commit()


async def _taken_in_storage(shop: Shop, uow: ShopUnitOfWork) -> None:
    (await uow.counters.get("x")).value += 1
    uow.counters.add(Counter(name="y"))
    await uow.commit()


async def _nowhere(_shop: Shop, uow: ShopUnitOfWork) -> None:
    (await uow.counters.get("x")).value += 1
    uow.orders.add(Order(number="1", customer=new_id()))
    await uow.commit()


async def _refused(_shop: Shop, uow: ShopUnitOfWork) -> None:
    (await uow.counters.get("x")).value = 2**70
    await uow.commit()


async def _forgotten(_shop: Shop, uow: ShopUnitOfWork) -> None:
    (await uow.counters.get("x")).value += 1


async def _own_error(_shop: Shop, uow: ShopUnitOfWork) -> None:
    (await uow.counters.get("x", lock=True)).value += 1
    raise UnitworkError


async def _locked_and_taken(_shop: Shop, uow: ShopUnitOfWork) -> None:
    (await uow.counters.get("x", lock=True)).value += 1
    uow.counters.add(Counter(name="y"))
    await uow.commit()


ENDINGS: dict[str, Callable[[Shop, ShopUnitOfWork], Awaitable[None]]] = {
    "a conflict": _conflict,
    "a value taken twice": _taken,
    "a key taken in storage": _taken_in_storage,
    "a missing target": _nowhere,
    "a value that is refused": _refused,
    "a forgotten commit": _forgotten,
    "an error under a lock": _own_error,
    "a key taken, under a lock": _locked_and_taken,
}


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("level", ["read_committed", "snapshot"])
async def test_a_failed_unit_leaves_a_clean_connection(
    narrow_shop: Shop, ending: str, level: Any
) -> None:
    """Contract 29: the next unit on the same connection sees nothing of it, and works."""
    for number in range(1, 6):
        before = await narrow_shop.counters()
        with pytest.raises(UnitworkError):
            async with narrow_shop.unit(level) as uow:
                await ENDINGS[ending](narrow_shop, uow)
        assert uow.outcome is Outcome.ROLLED_BACK
        assert lent(narrow_shop) == 0
        after = await narrow_shop.counters()
        assert after["y"] == before["y"]
        assert after["x"] in (before["x"], before["x"] + 100)
        await narrow_shop.put(y=number)
        assert (await narrow_shop.counters())["y"] == number
        async with narrow_shop.unit() as last:
            assert await last.orders.count() == await last.customers.count() == 0
