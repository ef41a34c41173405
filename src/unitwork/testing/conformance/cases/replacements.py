"""Remove, then add of the same key, and the other way round."""

from typing import Any

import pytest

from unitwork.domain.constraint_errors import ReferenceViolationError
from unitwork.domain.errors import MisuseError
from unitwork.testing.conformance.declaring import needs
from unitwork.testing.conformance.looks import values_of
from unitwork.testing.conformance.shop import (
    Counter,
    Folder,
    Order,
    OrderLine,
    Paid,
    Shop,
    Ticket,
    an_order,
)


async def test_remove_then_add_of_a_key_is_one_update(
    shop: Shop, applied: list[tuple[str, Any]]
) -> None:
    """Contract 12: a replacement: the root is updated, and its children diffed."""
    stored = an_order()
    await shop.store(stored)
    applied.clear()
    async with shop.unit() as uow:
        uow.orders.remove(before := await uow.orders.get(stored.id))
        uow.orders.add(after := Order(id=stored.id, number="B-2"))
        after.lines = [OrderLine("LAMP", 7), OrderLine("SOFA", 1)]
        after.tags = {"gift", "late"}
        assert await uow.orders.get(stored.id) is after
        assert before is not after
        await uow.commit()
    assert applied == [("Update", stored.id)]
    async with shop.unit() as uow:
        found = await uow.orders.get(stored.id)
        assert values_of(found) == values_of(after)
        assert await uow.orders.count() == 1


@needs("references")
async def test_references_to_a_replaced_aggregate_stay(shop: Shop) -> None:
    """Contract 12: the row that they refer to never goes away."""
    await shop.store(Folder(name="top"), Folder(name="sub", parent="top"))
    async with shop.unit() as uow:
        uow.folders.remove(await uow.folders.get("top"))
        uow.folders.add(Folder(name="top", parent="sub"))
        await uow.commit()
    async with shop.unit() as uow:
        assert (await uow.folders.get("top")).parent == "sub"
        uow.folders.remove(await uow.folders.get("top"))
        with pytest.raises(ReferenceViolationError):
            await uow.commit()


async def test_a_replacement_that_equals_what_was_there_writes_nothing(
    shop: Shop, applied: list[tuple[str, Any]]
) -> None:
    """Contract 12: the difference decides, not the object."""
    await shop.store(Counter(name="a", value=1))
    applied.clear()
    async with shop.unit() as uow:
        uow.counters.remove(counter := await uow.counters.get("a"))
        uow.counters.add(Counter(name="a", value=1))
        with pytest.raises(MisuseError):
            uow.counters.remove(counter)
        await uow.commit()
    assert applied == []


async def test_removing_a_replacement_removes_what_was_there(shop: Shop) -> None:
    """Contract 12: in the end the key is gone."""
    await shop.store(Counter(name="a"))
    async with shop.unit() as uow:
        uow.counters.remove(await uow.counters.get("a"))
        uow.counters.add(second := Counter(name="a", value=2))
        uow.counters.remove(second)
        assert await uow.counters.find("a") is None
        await uow.commit()
    async with shop.unit() as uow:
        assert await uow.counters.find("a") is None


async def test_add_then_remove_is_nothing(
    shop: Shop, applied: list[tuple[str, Any]]
) -> None:
    """Contract 12: storage never hears of it, and it may be added again."""
    async with shop.unit() as uow:
        uow.counters.add(counter := Counter(name="a"))
        uow.counters.remove(counter)
        assert await uow.counters.find("a") is None
        uow.tickets.add(ticket := Ticket(title="concert"))
        uow.tickets.remove(ticket)
        assert await uow.tickets.count() == 0
        async with uow:
            pass  # and nothing is pending
        await uow.commit()
    assert applied == []
    async with shop.unit() as uow:
        uow.counters.add(counter)
        uow.counters.remove(counter)
        uow.counters.add(counter)
        await uow.commit()
    assert applied == [("Insert", "a")]


async def test_remove_then_add_of_the_same_object_is_nothing(
    shop: Shop, applied: list[tuple[str, Any]]
) -> None:
    """Contract 12: it is as it was, also where the database made its key."""
    await shop.store(Counter(name="a"), ticket := Ticket(title="concert"))
    applied.clear()
    async with shop.unit() as uow:
        counter = await uow.counters.get("a")
        uow.counters.remove(counter)
        uow.counters.add(counter)
        held = await uow.tickets.get(ticket.id)
        uow.tickets.remove(held)
        uow.tickets.add(held)
        assert await uow.counters.get("a") is counter
        assert await uow.tickets.get(ticket.id) is held
        await uow.commit()
    assert applied == []


async def test_the_events_of_a_removed_and_of_a_replaced_aggregate_are_kept(
    shop: Shop,
) -> None:
    """Contract 12: what it recorded before it went has happened."""
    first, second = an_order("A-1"), an_order("A-2")
    await shop.store(first, second)
    async with shop.unit() as uow:
        for stored in (first, second):
            order = await uow.orders.get(stored.id)
            order.pay()
            uow.orders.remove(order)
        uow.orders.add(Order(id=second.id, number="A-2"))
        await uow.commit()
    assert uow.events == (Paid(first.id), Paid(second.id))
