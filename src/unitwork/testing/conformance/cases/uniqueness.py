"""Unique values and keys: judged at commit, after conflicts, the same everywhere."""

import pytest

from unitwork.adapters.making import IsolationName
from unitwork.domain.constraint_errors import UniqueViolationError
from unitwork.domain.outcome import Outcome
from unitwork.domain.specification import all_of
from unitwork.testing.conformance.declaring import portable
from unitwork.testing.conformance.hotel import Hotel, Room, refused
from unitwork.testing.conformance.shop import Counter, Customer, Order, Shop, Ticket


async def test_a_unique_value_of_another_aggregate_is_refused(shop: Shop) -> None:
    """Contract 26: the error names class, fields and constraint."""
    await shop.store(Customer(name="Ann", email="a@example.org"))
    async with shop.unit() as uow:
        uow.customers.add(Customer(name="Bob", email="a@example.org"))
        with pytest.raises(UniqueViolationError) as raised:
            await uow.commit()

    assert uow.outcome is Outcome.ROLLED_BACK
    assert refused(raised.value) == (Customer, ("email",), "uq_customer_email")
    async with shop.unit() as after:
        assert await after.customers.count() == 1


async def test_an_update_to_a_taken_value_is_refused(shop: Shop) -> None:
    """Contract 26: as an add is."""
    await shop.store(Order(number="1"), Order(number="2"))
    async with shop.unit() as uow:
        [order] = await uow.orders.matching(Order.number == "2")
        order.number = "1"
        with pytest.raises(UniqueViolationError) as raised:
            await uow.commit()

    assert refused(raised.value) == (Order, ("number",), "uq_order_number")


async def test_two_new_aggregates_with_one_value_are_refused(shop: Shop) -> None:
    """Contract 26: a unit clashes with itself as it would with another."""
    async with shop.unit() as uow:
        for _ in range(2):
            uow.tickets.add(Ticket(title="the same"))
        with pytest.raises(UniqueViolationError) as raised:
            await uow.commit()

    assert refused(raised.value)[:2] == (Ticket, ("title",))


async def test_the_key_of_a_stored_aggregate_is_refused_at_commit(shop: Shop) -> None:
    """Contract 12, 26: a key in storage is found when it is written."""
    await shop.put(x=1)
    async with shop.unit() as uow:
        uow.counters.add(Counter(name="x", value=2))
        with pytest.raises(UniqueViolationError) as raised:
            await uow.commit()

    assert refused(raised.value) == (Counter, ("name",), None)
    assert await shop.counters() == {"x": 1}


@portable(1)
async def test_values_that_are_unique_together_may_repeat_one_by_one(
    hotel: Hotel,
) -> None:
    """Contract 26: and a None among them clashes with nothing."""
    async with hotel() as uow:
        for number, (floor, place) in enumerate(
            [(1, "a"), (1, "b"), (2, "a"), (1, None), (1, None)]
        ):
            uow.rooms.add(Room(id=number, floor=floor, place=place))
        await uow.commit()
    async with hotel() as uow:
        (await uow.rooms.get(2)).floor = 1
        with pytest.raises(UniqueViolationError) as raised:
            await uow.commit()

    assert refused(raised.value) == (Room, ("floor", "place"), "uq_room_floor_place")


@pytest.mark.parametrize("level", ["read_committed", "snapshot"])
async def test_uniqueness_is_judged_by_the_latest_commits(
    shop: Shop, level: IsolationName
) -> None:
    """Contract 26: neither what was free when the unit read, nor what was taken."""
    taken = Customer(name="Ann", email="a@example.org")
    await shop.store(taken)
    async with shop.unit(level) as one, shop.unit(level) as two:
        assert await one.customers.exists(Customer.email == "a@example.org")
        assert not await two.customers.exists(Customer.email == "b@example.org")
        one.customers.add(Customer(name="Cem", email="a@example.org"))
        two.customers.add(Customer(name="Dee", email="b@example.org"))
        async with shop.unit() as other:
            (await other.customers.get(taken.id)).email = "b@example.org"
            await other.commit()
        await one.commit()
        with pytest.raises(UniqueViolationError):
            await two.commit()


async def test_a_value_freed_by_a_remove_may_be_taken(shop: Shop) -> None:
    """Contract 26: by an added or a changed aggregate, in the same unit."""
    await shop.store(Order(number="1"), Order(number="2"), Order(number="3"))
    async with shop.unit() as uow:
        one, two, three = await uow.orders.matching(
            all_of(), order_by=Order.number.asc()
        )
        uow.orders.add(Order(number="1"))
        uow.orders.remove(one)
        uow.orders.remove(two)
        three.number = "2"
        await uow.commit()

    async with shop.unit() as after:
        found = await after.orders.matching(all_of(), order_by=Order.number.asc())
        assert [order.number for order in found] == ["1", "2"]
        assert found[1].id == three.id


async def test_a_value_is_taken_after_a_removal_that_waits_for_another_write(
    shop: Shop,
) -> None:
    """Contract 26: the removal comes after what no longer refers to it."""
    await shop.store(
        ann := Customer(name="Ann", email="a@example.org"),
        bob := Customer(name="Bob", email="b@example.org"),
        order := Order(number="1", customer=ann.id),
    )
    async with shop.unit() as uow:
        (await uow.orders.get(order.id)).customer = None
        (await uow.customers.get(bob.id)).email = "a@example.org"
        uow.customers.remove(await uow.customers.get(ann.id))
        await uow.commit()

    async with shop.unit() as after:
        (found,) = await after.customers.matching(all_of())
        assert (found.id, found.email) == (bob.id, "a@example.org")


@portable(6)
async def test_a_value_that_a_kept_aggregate_gives_up_is_refused_before_any_statement(
    shop: Shop, calls: list[str]
) -> None:
    """Contract 26: storages disagree on the order of statements; the core decides."""
    await shop.store(Order(number="1"), Order(number="2"))
    for taken_by in ("new", "kept", "swap"):
        async with shop.unit() as uow:
            one, two = await uow.orders.matching(all_of(), order_by=Order.number.asc())
            one.number = "2" if taken_by == "swap" else "free"
            if taken_by == "new":
                uow.orders.add(Order(number="1"))
            else:
                two.number = "1"
            calls.clear()
            with pytest.raises(UniqueViolationError) as raised:
                await uow.commit()
            assert calls == []
        assert refused(raised.value) == (Order, ("number",), "uq_order_number")
        assert uow.outcome is Outcome.ROLLED_BACK


async def test_a_value_given_up_and_taken_back_is_no_change(shop: Shop) -> None:
    """Contract 26: only what differs at commit counts."""
    await shop.store(Order(number="1"), Order(number="2"))
    async with shop.unit() as uow:
        one, two = await uow.orders.matching(all_of(), order_by=Order.number.asc())
        one.number, two.number = "2", "1"
        one.number, two.number = "1", "2"
        one.note = two.note = "x"
        await uow.commit()

    assert uow.outcome is Outcome.COMMITTED
