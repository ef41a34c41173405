"""One short transaction: all that was guarded still holds, or nothing is stored."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.shop import (
    Counter,
    Customer,
    Folder,
    Order,
    OrderLine,
    Shop,
    ShopUnitOfWork,
    Ticket,
    an_order,
    open_shop,
    shop_schema,
)
from tests.storages import STORAGES
from unitwork import (
    ConcurrencyConflictError,
    Outcome,
    StorageBusyError,
    UniqueViolationError,
    all_of,
)

if TYPE_CHECKING:
    from tests.storages import Servers, Storage

NAMES = [f"c{number:03}" for number in range(60)]


@pytest.fixture
async def many(shop: Shop) -> Shop:
    """A shop with sixty counters."""
    await shop.put(**dict.fromkeys(NAMES, 0))
    return shop


async def test_a_unit_of_many_kinds_is_stored_as_a_whole(many: Shop) -> None:
    """Contract 25: adds, changes and removes of several classes in one commit."""
    kept, gone = an_order("kept"), an_order("gone")
    await many.store(kept, gone, Ticket(title="old"))
    async with many.unit() as uow:
        for counter in await uow.counters.matching(all_of()):
            if counter.name in NAMES[:20]:
                uow.counters.remove(counter)
            elif counter.name in NAMES[20:40]:
                counter.value = 7
        changed = await uow.orders.get(kept.id)
        changed.line("DESK").quantity = 99
        changed.lines.insert(0, OrderLine("VASE", 3))
        changed.tags = {"gift", "late"}
        changed.prices.clear()
        uow.orders.remove(await uow.orders.get(gone.id))
        uow.tickets.add(Ticket(title="new", seats=["A1", "A2"]))
        [ticket] = await uow.tickets.matching(Ticket.title == "old")
        ticket.title = "older"
        uow.customers.add(Customer(name="Ann"))
        await uow.commit()

    async with many.unit() as after:
        assert await after.counters.count(Counter.value == 7) == 20
        assert await after.counters.count() == 40
        [order] = await after.orders.matching(all_of())
        lines = [(line.sku, line.quantity) for line in order.lines]
        assert lines == [("VASE", 3), ("LAMP", 2), ("DESK", 99), ("RUG", 5)]
        assert (order.tags, order.prices) == ({"gift", "late"}, {})
        tickets = await after.tickets.matching(all_of())
        assert [(t.title, t.seats) for t in tickets] == [
            ("older", []),
            ("new", ["A1", "A2"]),
        ]
        assert await after.customers.count() == 1


async def test_what_fails_last_takes_everything_before_it_along(many: Shop) -> None:
    """Contract 25: a constraint met at the end leaves nothing of the beginning."""
    order = an_order("1")
    await many.store(order)
    async with many.unit() as uow:
        for counter in await uow.counters.matching(all_of()):
            counter.value = 9
        (await uow.orders.get(order.id)).lines.clear()
        uow.tickets.add(Ticket(title="new"))
        uow.orders.add(Order(number="1"))
        with pytest.raises(UniqueViolationError):
            await uow.commit()

    async with many.unit() as after:
        assert await after.counters.count(Counter.value == 0) == len(NAMES)
        assert len((await after.orders.get(order.id)).lines) == 3
        assert await after.tickets.count() == 0


@pytest.mark.parametrize("kind", ["changed", "removed"])
@pytest.mark.parametrize("by_others", ["changed", "removed"])
async def test_one_stale_row_among_many_stops_them_all(
    many: Shop, kind: str, by_others: str
) -> None:
    """Contract 25: every row that is written is guarded, wherever it stands."""
    for stale in (NAMES[0], NAMES[31], NAMES[-1]):
        await many.put(**dict.fromkeys(NAMES, 0))
        async with many.unit() as uow:
            for counter in await uow.counters.matching(all_of()):
                counter.value = 5
                if kind == "removed" and counter.name == stale:
                    uow.counters.remove(counter)
            async with many.unit() as other:
                counter = await other.counters.get(stale)
                counter.value = 1
                if by_others == "removed":
                    other.counters.remove(counter)
                await other.commit()
            with pytest.raises(ConcurrencyConflictError) as raised:
                await uow.commit()

        assert (raised.value.aggregate, raised.value.key) == (Counter, stale)
        assert uow.outcome is Outcome.ROLLED_BACK
        left = {} if by_others == "removed" else {stale: 1}
        others = dict.fromkeys(NAMES, 0)
        del others[stale]
        assert await many.counters() == {**others, **left}


async def test_a_row_that_changes_while_the_write_waits_for_it_stops_them_all(
    many: Shop,
) -> None:
    """Contract 25: the guard looks after it has the lock, not before."""
    loaded, go = asyncio.Event(), asyncio.Event()

    async def write_all() -> None:
        async with many.unit() as uow:
            for counter in await uow.counters.matching(all_of()):
                counter.value = 5
            loaded.set()
            await go.wait()
            await uow.commit()

    for waits_for in (NAMES[0], NAMES[31], NAMES[-1]):
        await many.put(**dict.fromkeys(NAMES, 0))
        loaded.clear()
        go.clear()
        writer = asyncio.create_task(write_all())
        await loaded.wait()
        async with many.unit() as holder:
            counter = await holder.counters.get(waits_for, lock=True)
            go.set()
            for _ in range(20):  # round trips: time enough to begin to wait
                await holder.counters.count()
            assert not writer.done()
            counter.value = 1
            await holder.commit()
        with pytest.raises(ConcurrencyConflictError) as raised:
            await writer

        assert (raised.value.aggregate, raised.value.key) == (Counter, waits_for)
        assert await many.counters() == {**dict.fromkeys(NAMES, 0), waits_for: 1}


async def test_units_that_write_the_same_rows_do_not_wait_for_each_other_in_a_circle(
    shop: Shop,
) -> None:
    """Contract 25: locks are taken in the order of keys, whatever was changed first."""
    names = NAMES[:12]
    await shop.put(**dict.fromkeys(names, 0))
    shuffle = random.Random(25).sample
    conflicts = []

    async def increment_all() -> None:
        while True:
            try:
                async with shop.unit() as uow:
                    for name in shuffle(names, len(names)):
                        (await uow.counters.get(name)).value += 1
                    await uow.commit()
            except ConcurrencyConflictError as conflict:
                conflicts.append(conflict)
            else:
                return

    await asyncio.gather(*(increment_all() for _ in range(8)))

    assert await shop.counters() == dict.fromkeys(names, 8)
    assert {conflict.aggregate for conflict in conflicts} <= {Counter}
    assert conflicts, "nobody met anybody"


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


async def test_the_writes_of_a_unit_appear_together(shop: Shop) -> None:
    """Contract 25: no reader sees a part of them, in one query or in a snapshot."""
    await shop.put(a=500, b=500)
    done, sums = asyncio.Event(), []

    async def move() -> None:
        for _ in range(40):
            async with shop.unit() as uow:
                (await uow.counters.get("a")).value -= 1
                (await uow.counters.get("b")).value += 1
                await uow.commit()
        done.set()

    async def add_up() -> None:
        while not done.is_set():
            async with shop.unit() as uow:
                found = await uow.counters.matching(all_of())
                sums.append(sum(counter.value for counter in found))
            async with shop.unit("snapshot") as uow:
                a, b = await uow.counters.get("a"), await uow.counters.get("b")
                sums.append(a.value + b.value)

    await asyncio.gather(move(), add_up(), add_up())

    assert set(sums) == {1000}
    assert await shop.counters() == {"a": 460, "b": 540}


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


async def test_keys_that_were_given_once_are_not_given_again(shop: Shop) -> None:
    """Contract 17, 25: a key made by the database is not that of a removed row."""
    first, second = Ticket(title="a"), Ticket(title="b")
    await shop.store(first, second)
    async with shop.unit() as uow:
        uow.tickets.remove(await uow.tickets.get(second.id))
        await uow.commit()
    third = Ticket(title="c")
    await shop.store(third)

    assert first.id < second.id < third.id


async def increment(uow: ShopUnitOfWork, name: str) -> None:
    """Add one, and commit."""
    (await uow.counters.get(name)).value += 1
    await uow.commit()


async def test_of_many_who_read_one_version_only_one_writes(shop: Shop) -> None:
    """Contract 25: at the same time, and not only one after the other."""
    await shop.put(x=0)
    read = asyncio.Barrier(10)

    async def race() -> bool:
        async with shop.unit() as uow:
            await uow.counters.get("x")
            await read.wait()
            try:
                await increment(uow, "x")
            except ConcurrencyConflictError:
                return False
            return True

    won = await asyncio.gather(*(race() for _ in range(10)))

    assert won.count(True) == 1
    assert await shop.counters() == {"x": 1}
