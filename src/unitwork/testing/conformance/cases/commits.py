"""One short transaction: all that was guarded still holds, or nothing is stored."""

import asyncio
import random

import pytest

from unitwork.domain.constraint_errors import UniqueViolationError
from unitwork.domain.errors import ConcurrencyConflictError
from unitwork.domain.outcome import Outcome
from unitwork.domain.specification import all_of
from unitwork.testing.conformance.declaring import fixture, needs
from unitwork.testing.conformance.shop import (
    Counter,
    Customer,
    Order,
    OrderLine,
    Shop,
    ShopUnitOfWork,
    Ticket,
    an_order,
)

NAMES = [f"c{number:03}" for number in range(60)]


@fixture
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


@needs("parallel", "locks")
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


@needs("parallel")
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


@needs("parallel", "snapshot")
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


async def increment(uow: ShopUnitOfWork, name: str) -> None:
    """Add one, and commit."""
    (await uow.counters.get(name)).value += 1
    await uow.commit()


@needs("parallel")
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
