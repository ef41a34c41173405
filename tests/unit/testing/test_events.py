"""Events of units that committed, and of no others."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest

from tests.shop import Order, Paid, Shop, open_shop
from unitwork import CommitOutcomeUnknownError, DomainEvent, UncommittedChangesError
from unitwork.testing import FaultPlan, lost_reply, published

if TYPE_CHECKING:
    from tests.storages import Storage


class Noted(DomainEvent):
    text: str


class NotedLoudly(Noted):
    """A kind of note."""


@pytest.fixture
async def shop(storage: "Storage") -> AsyncIterator[Shop]:
    """A fresh shop on each storage in turn."""
    async with open_shop(storage) as opened:
        yield opened


async def note(shop: Shop, *texts: str) -> Order:
    """Commit notes in a unit of their own."""
    order = Order(number=texts[0])
    async with shop.unit() as uow:
        uow.orders.add(order)
        for text in texts:
            order.record(Noted(text))
        await uow.commit()
    return order


async def test_events_of_committed_units_come_in_order(shop: Shop) -> None:
    """Contract 36: a nested scope's come with the outermost commit."""
    with published(Noted) as events:
        order = await note(shop, "1", "2")
        assert events == [Noted("1"), Noted("2")]
        async with shop.unit() as uow:
            found = await uow.orders.get(order.id)
            async with uow:
                found.record(Noted("3"))
                await uow.commit()
            found.record(Noted("4"))
            assert events[2:] == []
            await uow.commit()

    await note(shop, "after the block")
    assert events == [Noted("1"), Noted("2"), Noted("3"), Noted("4")]


async def test_events_of_units_that_did_not_commit_are_not_published(
    shop: Shop,
) -> None:
    """Contract 36: nor of those whose outcome nobody knows."""
    with published(Noted) as events:
        async with shop.unit() as uow:
            order = Order(number="1")
            uow.orders.add(order)
            order.record(Noted("rolled back"))
            await uow.rollback()
        with pytest.raises(UncommittedChangesError):
            async with shop.unit() as uow:
                uow.orders.add(order)
                order.record(Noted("forgotten"))
        with (
            FaultPlan().at_commit(1, lost_reply).on(shop.database),
            pytest.raises(CommitOutcomeUnknownError),
        ):
            await note(shop, "unknown")

    assert events == []


async def test_only_events_of_the_classes_asked_for_are_published(shop: Shop) -> None:
    """With those of derived classes; each block has its own list."""
    with published(NotedLoudly) as loud, published(Noted, Paid) as both:
        async with shop.unit() as uow:
            order = Order(number="1")
            uow.orders.add(order)
            order.record(Noted("1"))
            order.record(NotedLoudly("2"))
            order.pay()
            await uow.commit()

    assert loud == [NotedLoudly("2")]
    assert both == [Noted("1"), NotedLoudly("2"), Paid(order.id)]


async def test_a_test_that_fails_stops_listening(shop: Shop) -> None:
    """However the block is left."""
    with pytest.raises(ZeroDivisionError), published(Noted) as events:
        raise ZeroDivisionError
    await note(shop, "1")

    assert events == []
