"""Objects belong to their unit, and are plain objects in every state."""

import asyncio
import copy
import json
import pickle
from typing import Any

import pytest

from unitwork.adapters.making import IsolationName
from unitwork.domain.constraint_errors import UniqueViolationError
from unitwork.domain.errors import KeyNotAssignedError
from unitwork.testing.conformance.adapter import Adapter
from unitwork.testing.conformance.looks import Look, alter, values_of
from unitwork.testing.conformance.shop import (
    Counter,
    Customer,
    Order,
    OrderLine,
    Paid,
    Shop,
    Ticket,
    an_order,
    open_shop,
)

ISOLATIONS: list[IsolationName] = ["read_committed", "snapshot", "serializable"]


def _parts(order: Order) -> set[int]:
    """Return the ids of everything in an order that can change."""
    return {id(order), *Look.of(order).parts}


async def test_what_is_done_after_the_commit_is_seen_by_nobody(shop: Shop) -> None:
    """Contract 14: neither to an added object nor to a loaded one."""
    order = an_order()
    stored = values_of(order)
    await shop.store(order)
    alter(order)
    async with shop.unit() as uow:
        loaded = await uow.orders.get(order.id)
        assert values_of(loaded) == stored
        loaded.lines[0].quantity = 4
        await uow.commit()
    changed = values_of(loaded)
    alter(loaded)
    async with shop.unit() as uow:
        assert values_of(await uow.orders.get(order.id)) == changed


async def test_what_is_done_to_rolled_back_objects_is_seen_by_nobody(
    shop: Shop,
) -> None:
    """Contract 14: after a rollback, an exception, a failed commit."""
    await shop.store(stored := an_order(), Customer(name="Ada", email="a@b.c"))
    left: list[Order] = []
    async with shop.unit() as uow:
        left.append(await uow.orders.get(stored.id))
        await uow.rollback()
    with pytest.raises(ZeroDivisionError):
        async with shop.unit() as uow:
            left.append(await uow.orders.get(stored.id))
            _ = 1 / 0
    with pytest.raises(UniqueViolationError):
        async with shop.unit() as uow:
            left.append(await uow.orders.get(stored.id))
            left[-1].note = "never stored"
            uow.customers.add(Customer(name="Eve", email="a@b.c"))
            await uow.commit()
    for order in left:
        alter(order)
    async with shop.unit() as uow:
        found = await uow.orders.get(stored.id)
        assert values_of(found) == values_of(stored)


async def test_what_is_done_while_a_unit_is_open_is_seen_by_no_other(
    shop: Shop,
) -> None:
    """Contract 14: before the commit, changes are the unit's own."""
    await shop.store(stored := an_order())
    async with shop.unit() as one, shop.unit() as two:
        mine = await one.orders.get(stored.id)
        alter(mine)
        mine.lines.append(OrderLine("VASE", 1))
        theirs = await two.orders.get(stored.id)
        assert values_of(theirs) == values_of(stored)
        await one.rollback()


@pytest.mark.parametrize("isolation", ISOLATIONS)
async def test_two_units_never_share_an_object(
    shop: Shop, isolation: IsolationName
) -> None:
    """Contract 14: neither roots nor anything inside of them that can change."""
    order = an_order()
    seen = _parts(order)
    await shop.store(order)
    kept = [order]
    for _ in range(3):
        async with shop.unit(isolation) as uow:
            loaded = await uow.orders.get(order.id)
            parts = _parts(loaded)
            assert not parts & seen
            kept.append(loaded)
            seen |= parts


async def test_a_unit_opened_again_makes_objects_of_its_own(shop: Shop) -> None:
    """Contract 14: the handle is the same, the unit is not."""
    await shop.store(stored := an_order())
    uow = shop.unit()
    async with uow:
        first = await uow.orders.get(stored.id)
        alter(first)
        await uow.rollback()
    alter(first)
    async with uow:
        second = await uow.orders.get(stored.id)
        assert not _parts(first) & _parts(second)
        assert values_of(second) == values_of(stored)


