"""Nested blocks: scopes of their own, undone in memory."""

from typing import cast

import pytest
from sqlalchemy import column, table

from tests.shop import (
    Counter,
    Order,
    OrderLine,
    Shop,
    ShopUnitOfWork,
    Ticket,
    open_shop,
)
from tests.storages import Storage
from unitwork import KeyNotAssignedError, all_of
from unitwork.adapters.memento import Memento
from unitwork.adapters.memory import InMemoryDatabase
from unitwork.adapters.sqlalchemy import SqlAlchemyUnitOfWork
from unitwork.adapters.tracking import Entry
from unitwork.testing.conformance.looks import Look

COUNTERS = table("counter", column("name"), column("value"), column("version"))


class Enough(Exception):  # noqa: N818 - it is no error
    """Ends a block."""


async def _names(uow: ShopUnitOfWork) -> list[str]:
    return [counter.name async for counter in uow.counters.stream()]


async def test_nothing_is_captured_for_aggregates_that_are_clean_at_entry(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Contract 6: entering a scope copies only what was changed before."""
    await shop.store(*(Counter(name=str(number)) for number in range(10)))
    captured: list[object] = []
    look = Entry.look

    def capture(entry: Entry) -> "Memento":
        captured.append(entry.instance)
        return look(entry)

    monkeypatch.setattr(Entry, "look", capture)
    async with shop.unit() as uow:
        counters = await uow.counters.matching(all_of())
        for _ in range(3):
            async with uow:
                counters[1].value += 1
                await uow.rollback()
        assert captured == []
        counters[2].value = 1
        for _ in range(3):
            async with uow:
                await uow.commit()
        assert captured == [counters[2]]
        await uow.rollback()


@pytest.mark.no_cover  # tracing would make it many times as slow
async def test_three_thousand_scopes_over_three_thousand_orders(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Contract 6: what a scope costs does not grow with what others changed.

    Were everything captured at each entry, this would be nine million copies. A third
    of it on SQL storages, which run the same code.
    """
    memory = isinstance(shop.database, InMemoryDatabase)
    many, captured, look = 3_000 if memory else 1_000, 0, Entry.look

    def capture(entry: Entry) -> "Memento":
        nonlocal captured
        captured += 1
        return look(entry)

    lines = [[OrderLine("LAMP", 1)] for _ in range(many)]
    await shop.store(*(Order(number=f"{n:04}", lines=lines[n]) for n in range(many)))
    monkeypatch.setattr(Entry, "look", capture)
    async with shop.unit() as uow:
        orders = await uow.orders.matching(all_of(), order_by=Order.number.asc())
        looks = [Look.of(order) for order in orders]
        for number, order in enumerate(orders):
            async with uow:
                order.note = "altered"
                order.lines[0].quantity = 2
                order.lines.append(OrderLine("DESK", 1))
                order.lines.reverse()
                order.pay()
                if number % 10:
                    await uow.commit()
                else:
                    await uow.rollback()
        assert captured < many  # each that was changed, once, at the next entry
        kept = [order for number, order in enumerate(orders) if number % 10]
        assert {order.note for order in kept} == {"altered"}
        assert [Look.of(order) for order in orders[::10]] == looks[::10]
        assert len(uow.events) == len(kept)
        await uow.rollback()
    assert [Look.of(order) for order in orders] == looks


async def _raw(uow: ShopUnitOfWork, name: str) -> None:
    """Insert a counter by raw SQL."""
    connection = await cast("SqlAlchemyUnitOfWork", uow).connection()
    values = {"name": name, "value": 0, "version": 1}
    await connection.execute(COUNTERS.insert().values(values))


async def test_once_the_raw_hatch_is_open_a_nested_scope_is_a_savepoint(
    sql_storage: "Storage",
) -> None:
    """Contract 6: what raw SQL did in an undone scope is undone, and no more."""
    async with open_shop(sql_storage) as shop, shop.unit() as uow:
        uow.counters.add(Counter(name="flushed"))
        await _raw(uow, "outer")
        async with uow:
            await _raw(uow, "undone")
            uow.counters.add(Counter(name="undone too"))
            assert await uow.counters.count() == 4
            await uow.rollback()
        with pytest.raises(Enough):
            async with uow:
                await _raw(uow, "undone")
                raise Enough
        async with uow:
            await _raw(uow, "kept")
            await uow.commit()
        assert await _names(uow) == ["flushed", "kept", "outer"]
        await uow.commit()
        async with shop.unit() as other:
            assert await _names(other) == ["flushed", "kept", "outer"]


async def test_a_hatch_opened_in_a_nested_scope_is_undone_with_it(
    sql_storage: "Storage",
) -> None:
    """Contract 6: blocks that are open already become savepoints then."""
    async with open_shop(sql_storage) as shop, shop.unit() as uow:
        uow.counters.add(kept := Counter(name="kept"))
        async with uow:
            kept.value = 1
            uow.tickets.add(ticket := Ticket(title="concert"))
            async with uow:
                await _raw(uow, "undone")
                assert type(ticket.id) is int  # the hatch wrote what was pending
                await uow.commit()
            await uow.rollback()
        with pytest.raises(KeyNotAssignedError):
            _ = ticket.id
        assert (kept.value, await _names(uow)) == (0, ["kept"])
        await uow.commit()
        async with shop.unit() as other:
            assert await _names(other) == ["kept"]
            assert await other.tickets.count() == 0
