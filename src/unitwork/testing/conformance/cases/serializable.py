"""A serializable unit: what it has read is run again in its commit."""

import asyncio

import pytest

from unitwork.domain.errors import ConcurrencyConflictError, PersistenceError
from unitwork.domain.outcome import Outcome
from unitwork.domain.specification import all_of
from unitwork.testing.conformance.declaring import needs
from unitwork.testing.conformance.reads import CHANGES, READS
from unitwork.testing.conformance.shop import (
    Counter,
    Customer,
    Order,
    Shop,
)

NEEDS = ["serializable"]


@pytest.mark.parametrize("kind", READS)
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


@pytest.mark.parametrize("kind", READS)
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


@pytest.mark.parametrize("kind", READS)
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


@needs("parallel")
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
