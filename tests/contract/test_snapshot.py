"""Isolation level by level: what a unit reads, and what makes its commit conflict."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import pytest

from tests.shop import Counter, Customer, Order, OrderLine, Shop, ShopUnitOfWork
from unitwork import (
    ConcurrencyConflictError,
    MisuseError,
    Outcome,
    Page,
    PersistenceError,
    all_of,
)

Read = Callable[[ShopUnitOfWork], Awaitable[object]]


async def _stream(uow: ShopUnitOfWork) -> object:
    return [
        c.name async for c in uow.counters.stream(Counter.value < 100, chunk_size=2)
    ]


READS: dict[str, Read] = {
    "get": lambda uow: uow.counters.get("a"),
    "find": lambda uow: uow.counters.find("new"),
    "matching": lambda uow: uow.counters.matching(Counter.value < 100),
    "first": lambda uow: uow.counters.first(all_of(), order_by=Counter.value.desc()),
    "count": lambda uow: uow.counters.count(Counter.value < 100),
    "exists": lambda uow: uow.counters.exists(Counter.value == 4),
    "page": lambda uow: uow.counters.page(size=2),
    "stream": _stream,
}
CHANGES: dict[str, Callable[[Shop], Awaitable[None]]] = {
    "get": lambda shop: shop.put(a=11),
    "find": lambda shop: shop.put(new=200),
    "matching": lambda shop: shop.put(new=4),
    "first": lambda shop: shop.put(new=4),
    "count": lambda shop: shop.put(new=4),
    "exists": lambda shop: shop.put(new=4),
    "page": lambda shop: shop.put(new=4),
    "stream": lambda shop: shop.put(new=4),
}


def answer(found: object) -> object:
    """Show what a read gave, so that it can be compared."""
    if isinstance(found, Counter):
        return found.name, found.value
    if isinstance(found, Page):
        return found.map(answer)
    return [answer(item) for item in found] if isinstance(found, list) else found


@pytest.fixture(params=READS)
def kind(request: pytest.FixtureRequest) -> str:
    """Each kind of read in turn."""
    named: str = request.param
    return named


async def test_every_read_of_a_snapshot_unit_is_of_its_first_read(
    shop: Shop, kind: str
) -> None:
    """Contract 18: snapshot. Later commits are seen by no kind of read."""
    await shop.put(a=1, b=2, c=3)
    async with shop.unit("snapshot") as fresh:
        before = answer(await READS[kind](fresh))
    async with shop.unit("snapshot") as uow:
        await uow.orders.count()
        await CHANGES[kind](shop)
        during = answer(await READS[kind](uow))
    async with shop.unit("snapshot") as fresh:
        after = answer(await READS[kind](fresh))

    assert during == before
    assert after != before


async def test_a_snapshot_begins_with_the_first_read_and_not_when_it_is_opened(
    shop: Shop,
) -> None:
    """Contract 18: snapshot. What was committed before the first read is seen."""
    async with shop.unit("snapshot") as uow:
        uow.counters.add(Counter(name="own"))
        await shop.put(x=1)

        assert (await uow.counters.get("x")).value == 1
        await shop.put(y=1)
        assert await uow.counters.find("y") is None
        await uow.rollback()


async def test_children_are_read_from_the_snapshot_too(shop: Shop) -> None:
    """Contract 18: snapshot. Root and children are of the first read."""
    order = Order(number="1", lines=[OrderLine("lamp", 1)])
    await shop.store(order)
    async with shop.unit("snapshot") as uow:
        await uow.counters.count()
        async with shop.unit() as other:
            changed = await other.orders.get(order.id)
            changed.lines.append(OrderLine("vase", 2))
            changed.tags.add("late")
            await other.commit()
        found = await uow.orders.get(order.id)

        assert [line.sku for line in found.lines] == ["lamp"]
        assert found.tags == set()


async def test_a_removed_aggregate_is_still_in_the_snapshot(shop: Shop) -> None:
    """Contract 18: snapshot. A remove committed later takes nothing from it."""
    await shop.put(x=1)
    async with shop.unit("snapshot") as uow:
        await uow.orders.count()
        async with shop.unit() as other:
            other.counters.remove(await other.counters.get("x"))
            await other.commit()

        assert (await uow.counters.get("x")).value == 1
    assert await shop.counters() == {}


async def test_a_snapshot_unit_sees_its_own_changes(shop: Shop) -> None:
    """Contract 18: snapshot. Its own changes come on top, others' commits do not."""
    await shop.put(a=1, b=2, c=3)
    async with shop.unit("snapshot") as uow:
        (await uow.counters.get("a")).value = 50
        uow.counters.remove(await uow.counters.get("b"))
        uow.counters.add(Counter(name="d", value=40))
        await shop.put(a=7, b=7, c=7, e=7)
        found = await uow.counters.matching(all_of(), order_by=Counter.value.asc())

        assert answer(found) == [("c", 3), ("d", 40), ("a", 50)]
        await uow.rollback()


async def test_a_new_block_has_a_new_snapshot(shop: Shop) -> None:
    """Contract 18: snapshot. It ends with its unit; the next one reads anew."""
    await shop.put(x=1)
    uow = shop.unit("snapshot")
    async with uow:
        assert (await uow.counters.get("x")).value == 1
    await shop.put(x=2)
    async with uow:
        assert (await uow.counters.get("x")).value == 2


