"""Nested blocks: scopes of their own, undone in memory."""

from typing import TYPE_CHECKING, Any, cast

import pytest
from sqlalchemy import column, table

from tests.contract.looks import Look, alter, rebind, values_of
from tests.shop import (
    Counter,
    Order,
    OrderLine,
    Paid,
    Shop,
    ShopUnitOfWork,
    Ticket,
    an_order,
    open_shop,
)
from unitwork import (
    KeyNotAssignedError,
    Outcome,
    UnitOfWorkClosedError,
    all_of,
    new_id,
)
from unitwork.adapters.tracking import Entry

if TYPE_CHECKING:
    from tests.storages import Storage
    from unitwork.adapters.memento import Memento
    from unitwork.adapters.sqlalchemy import SqlAlchemyUnitOfWork

COUNTERS = table("counter", column("name"), column("value"), column("version"))


class Enough(Exception):  # noqa: N818 - it is no error
    """Ends a block."""


async def _names(uow: ShopUnitOfWork) -> list[str]:
    return [counter.name async for counter in uow.counters.stream()]


async def test_a_nested_commit_hands_its_changes_to_the_outer_scope(
    shop: Shop, calls: list[str]
) -> None:
    """Contract 6: only the outermost commit reaches storage."""
    async with shop.unit() as uow:
        async with uow:
            uow.counters.add(Counter(name="a"))
            async with uow:
                uow.counters.add(Counter(name="b"))
                await uow.commit()
            await uow.commit()
        assert calls == []
        async with shop.unit() as other:
            assert await _names(other) == []
        await uow.commit()
    async with shop.unit() as other:
        assert await _names(other) == ["a", "b"]


@pytest.mark.parametrize("change", [alter, rebind])
@pytest.mark.parametrize("way", ["rollback", "exception"])
async def test_an_undone_scope_undoes_exactly_its_own_work(
    shop: Shop, way: str, change: Any
) -> None:
    """Contract 6: values, children in place and in order, adds, removes, events."""
    await shop.store(
        stored := an_order(), Counter(name="a"), Counter(name="b"), Counter(name="c")
    )
    async with shop.unit() as uow:
        order = await uow.orders.get(stored.id)
        order.note = "outer"
        order.line("DESK").quantity = 7
        order.lines.append(OrderLine("VASE", 3))
        uow.counters.add(Counter(name="outer"))
        uow.counters.remove(await uow.counters.get("a"))
        uow.record(order, kept := Paid(new_id()))
        before = Look.of(order)
        try:
            async with uow:
                change(order)
                order.pay()
                uow.record(order, Paid(new_id()))
                uow.counters.add(Counter(name="inner"))
                uow.counters.remove(await uow.counters.get("b"))
                uow.counters.add(replacement := Counter(name="a", value=5))
                uow.counters.remove(c := await uow.counters.get("c"))
                uow.counters.add(c)
                replacement.value, c.value = 6, 6
                assert await _names(uow) == ["a", "c", "inner", "outer"]
                if way == "exception":
                    raise Enough  # noqa: TRY301 - it leaves the block
                await uow.rollback()
        except Enough:
            pass
        assert Look.of(order) == before
        assert uow.events == (kept,)
        assert await _names(uow) == ["b", "c", "outer"]
        assert c.value == 0
        await uow.commit()
    assert uow.events == (kept,)
    async with shop.unit() as other:
        assert await _names(other) == ["b", "c", "outer"]
        assert values_of(await other.orders.get(stored.id)) == before.values


async def test_what_an_undone_scope_loaded_is_as_loaded(shop: Shop) -> None:
    """Contract 6: the outer scope sees it as storage has it."""
    await shop.store(stored := an_order())
    async with shop.unit() as uow:
        async with uow:
            order = await uow.orders.get(stored.id)
            before = Look.of(order)
            alter(order)
            await uow.rollback()
        assert await uow.orders.get(stored.id) is order
        assert Look.of(order) == before


