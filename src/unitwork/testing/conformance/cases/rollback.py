"""What a rollback and a failed commit make of the caller's objects."""

from collections.abc import Callable
from contextlib import suppress

import pytest

from unitwork.domain.constraint_errors import UniqueViolationError
from unitwork.domain.errors import UncommittedChangesError
from unitwork.domain.outcome import Outcome
from unitwork.testing.conformance.looks import Look, alter, rebind, values_of
from unitwork.testing.conformance.shop import (
    Counter,
    Customer,
    Order,
    Paid,
    Shop,
    Ticket,
    an_order,
)

Alteration = Callable[[Order], None]


@pytest.mark.parametrize("change", [alter, rebind])
@pytest.mark.parametrize("way", ["rollback", "exception", "uncommitted"])
async def test_what_is_not_committed_is_put_back_as_loaded(
    shop: Shop, way: str, change: Alteration
) -> None:
    """Contract 7: values, children and collections, the same objects in place."""
    await shop.store(stored := an_order(), Counter(name="a"))
    with suppress(ZeroDivisionError, UncommittedChangesError):
        async with shop.unit() as uow:
            order = await uow.orders.get(stored.id)
            before = Look.of(order)
            change(order)
            uow.orders.remove(order)
            uow.record(order, Paid(order.id))
            if way == "rollback":
                await uow.rollback()
            elif way == "exception":
                _ = 1 / 0
    assert Look.of(order) == before
    assert (uow.outcome, uow.events) == (Outcome.ROLLED_BACK, ())


async def test_added_aggregates_keep_their_values_in_a_rollback(shop: Shop) -> None:
    """Contract 7: what was never stored has no other values to go back to."""
    async with shop.unit() as uow:
        uow.tickets.add(ticket := Ticket(title="concert", seats=["1"]))
        ticket.seats.append("2")
        uow.orders.add(order := an_order())
        alter(order)
        before = Look.of(order)
        await uow.rollback()
    assert (ticket.title, ticket.seats) == ("concert", ["1", "2"])
    assert Look.of(order) == before


async def test_a_rollback_drops_the_events_of_added_aggregates_too(shop: Shop) -> None:
    """Contract 7: an object added again to the next unit does not repeat them."""
    uow, order = shop.unit(), an_order()
    async with uow:
        uow.orders.add(order)
        order.pay()
        await uow.rollback()
    async with uow:
        uow.orders.add(order)
        await uow.commit()
    assert uow.events == ()


async def test_events_are_given_once(shop: Shop) -> None:
    """Contract 7: those of a unit that committed; not those of the one before.

    Neither a later unit that rolls back nor an object that is added again has them.
    """
    uow, order = shop.unit(), an_order()
    async with uow:
        uow.orders.add(order)
        order.pay()
        await uow.commit()
    assert [*uow.events] == [Paid(order.id)]
    async with uow:
        uow.orders.remove(await uow.orders.get(order.id))
        assert [*uow.events] == []
        await uow.rollback()
    assert [*uow.events] == []
    async with uow:
        uow.orders.remove(await uow.orders.get(order.id))
        uow.orders.add(order)
        order.note = "again"
        await uow.commit()
    assert [*uow.events] == []


async def test_a_failed_commit_leaves_every_object_as_the_caller_made_it(
    shop: Shop,
) -> None:
    """Contract 7: for logs and forms; it gives nothing back."""
    await shop.store(stored := an_order(), Customer(name="Ada", email="a@b.c"))
    uow = shop.unit()
    with pytest.raises(UniqueViolationError):
        async with uow:
            order = await uow.orders.get(stored.id)
            alter(order)
            altered = Look.of(order)
            uow.tickets.add(ticket := Ticket(title="concert", seats=["1"]))
            uow.customers.add(Customer(name="Eve", email="a@b.c"))
            await uow.commit()
    assert Look.of(order) == altered
    assert ticket.seats == ["1"]
    assert (uow.outcome, uow.events) == (Outcome.ROLLED_BACK, ())


async def test_to_retry_after_a_failed_commit_is_to_reload(shop: Shop) -> None:
    """Contract 7: the same handle opens a unit that sees what is stored."""
    await shop.store(stored := an_order(), Customer(name="Ada", email="a@b.c"))
    uow, email = shop.unit(), "a@b.c"
    while uow.outcome is not Outcome.COMMITTED:
        with suppress(UniqueViolationError):
            async with uow:
                order = await uow.orders.get(stored.id)
                assert Look.of(order).values == values_of(stored)
                alter(order)
                uow.customers.add(Customer(name="Eve", email=email))
                email = "e@b.c"
                await uow.commit()
    async with shop.unit() as other:
        found = await other.orders.get(stored.id)
        assert values_of(found) == values_of(order)
        assert await other.customers.count() == 2
