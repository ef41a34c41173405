"""Unique values and references: judged at commit, the same on every storage."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.shop import Counter, Customer, Folder, Order, Shop, Ticket
from unitwork import (
    AbstractRepository,
    AbstractUnitOfWork,
    AggregateRoot,
    ConcurrencyConflictError,
    Entity,
    Field,
    Key,
    Outcome,
    ReferenceViolationError,
    UniqueViolationError,
    all_of,
    field,
    new_id,
)
from unitwork.adapters.mapping import Schema
from unitwork.adapters.unit_of_work import IsolationName

if TYPE_CHECKING:
    from tests.storages import Storage


class Room(AggregateRoot):
    id: Key[int]
    floor: Field[int]
    place: Field[str | None] = field(default=None)


class Night(Entity):
    day: Key[int]
    breakfast: Field[int | None] = field(default=None)


class Stay(AggregateRoot):
    id: Key[int]
    rooms: Field[set[int]] = field(factory=set)
    nights: Field[list[Night]] = field(factory=list)


class HotelUnitOfWork(AbstractUnitOfWork):
    rooms: AbstractRepository[Room, int]
    stays: AbstractRepository[Stay, int]


Hotel = Any
"""Makes units on a database of rooms and stays."""


@pytest.fixture
async def hotel(storage: "Storage") -> AsyncIterator[Hotel]:
    """Rooms are told apart by floor and place; stays refer to rooms in two ways."""
    schema = Schema().aggregate(Room, unique=[(Room.floor, Room.place)])
    schema.aggregate(Stay, references={Stay.rooms: Room, Night.breakfast: Room})
    async with storage.database(schema) as database:
        unit = storage.unit(HotelUnitOfWork)
        yield lambda: unit(database)


def refused(error: UniqueViolationError | ReferenceViolationError) -> tuple[Any, ...]:
    """Say what an error says, after checking that it is final and known."""
    assert not error.retryable
    assert error.outcome is Outcome.ROLLED_BACK
    return error.aggregate, error.fields, error.constraint


# ── unique values ───────────────────────────────────────────────────────────────


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


# ── references ──────────────────────────────────────────────────────────────────


async def test_a_reference_to_nothing_is_refused(shop: Shop) -> None:
    """Contract 26: in a new aggregate and in a changed one."""
    order = Order(number="2")
    await shop.store(order)
    for new in (True, False):
        async with shop.unit() as uow:
            if new:
                uow.orders.add(Order(number="1", customer=new_id()))
            else:
                (await uow.orders.get(order.id)).customer = new_id()
            with pytest.raises(ReferenceViolationError) as raised:
                await uow.commit()
        assert refused(raised.value) == (
            Order,
            ("customer",),
            "fk_order_customer",
        )


async def test_references_of_children_and_in_sets_are_kept_too(hotel: Hotel) -> None:
    """Contract 26: the error names the field by its way from the root."""
    async with hotel() as uow:
        uow.rooms.add(Room(id=1, floor=1))
        uow.stays.add(Stay(id=1, rooms={1}, nights=[Night(1, 1), Night(2)]))
        await uow.commit()
    for change, name in (
        (lambda stay: stay.rooms.add(2), "rooms"),
        (lambda stay: stay.nights.append(Night(3, 2)), "nights.breakfast"),
    ):
        async with hotel() as uow:
            change(await uow.stays.get(1))
            with pytest.raises(ReferenceViolationError) as raised:
                await uow.commit()
        assert refused(raised.value)[:2] == (Stay, (name,))


async def test_a_target_that_is_referred_to_cannot_be_removed(shop: Shop) -> None:
    """Contract 26: the error names who refers to it, not what was to be removed."""
    ann = Customer(name="Ann")
    await shop.store(ann, Order(number="1", customer=ann.id))
    async with shop.unit() as uow:
        uow.customers.remove(await uow.customers.get(ann.id))
        with pytest.raises(ReferenceViolationError) as raised:
            await uow.commit()

    assert refused(raised.value) == (Order, ("customer",), "fk_order_customer")
    async with shop.unit() as after:
        assert await after.customers.count() == 1


async def test_references_are_judged_by_the_latest_commits(shop: Shop) -> None:
    """Contract 26: a target removed meanwhile is refused, one added meanwhile is not."""
    gone, late = Customer(name="gone"), Customer(name="late")
    await shop.store(gone)
    async with shop.unit("snapshot") as one, shop.unit("snapshot") as two:
        assert await one.customers.find(gone.id)
        assert not await two.customers.find(late.id)
        one.orders.add(Order(number="1", customer=gone.id))
        two.orders.add(Order(number="2", customer=late.id))
        async with shop.unit() as other:
            other.customers.remove(await other.customers.get(gone.id))
            other.customers.add(late)
            await other.commit()
        with pytest.raises(ReferenceViolationError):
            await one.commit()
        await two.commit()


async def test_target_and_referrer_come_and_go_in_one_unit_in_any_order(
    shop: Shop,
) -> None:
    """Contract 26: inserts go parents first, deletes go children first."""
    ann, bob = Customer(name="Ann"), Customer(name="Bob")
    order = Order(number="1", customer=ann.id)
    await shop.store(order, ann)
    async with shop.unit() as uow:
        (await uow.orders.get(order.id)).customer = bob.id
        uow.customers.remove(await uow.customers.get(ann.id))
        uow.customers.add(bob)
        await uow.commit()
    async with shop.unit() as uow:
        uow.customers.remove(await uow.customers.get(bob.id))
        uow.orders.remove(await uow.orders.get(order.id))
        await uow.commit()

    async with shop.unit() as after:
        assert await after.orders.count() == await after.customers.count() == 0


async def test_aggregates_of_one_class_that_refer_to_each_other_come_parents_first(
    shop: Shop,
) -> None:
    """Contract 26: inside a class too, however deep, and go children first."""
    names = [f"f{number}" for number in range(9)]
    parents = dict(zip(names[1:], names, strict=False))
    await shop.store(*(Folder(name=n, parent=parents.get(n)) for n in reversed(names)))
    async with shop.unit() as uow:
        for name in names:
            uow.folders.remove(await uow.folders.get(name))
        await uow.commit()

    async with shop.unit() as after:
        assert await after.folders.count() == 0


async def test_an_aggregate_may_refer_to_itself(shop: Shop) -> None:
    """Contract 26: when it is added, changed and removed."""
    await shop.store(Folder(name="root", parent="root"), Folder(name="other"))
    async with shop.unit() as uow:
        uow.folders.remove(await uow.folders.get("root"))
        (await uow.folders.get("other")).parent = "other"
        await uow.commit()
    async with shop.unit() as uow:
        uow.folders.remove(await uow.folders.get("other"))
        await uow.commit()

    async with shop.unit() as after:
        assert await after.folders.count() == 0


async def test_a_parent_cannot_go_while_its_child_stays(shop: Shop) -> None:
    """Contract 26: inside of a class as between classes."""
    await shop.store(Folder(name="a"), Folder(name="b", parent="a"))
    async with shop.unit() as uow:
        uow.folders.remove(await uow.folders.get("a"))
        with pytest.raises(ReferenceViolationError) as raised:
            await uow.commit()

    assert refused(raised.value) == (Folder, ("parent",), "fk_folder_parent")


async def test_new_aggregates_that_refer_to_each_other_in_a_circle_are_refused(
    shop: Shop, calls: list[str]
) -> None:
    """Contract 26: before any statement; no order of inserts could make them."""
    async with shop.unit() as uow:
        for name, parent in (("a", "c"), ("b", "a"), ("c", "b")):
            uow.folders.add(Folder(name=name, parent=parent))
        with pytest.raises(ReferenceViolationError) as raised:
            await uow.commit()

    assert calls == []
    assert refused(raised.value)[:2] == (Folder, ("parent",))


async def test_a_circle_with_a_stored_aggregate_in_it_can_be_made_and_broken(
    shop: Shop,
) -> None:
    """Contract 26: the new one first, then what is changed to refer to it."""
    await shop.store(Folder(name="a"))
    async with shop.unit() as uow:
        (await uow.folders.get("a")).parent = "b"
        uow.folders.add(Folder(name="b", parent="a"))
        await uow.commit()
    async with shop.unit() as uow:
        uow.folders.remove(await uow.folders.get("b"))
        (await uow.folders.get("a")).parent = None
        await uow.commit()

    async with shop.unit() as after:
        [left] = await after.folders.matching(all_of())
        assert (left.name, left.parent) == ("a", None)


# ── conflicts first ─────────────────────────────────────────────────────────────


async def test_a_conflict_has_precedence_over_a_taken_value(shop: Shop) -> None:
    """Contract 26: who retries loads the new values, and may not clash any more."""
    await shop.store(Order(number="1"), Order(number="2"), Counter(name="x"))
    async with shop.unit() as uow:
        [two] = await uow.orders.matching(Order.number == "2")
        two.number = "1"
        (await uow.counters.get("x")).value = 1
        await shop.put(x=2)
        with pytest.raises(ConcurrencyConflictError) as raised:
            await uow.commit()

    assert (raised.value.aggregate, raised.value.key) == (Counter, "x")


async def test_a_conflict_has_precedence_over_a_missing_target(shop: Shop) -> None:
    """Contract 26: whether what is stale is changed or removed."""
    await shop.put(x=1)
    async with shop.unit() as uow:
        uow.orders.add(Order(number="1", customer=new_id()))
        uow.counters.remove(await uow.counters.get("x"))
        await shop.put(x=2)
        with pytest.raises(ConcurrencyConflictError):
            await uow.commit()


async def test_what_a_serializable_unit_found_free_and_is_taken_is_a_conflict(
    shop: Shop,
) -> None:
    """Contract 18, 26: its reads come first; a retry will find the value taken."""
    async with shop.unit("serializable") as uow:
        assert not await uow.customers.exists(Customer.email == "a@example.org")
        uow.customers.add(Customer(name="Ann", email="a@example.org"))
        await shop.store(Customer(name="Bob", email="a@example.org"))
        with pytest.raises(ConcurrencyConflictError):
            await uow.commit()


async def test_an_aggregate_removed_and_added_again_by_others_is_a_conflict(
    shop: Shop,
) -> None:
    """Contract 16, 26: the same key and values are not the same version."""
    await shop.put(x=1)
    for kind in ("change", "remove"):
        async with shop.unit() as uow:
            counter = await uow.counters.get("x")
            if kind == "change":
                counter.value = 2
            else:
                uow.counters.remove(counter)
            async with shop.unit() as other:
                other.counters.remove(await other.counters.get("x"))
                await other.commit()
            await shop.put(x=1)
            with pytest.raises(ConcurrencyConflictError):
                await uow.commit()

    assert await shop.counters() == {"x": 1}