async def test_an_aggregate_added_outside_is_put_back_too(shop: Shop) -> None:
    """Contract 6: new aggregates of the outer scope look as they did on entry."""
    async with shop.unit() as uow:
        uow.orders.add(order := an_order())
        uow.tickets.add(ticket := Ticket(title="concert", seats=["1"]))
        before = Look.of(order)
        async with uow:
            alter(order)
            ticket.title = "film"
            ticket.seats.append("2")
            uow.tickets.remove(ticket)
            await uow.rollback()
        assert Look.of(order) == before
        assert (ticket.title, ticket.seats) == ("concert", ["1"])
        await uow.commit()
    async with shop.unit() as other:
        assert (await other.tickets.get(ticket.id)).title == "concert"
        assert values_of(await other.orders.get(order.id)) == before.values


async def test_a_removal_of_the_outer_scope_survives_an_undone_one(shop: Shop) -> None:
    """Contract 6: adding it again inside is undone as well."""
    await shop.store(Counter(name="a"), Counter(name="b"))
    async with shop.unit() as uow:
        uow.counters.remove(a := await uow.counters.get("a"))
        uow.counters.remove(b := await uow.counters.get("b"))
        async with uow:
            uow.counters.add(a)
            uow.counters.remove(a)
            uow.counters.add(b)
            await uow.rollback()
        assert await _names(uow) == []
        await uow.commit()
    async with shop.unit() as other:
        assert await _names(other) == []


async def test_a_scope_that_fails_takes_those_inside_it_along(shop: Shop) -> None:
    """Contract 6: what an inner one had handed over is undone with the outer one."""
    await shop.store(Counter(name="a"))
    async with shop.unit() as uow:
        counter = await uow.counters.get("a")
        counter.value = 1
        with pytest.raises(Enough):
            async with uow:
                counter.value = 2
                async with uow:
                    counter.value = 3
                    uow.counters.add(Counter(name="b"))
                    await uow.commit()
                assert (counter.value, await _names(uow)) == (3, ["a", "b"])
                raise Enough
        assert (counter.value, await _names(uow)) == (1, ["a"])
        await uow.rollback()
        assert counter.value == 0


async def test_a_unit_that_fails_takes_its_scopes_along(shop: Shop) -> None:
    """Contract 6: a nested commit is durable only by the outermost one."""
    uow = shop.unit()
    with pytest.raises(Enough):
        async with uow:
            async with uow:
                uow.counters.add(Counter(name="a"))
                await uow.commit()
            raise Enough
    async with shop.unit() as other:
        assert await _names(other) == []


async def test_a_nested_block_ends_for_itself(shop: Shop) -> None:
    """Contract 6: after its commit it is closed, and the outer one goes on."""
    async with shop.unit() as uow:
        for end in (uow.commit, uow.rollback):
            async with uow:
                await end()
                with pytest.raises(UnitOfWorkClosedError):
                    uow.counters.add(Counter(name="late"))
        uow.counters.add(Counter(name="a"))
        await uow.commit()
    assert uow.outcome is Outcome.COMMITTED
    async with shop.unit() as other:
        assert await _names(other) == ["a"]


async def test_nested_scopes_cost_no_statement(shop: Shop, calls: list[str]) -> None:
    """Contract 6: undoing happens in memory."""
    await shop.store(stored := an_order())
    calls.clear()
    async with shop.unit() as uow:
        order = await uow.orders.get(stored.id)
        for _ in range(3):
            async with uow:
                alter(order)
                await uow.rollback()
        async with uow:
            alter(order)
            await uow.commit()
        assert calls == ["load"]
        await uow.commit()
    assert calls == ["load", "apply"]


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


async def test_three_thousand_scopes_over_three_thousand_orders(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Contract 6: what a scope costs does not grow with what others changed.

    Were everything captured at each entry, this would be nine million copies.
    """
    many, captured, look = 3_000, 0, Entry.look

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
