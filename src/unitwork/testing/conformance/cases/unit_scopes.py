"""Nested blocks: scopes of their own, undone in memory."""

from typing import Any

import pytest

from unitwork.domain.errors import UnitOfWorkClosedError
from unitwork.domain.ids import new_id
from unitwork.domain.outcome import Outcome
from unitwork.testing.conformance.looks import Look, alter, rebind, values_of
from unitwork.testing.conformance.shop import (
    Counter,
    OrderLine,
    Paid,
    Shop,
    ShopUnitOfWork,
    Ticket,
    an_order,
)


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