async def test_a_snapshot_unit_commits_though_others_changed_what_it_only_read(
    shop: Shop,
) -> None:
    """Contract 18: snapshot. Only what it writes must be as it was read."""
    await shop.put(x=1, y=1)
    async with shop.unit("snapshot") as uow:
        await uow.counters.get("x")
        (await uow.counters.get("y")).value = 5
        await shop.put(x=2, z=3)
        await uow.commit()

    assert await shop.counters() == {"x": 2, "y": 5, "z": 3}


async def test_each_first_load_of_a_read_committed_unit_sees_the_latest_commit(
    shop: Shop,
) -> None:
    """Contract 18: read_committed, the default. What is not loaded yet is fresh."""
    await shop.put(x=1, y=1)
    async with shop.unit() as uow:
        await uow.counters.get("x")
        await shop.put(x=2, y=2, z=2)
        found = await uow.counters.matching(all_of())

        assert answer(found) == [("x", 1), ("y", 2), ("z", 2)]


async def test_any_read_with_another_answer_now_is_a_conflict_of_a_serializable_unit(
    shop: Shop, kind: str
) -> None:
    """Contract 18: serializable. Every read is run again at commit."""
    await shop.put(a=1, b=2, c=3)
    async with shop.unit("serializable") as uow:
        await READS[kind](uow)
        uow.customers.add(Customer(name="Ann"))
        await CHANGES[kind](shop)
        with pytest.raises(ConcurrencyConflictError) as raised:
            await uow.commit()

    assert raised.value.retryable
    assert raised.value.reason == "What this unit had read has been changed since."
    over = "Counter" if raised.value.key is None else f"Counter {raised.value.key!r}"
    assert str(raised.value).startswith(
        f"The unit of work met a concurrent one over {over} and was rolled back.\n"
    )
    assert uow.outcome is raised.value.outcome is Outcome.ROLLED_BACK
    async with shop.unit() as after:
        assert await after.customers.count() == 0


async def test_reads_with_the_same_answers_let_a_serializable_unit_commit(
    shop: Shop, kind: str
) -> None:
    """Contract 18: serializable. What it did not read may change."""
    await shop.put(a=1, b=2, c=3)
    async with shop.unit("serializable") as uow:
        await READS[kind](uow)
        uow.counters.add(Counter(name="own", value=50))
        await READS[kind](uow)
        await shop.store(Order(number="elsewhere"))
        await uow.commit()

    assert (await shop.counters())["own"] == 50


async def test_values_set_back_by_others_are_a_conflict_all_the_same(
    shop: Shop,
) -> None:
    """Contract 18: serializable. Versions are compared, so ABA does not pass."""
    await shop.put(x=1)
    async with shop.unit("serializable") as uow:
        await uow.counters.get("x")
        await shop.put(x=2)
        await shop.put(x=1)
        uow.counters.add(Counter(name="y"))
        with pytest.raises(ConcurrencyConflictError):
            await uow.commit()


async def test_a_serializable_unit_that_only_reads_never_conflicts(
    shop: Shop, kind: str
) -> None:
    """Contract 18: serializable. Its snapshot is a state that an order explains."""
    await shop.put(a=1, b=2, c=3)
    async with shop.unit("serializable") as uow:
        await READS[kind](uow)
        await CHANGES[kind](shop)
        await uow.commit()

    assert uow.outcome is Outcome.COMMITTED


async def test_a_room_is_not_booked_twice(shop: Shop) -> None:
    """Contract 18: serializable. Two units see it free, both book: one conflicts."""
    async with shop.unit("serializable") as one, shop.unit("serializable") as two:
        for uow, guest in ((one, "Ann"), (two, "Bob")):
            assert await uow.orders.count(Order.note == "room 7, 1 May") == 0
            uow.orders.add(Order(number=guest, note="room 7, 1 May"))
        await two.commit()
        with pytest.raises(ConcurrencyConflictError):
            await one.commit()

    async with shop.unit() as after:
        found = await after.orders.matching(all_of())
        assert [order.number for order in found] == ["Bob"]


async def test_a_room_is_not_booked_twice_at_the_same_moment(shop: Shop) -> None:
    """Contract 18: serializable. Nor where both commits run their reads again at once.

    Reads run again by both before either commits see no booking: only the database's
    own SERIALIZABLE refuses the second, so this is tried until they have met.
    """
    ready = asyncio.Barrier(2)

    async def book(room: str, guest: str) -> bool:
        async with shop.unit("serializable") as uow:
            assert await uow.orders.count(Order.note == room) == 0
            uow.orders.add(Order(number=f"{room} for {guest}", note=room))
            await ready.wait()
            try:
                await uow.commit()
            except PersistenceError as error:
                refused.append(error)
                return False
            return True

    booked, refused = {}, list[PersistenceError]()
    for room in [f"room {number}" for number in range(60)]:
        booked[room] = sum(await asyncio.gather(book(room, "Ann"), book(room, "Bob")))

    assert all(error.retryable for error in refused)
    assert set(booked.values()) <= {0, 1}
    assert any(booked.values())
    async with shop.unit() as after:
        for room, times in booked.items():
            assert await after.orders.count(Order.note == room) == times


async def test_a_level_that_does_not_exist_is_refused(shop: Shop) -> None:
    """Contract 18: the level is chosen when the unit is opened, from three."""
    make = partial(shop.unit, "chaos")  # type: ignore[arg-type]  # the mistake to show
    with pytest.raises(MisuseError) as raised:
        make()

    assert str(raised.value) == (
        "isolation='chaos' is no isolation level.\n"
        "The levels are 'read_committed', 'snapshot', 'serializable'.\n"
        "Choose one of them; 'read_committed' is the default. [misuse]"
    )
