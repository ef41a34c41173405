"""Keys that the database makes."""

from typing import Any

import pytest

from unitwork.domain.constraint_errors import UniqueViolationError
from unitwork.domain.errors import KeyNotAssignedError, MisuseError
from unitwork.domain.specification import all_of
from unitwork.testing.conformance.declaring import portable
from unitwork.testing.conformance.shop import Customer, Shop, Ticket


async def test_the_key_is_assigned_at_commit_and_not_before(shop: Shop) -> None:
    """Contract 17: reading it before raises; after the commit it is an int."""
    ticket = Ticket(title="concert", seats=["1", "2"])
    async with shop.unit() as uow:
        uow.tickets.add(ticket)
        with pytest.raises(KeyNotAssignedError) as caught:
            _ = ticket.id
        await uow.commit()
        assert type(ticket.id) is int
    assert str(caught.value) == (
        "Ticket.id has no value yet.\n"
        "The database makes this key, when the unit of work commits.\n"
        "Read it after the commit; where another aggregate of the unit must refer to"
        " this Ticket, make keys with key(factory=new_id). [key-not-assigned]"
    )
    assert (caught.value.aggregate, caught.value.attribute) == (Ticket, "id")
    async with shop.unit() as uow:
        found = await uow.tickets.get(ticket.id)
        assert (found.title, found.seats) == ("concert", ["1", "2"])


async def test_each_of_many_gets_a_key_and_children_of_its_own(shop: Shop) -> None:
    """Contract 17: keys are distinct, and belong to the object that was added."""
    tickets = [Ticket(title=f"{n:02}", seats=[str(n)] * (n % 3)) for n in range(20)]
    async with shop.unit() as uow:
        for ticket in tickets:
            uow.tickets.add(ticket)
        await uow.commit()
    assert len({ticket.id for ticket in tickets}) == 20
    async with shop.unit() as uow:
        for ticket in tickets:
            found = await uow.tickets.get(ticket.id)
            assert (found.title, found.seats) == (ticket.title, ticket.seats)


@portable(59)
async def test_a_key_is_not_given_twice(shop: Shop) -> None:
    """Contract 17, 25: not even when the last row was removed."""
    await shop.store(first := Ticket(title="a"), second := Ticket(title="b"))
    async with shop.unit() as uow:
        uow.tickets.remove(await uow.tickets.get(second.id))
        await uow.commit()
    await shop.store(third := Ticket(title="c"))
    assert first.id < second.id < third.id


@portable(60)
async def test_explicit_values_are_refused(shop: Shop) -> None:
    """Contract 17: by the constructor, and by add."""
    with pytest.raises(TypeError):
        Ticket(id=7, title="concert")  # type: ignore[call-arg]  # the case
    ticket = Ticket(title="concert")
    ticket.id = 7
    async with shop.unit() as uow:
        with pytest.raises(MisuseError) as refused:
            uow.tickets.add(ticket)
        assert await uow.tickets.count() == 0
    assert str(refused.value) == (
        "Ticket.id already has a value.\n"
        "The database makes this key; explicit values are refused.\n"
        "Add a fresh Ticket, or load the stored one and change it. [misuse]"
    )


async def test_a_key_given_after_the_add_is_refused_at_commit(shop: Shop) -> None:
    """Contract 17: nothing is written under it."""
    async with shop.unit() as uow:
        uow.tickets.add(ticket := Ticket(title="concert"))
        ticket.id = 7
        with pytest.raises(MisuseError) as refused:
            await uow.commit()
    assert refused.value.what == "The key of new Ticket was changed to 7."
    async with shop.unit() as uow:
        assert await uow.tickets.count() == 0


async def test_an_aggregate_of_another_unit_cannot_be_added(shop: Shop) -> None:
    """Contract 17: it has a key, which was made for its row."""
    await shop.store(ticket := Ticket(title="concert"))
    async with shop.unit() as uow:
        with pytest.raises(MisuseError) as refused:
            uow.tickets.add(ticket)
    assert refused.value.what == "Ticket.id already has a value."


async def test_it_comes_last_in_query_order(shop: Shop) -> None:
    """Contract 17: after equal ones, and after all in the order of keys."""
    await shop.store(Ticket(title="b"), Ticket(title="a"))
    async with shop.unit() as uow:
        uow.tickets.add(Ticket(title="new 2"))
        uow.tickets.add(Ticket(title="new 1"))
        orders: dict[str, Any] = {
            "default": (),
            "ascending": Ticket.id.asc(),
            "nulls": Ticket.id.asc(nulls="last"),
        }
        for order in orders.values():
            found = await uow.tickets.matching(all_of(), order_by=order)
            assert [t.title for t in found] == ["b", "a", "new 2", "new 1"]
            paged = await uow.tickets.page(order_by=order, number=2, size=3)
            assert [t.title for t in paged.items] == ["new 1"]
            streamed = uow.tickets.stream(order_by=order, chunk_size=1)
            assert [t.title async for t in streamed] == ["b", "a", "new 2", "new 1"]
        found = await uow.tickets.matching(all_of(), order_by=Ticket.title.asc())
        assert [t.title for t in found] == ["a", "b", "new 1", "new 2"]
        await uow.rollback()


async def test_it_comes_last_when_the_keys_descend_too(shop: Shop) -> None:
    """Contract 17: it has no key that could be larger or smaller than another."""
    await shop.store(Ticket(title="a"), Ticket(title="b"))
    async with shop.unit() as uow:
        uow.tickets.add(Ticket(title="new"))
        by_key = Ticket.id.desc()
        found = await uow.tickets.matching(all_of(), order_by=by_key)
        assert [t.title for t in found] == ["b", "a", "new"]
        streamed = uow.tickets.stream(order_by=by_key, chunk_size=1)
        assert [t.title async for t in streamed] == ["b", "a", "new"]
        await uow.rollback()


async def test_a_commit_that_fails_assigns_no_key(shop: Shop) -> None:
    """Contract 17: the object is as the caller made it."""
    await shop.store(Customer(name="Ada", email="a@b.c"))
    ticket = Ticket(title="concert")
    async with shop.unit() as uow:
        uow.tickets.add(ticket)
        uow.customers.add(Customer(name="Eve", email="a@b.c"))
        with pytest.raises(UniqueViolationError):
            await uow.commit()
    with pytest.raises(KeyNotAssignedError):
        _ = ticket.id
    await shop.store(ticket)
    async with shop.unit() as uow:
        assert (await uow.tickets.get(ticket.id)).title == "concert"


async def test_unique_values_hold_without_keys_as_well(shop: Shop) -> None:
    """Contract 17: two new ones of one title, and one that storage has."""
    async with shop.unit() as uow:
        uow.tickets.add(Ticket(title="concert"))
        uow.tickets.add(Ticket(title="concert"))
        with pytest.raises(UniqueViolationError) as caught:
            await uow.commit()
    assert caught.value.fields == ("title",)
    await shop.store(Ticket(title="concert"))
    with pytest.raises(UniqueViolationError) as caught:
        await shop.store(Ticket(title="concert"))
    assert caught.value.fields == ("title",)
