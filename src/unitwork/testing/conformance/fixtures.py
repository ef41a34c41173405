"""What cases may ask for; besides, `storage` is the adapter that is judged."""

from collections.abc import AsyncIterator, Callable
from functools import partial, wraps
from typing import Any

import pytest

from unitwork.adapters.storage import AbstractDatabase, ChangeSet, UnitOptions
from unitwork.testing.conformance.adapter import Adapter
from unitwork.testing.conformance.bank import Bank, open_bank
from unitwork.testing.conformance.declaring import fixture
from unitwork.testing.conformance.histories.ledger import LEDGER
from unitwork.testing.conformance.hotel import Hotel, HotelUnitOfWork, hotel_schema
from unitwork.testing.conformance.interpreter import MakeUnit
from unitwork.testing.conformance.orders import CUSTOMERS, orders
from unitwork.testing.conformance.runner import Fresh, fresh_warehouse
from unitwork.testing.conformance.samples import Samples, open_samples
from unitwork.testing.conformance.shop import Shop, open_shop
from unitwork.testing.conformance.warehouse import (
    WarehouseUnitOfWork,
    warehouse_schema,
)

PATIENCE = 0.2
"""Seconds that `hasty_shop` waits for a lock; MariaDB makes a whole one of it."""
WAIST = [
    *("load", "scan", "count", "exists", "lock"),
    *("flush", "savepoint", "undo", "release", "apply"),
]


@fixture
async def shop(storage: Adapter) -> AsyncIterator[Shop]:
    """A fresh shop."""
    async with open_shop(storage) as opened:
        yield opened


@fixture
async def hasty_shop(storage: Adapter) -> AsyncIterator[Shop]:
    """A shop with two counters, that waits for locks no longer than it must."""
    async with open_shop(storage, lock_timeout=PATIENCE) as opened:
        await opened.put(x=10, y=20)
        yield opened


@fixture
async def orders_shop(shop: Shop) -> Shop:
    """A shop with orders in it, and who made some of them."""
    await shop.store(*CUSTOMERS, *orders())
    return shop


@fixture
async def samples(storage: Adapter) -> AsyncIterator[Samples]:
    """An empty database of samples: a column of every type."""
    async with open_samples(storage) as opened:
        yield opened


@fixture
async def hotel(storage: Adapter) -> AsyncIterator[Hotel]:
    """Units on a fresh hotel."""
    async with storage.database(hotel_schema()) as database:
        unit = storage.unit(HotelUnitOfWork)  # type: ignore[type-abstract]  # a port
        yield lambda: unit(database)


@fixture
async def bank(storage: Adapter) -> AsyncIterator[Bank]:
    """A fresh bank, with an account `a`."""
    async with open_bank(storage) as opened:
        yield opened


@fixture
async def warehouse(storage: Adapter) -> AsyncIterator[MakeUnit]:
    """Units on a fresh warehouse, for programs and laws."""
    async with storage.database(warehouse_schema()) as database:
        unit = storage.unit(WarehouseUnitOfWork)  # type: ignore[type-abstract]  # a port
        yield partial(unit, database)


@fixture
async def fresh(storage: Adapter) -> AsyncIterator[Fresh]:
    """A warehouse that is emptied before each program."""
    async with storage.database(warehouse_schema()) as database:
        yield fresh_warehouse(storage, database)


@fixture
async def ledger(storage: Adapter) -> AsyncIterator[AbstractDatabase]:
    """A fresh ledger, for histories."""
    async with storage.database(LEDGER) as opened:
        yield opened


@fixture
def calls(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The name of every call that units make through the waist, in order."""
    seen: list[str] = []
    kind = type(shop.database.open(UnitOptions()))
    for name in WAIST:
        monkeypatch.setattr(kind, name, _noted(getattr(kind, name), seen))
    return seen


@fixture
def applied(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """What kind of write each commit asked for, and of which key."""
    seen: list[tuple[str, Any]] = []
    kind = type(shop.database.open(UnitOptions()))
    apply = kind.apply

    async def noted(session: Any, changes: ChangeSet) -> Any:
        seen.extend((type(write).__name__, write.key) for write in changes.writes)
        return await apply(session, changes)

    monkeypatch.setattr(kind, "apply", noted)
    return seen


def _noted(call: Callable[..., Any], seen: list[str]) -> Callable[..., Any]:
    @wraps(call)
    async def noted(*arguments: Any) -> Any:
        seen.append(call.__name__)
        return await call(*arguments)

    return noted
