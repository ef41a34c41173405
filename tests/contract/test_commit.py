"""One short transaction: all that was guarded still holds, or nothing is stored."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.shop import (
    Counter,
    Customer,
    Folder,
    Shop,
    ShopUnitOfWork,
    Ticket,
    an_order,
    open_shop,
    shop_schema,
)
from tests.storages import STORAGES, Servers, Storage
from unitwork import Outcome, StorageBusyError

NAMES = [f"c{number:03}" for number in range(60)]


@pytest.mark.parametrize(
    "server", ["postgresql-asyncpg", "postgresql-psycopg", "mariadb"]
)
async def test_locks_are_taken_class_by_class_and_key_by_key(
    servers: "Servers", server: str
) -> None:
    """Contract 25: who waits for one lock has all before it, and none behind it."""
    storage = STORAGES[server](servers)
    ann, reached = Customer(name="Ann"), asyncio.Event()

    async def write_all(shop: Shop) -> None:
        async with shop.unit() as uow:
            (await uow.folders.get("f")).parent = "f"
            for name in reversed(NAMES[:5]):
                (await uow.counters.get(name)).value = 1
            (await uow.customers.get(ann.id)).name = "Anna"
            reached.set()
            await uow.commit()

    async with (
        open_shop(storage, lock_timeout=30) as shop,
        beside(shop, storage, 0.2) as probe,
    ):
        await shop.store(ann, Folder(name="f"))
        for name in reversed(NAMES[:5]):  # where no order is asked for, rows have this
            await shop.put(**{name: 0})
        async with shop.unit() as holder, asyncio.TaskGroup() as tasks:
            await holder.counters.get(NAMES[2], lock=True)
            tasks.create_task(write_all(shop))
            await reached.wait()
            async with asyncio.timeout(10):
                while await is_free(probe, Counter, NAMES[1]):
                    pass
            found = [
                await is_free(probe, Customer, ann.id),
                await is_free(probe, Counter, NAMES[3]),
                await is_free(probe, Folder, "f"),
            ]
            await holder.commit()

    assert found == [False, True, True]


@asynccontextmanager
async def beside(
    shop: Shop, storage: "Storage", lock_timeout: float
) -> AsyncIterator[Shop]:
    """Open the database of a shop again, as another process would."""
    from unitwork.adapters.sqlalchemy import SqlAlchemyDatabase

    known: Any = shop.database
    database = SqlAlchemyDatabase(
        shop_schema(), known.engine.url, lock_timeout=lock_timeout
    )
    try:
        yield Shop(database, storage.unit(ShopUnitOfWork))  # type: ignore[type-abstract]  # a port
    finally:
        await database.dispose()


async def is_free(shop: Shop, kind: type, key: object) -> bool:
    """Tell whether nobody has locked an aggregate."""
    async with shop.unit() as uow:
        repositories: dict[type, Any] = {
            Customer: uow.customers,
            Counter: uow.counters,
            Folder: uow.folders,
        }
        try:
            await repositories[kind].get(key, lock=True)
        except StorageBusyError:
            return False
        return True


async def test_a_commit_is_one_transaction(
    sql_storage: "Storage", heard: list[str]
) -> None:
    """Contract 25: however many classes and rows, begun once and committed once."""
    async with open_shop(sql_storage) as shop:
        await shop.put(a=1, b=2)
        async with shop.unit() as uow:
            (await uow.counters.get("a")).value = 5
            uow.counters.remove(await uow.counters.get("b"))
            uow.folders.add(Folder(name="f"))
            uow.orders.add(an_order())
            uow.tickets.add(Ticket(title="t"))
            heard.clear()
            await uow.commit()

    assert len([s for s in heard if s.startswith(("BEGIN", "START"))]) == 1
    assert [s for s in heard if s == "COMMIT"] == heard[-1:]


async def test_writers_of_one_sqlite_file_are_served_in_the_order_they_came(
    servers: "Servers",
) -> None:
    """Contract 25: SQLite has one writer at a time; they queue, and nobody is busy."""
    served: list[str] = []
    names = NAMES[:10]
    turns = {name: asyncio.Event() for name in names}
    queued = {name: asyncio.Event() for name in names}

    async def write(shop: Shop, name: str) -> None:
        async with shop.unit() as uow:
            (await uow.counters.get(name)).value = 1
            await turns[name].wait()
            queued[name].set()
            await uow.commit()
        served.append(name)

    async with open_shop(STORAGES["sqlite"](servers)) as shop:
        await shop.put(first=0, **dict.fromkeys(names, 0))
        order = random.Random(1).sample(names, len(names))
        async with asyncio.TaskGroup() as tasks:
            for name in names:
                tasks.create_task(write(shop, name))
            async with shop.unit() as holder:
                await holder.counters.get("first", lock=True)
                for name in order:
                    turns[name].set()
                    await queued[name].wait()
                await holder.commit()

    assert served == order


async def test_another_database_object_waits_for_the_lock_of_a_sqlite_file(
    servers: "Servers",
) -> None:
    """Contract 25: the lock is the file's, so that other processes keep to it too."""
    async with open_shop(STORAGES["sqlite"](servers)) as shop:
        await shop.put(a=1)
        async with beside(shop, STORAGES["sqlite"](servers), 0.3) as other:
            async with shop.unit() as holder:
                (await holder.counters.get("a", lock=True)).value = 2
                with pytest.raises(StorageBusyError) as busy:
                    await other.put(a=3)
                await holder.commit()
            assert await other.counters() == {"a": 2}
            await other.put(a=3)

        assert busy.value.outcome is Outcome.ROLLED_BACK
        assert await shop.counters() == {"a": 3}