def _use(order: Order) -> dict[str, Any]:
    """Do to an order what logs, templates, serialisers and tests do."""
    shown = repr(order)
    assert shown.startswith("Order(id=UUID(")
    assert all(line.sku in shown for line in order.lines)
    assert str(order) == shown
    assert order == order  # noqa: PLR0124 - the comparison is the case
    assert order != copy.copy(order)
    assert len({order, *order.lines}) == 1 + len(order.lines)
    values = values_of(order)
    assert values_of(copy.deepcopy(order)) == values
    assert values_of(pickle.loads(pickle.dumps(order))) == values  # noqa: S301 - our own
    assert json.loads(json.dumps(values, default=str))["number"] == order.number
    return {**vars(order), **values}


async def test_no_use_of_an_aggregate_does_io_in_any_state(
    shop: Shop, calls: list[str]
) -> None:
    """Contract 15: added, loaded, changed, removed; open, committed, undone.

    Each use runs in a thread that has no event loop, where nothing can be awaited.
    """
    states: list[Order] = []

    async def use_all() -> None:
        before = [*calls]
        for order in states:
            await asyncio.to_thread(_use, order)
        assert calls == before

    await shop.store(first := an_order("A-1"), second := an_order("A-2"))
    states += [first, second]
    async with shop.unit() as uow:
        loaded = await uow.orders.get(first.id)
        removed = await uow.orders.get(second.id)
        uow.orders.remove(removed)
        uow.orders.add(added := an_order("A-3"))
        states += [loaded, removed, added]
        await use_all()
        alter(loaded)
        await use_all()
        async with uow:
            alter(added)
            await uow.rollback()
        await use_all()
        await uow.commit()
        await use_all()
    await use_all()
    async with shop.unit() as uow:
        states.append(await uow.orders.get(first.id))
        await uow.rollback()
        await use_all()


async def test_an_aggregate_needs_no_database_any_more(storage: Adapter) -> None:
    """Contract 15: what was loaded is as usable when the database is closed."""
    async with open_shop(storage) as shop:
        await shop.store(stored := an_order("A-1"))
        async with shop.unit() as uow:
            loaded = await uow.orders.get(stored.id)
    for order in (stored, loaded):
        await asyncio.to_thread(_use, order)


async def test_an_aggregate_without_its_key_is_as_plain(shop: Shop) -> None:
    """Contract 15: until the database made the key, only reading it raises."""

    def use() -> None:
        assert repr(ticket) == "Ticket(id=<not assigned>, title='concert', seats=['1'])"
        for twin in (copy.deepcopy(ticket), pickle.loads(pickle.dumps(ticket))):  # noqa: S301 - our own
            assert (twin.title, twin.seats) == ("concert", ["1"])
            assert twin.seats is not ticket.seats
            with pytest.raises(KeyNotAssignedError):
                _ = twin.id

    ticket = Ticket(title="concert", seats=["1"])
    await asyncio.to_thread(use)
    async with shop.unit() as uow:
        uow.tickets.add(ticket)
        await asyncio.to_thread(use)
        await uow.rollback()
    await asyncio.to_thread(use)


async def test_events_stay_out_of_comparisons_reprs_and_copies(shop: Shop) -> None:
    """Contract 15: what an aggregate recorded is no part of what it is."""
    async with shop.unit() as uow:
        uow.orders.add(order := an_order())
        plain = repr(order)
        order.record(Paid(order.id))
        assert repr(order) == plain
        copied = copy.deepcopy(order)
        copied.id, copied.number = an_order().id, "A-2"
        uow.orders.add(copied)
        assert uow.events == (Paid(order.id),)
        await uow.rollback()


async def test_a_loaded_aggregate_is_an_ordinary_instance(shop: Shop) -> None:
    """Contract 15: of its own class, with its attributes and no more."""
    await shop.store(Counter(name="a", value=1))
    async with shop.unit() as uow:
        counter = await uow.counters.get("a")
    assert type(counter) is Counter
    assert vars(counter) == {"name": "a", "value": 1}
