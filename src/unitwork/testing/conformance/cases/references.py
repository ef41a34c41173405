"""References: judged at commit; no order of adds and removes is asked for."""

from collections.abc import Callable

import pytest

from unitwork.domain.constraint_errors import ReferenceViolationError
from unitwork.domain.ids import new_id
from unitwork.domain.specification import all_of
from unitwork.testing.conformance.declaring import needs, portable
from unitwork.testing.conformance.hotel import Hotel, Night, Room, Stay, refused
from unitwork.testing.conformance.shop import Customer, Folder, Order, Shop

NEEDS = ["references"]


@portable(62)
async def test_a_reference_to_nothing_is_refused(shop: Shop) -> None:
    """Contract 26: in a new aggregate and in a changed one."""
    order = Order(number="2")
    await shop.store(order)
    for new in (True, False):
        async with shop.unit() as uow:
            nobody = new_id()
            if new:
                uow.orders.add(Order(number="1", customer=nobody))
            else:
                (await uow.orders.get(order.id)).customer = nobody
            with pytest.raises(ReferenceViolationError) as raised:
                await uow.commit()
        assert refused(raised.value) == (
            Order,
            ("customer",),
            "fk_order_customer",
        )
        assert (raised.value.target, raised.value.key) == (Customer, nobody)
        assert str(raised.value).startswith(
            f"Order.customer would refer to Customer {nobody!r}, which is not there"
        )


async def test_references_of_children_and_in_sets_are_kept_too(hotel: Hotel) -> None:
    """Contract 26: the error names the field by its way from the root."""
    async with hotel() as uow:
        uow.rooms.add(Room(id=1, floor=1))
        uow.stays.add(Stay(id=1, rooms={1}, nights=[Night(1, 1), Night(2)]))
        await uow.commit()
    cases: list[tuple[Callable[[Stay], None], str]] = [
        (lambda stay: stay.rooms.add(2), "rooms"),
        (lambda stay: stay.nights.append(Night(3, 2)), "nights.breakfast"),
    ]
    for change, name in cases:
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
    assert (raised.value.target, raised.value.key) == (Customer, ann.id)
    async with shop.unit() as after:
        assert await after.customers.count() == 1


@needs("snapshot")
async def test_references_are_judged_by_the_latest_commits(shop: Shop) -> None:
    """Contract 26: a target gone meanwhile is refused, one added meanwhile is not."""
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
    assert sorted(raised.value.circle) == ["Folder 'a'", "Folder 'b'", "Folder 'c'"]


async def test_removed_aggregates_that_refer_to_each_other_in_a_circle_are_refused(
    shop: Shop,
) -> None:
    """Contract 26: the error says so; a unit of its own breaks the circle."""
    await shop.store(Folder(name="a"))
    async with shop.unit() as uow:
        uow.folders.add(Folder(name="b", parent="a"))
        (await uow.folders.get("a")).parent = "b"
        await uow.commit()
    async with shop.unit() as uow:
        for name in ("a", "b"):
            uow.folders.remove(await uow.folders.get(name))
        with pytest.raises(ReferenceViolationError) as raised:
            await uow.commit()
    assert sorted(raised.value.circle) == ["Folder 'a'", "Folder 'b'"]
    async with shop.unit() as uow:
        (await uow.folders.get("a")).parent = None
        await uow.commit()
    async with shop.unit() as uow:
        for name in ("a", "b"):
            uow.folders.remove(await uow.folders.get(name))
        await uow.commit()

    async with shop.unit() as after:
        assert await after.folders.count() == 0


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
