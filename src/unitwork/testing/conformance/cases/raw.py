"""A unit inside of a raw transaction does as any other."""

from typing import Any

import pytest

from unitwork.domain.constraint_errors import UniqueViolationError
from unitwork.domain.specification import all_of
from unitwork.testing.conformance.declaring import needs
from unitwork.testing.conformance.shop import Counter, Shop, Ticket, an_order


async def names(uow: Any) -> list[str]:
    """Ask storage and the unit for all counters."""
    return [counter.name for counter in await uow.counters.matching(all_of())]


@needs("raw")
async def test_it_commits_what_was_done_before_and_after(shop: Shop) -> None:
    """Contract 2, 21: pending changes are written when the transaction is opened."""
    await shop.put(a=1)
    async with shop.unit() as uow:
        (await uow.counters.get("a")).value = 2
        raw: Any = uow
        assert await raw.connection() is not None
        uow.counters.add(Counter(name="b", value=3))
        uow.orders.add(order := an_order())
        uow.tickets.add(ticket := Ticket(title="t"))
        assert await names(uow) == ["a", "b"]
        assert await shop.counters() == {"a": 1}
        await uow.commit()
    assert await shop.counters() == {"a": 2, "b": 3}
    async with shop.unit() as uow:
        assert (await uow.tickets.get(ticket.id)).title == "t"
        assert (await uow.orders.get(order.id)).line("LAMP").quantity == 2


@needs("raw")
async def test_what_is_removed_when_it_opens_is_removed_once(shop: Shop) -> None:
    """Contract 12, 21: it is not written again by the commit."""
    await shop.put(a=1, b=2)
    async with shop.unit() as uow:
        raw: Any = uow
        uow.counters.remove(await uow.counters.get("a"))
        await raw.connection()
        uow.counters.remove(await uow.counters.get("b"))
        assert await names(uow) == []
        await uow.commit()
    assert await shop.counters() == {}


@needs("raw")
async def test_a_nested_block_in_it_undoes_its_own_work_alone(shop: Shop) -> None:
    """Contract 6: it is a savepoint."""
    await shop.put(a=1)
    async with shop.unit() as uow:
        raw: Any = uow
        await raw.connection()
        uow.counters.add(Counter(name="kept"))
        async with uow:
            (await uow.counters.get("a")).value = 2
            uow.counters.add(Counter(name="undone"))
            await raw.connection()
            await uow.rollback()
        async with uow:
            uow.counters.add(Counter(name="handed over"))
            await uow.commit()
        await uow.commit()
    assert await shop.counters() == {"a": 1, "kept": 0, "handed over": 0}


@needs("raw")
async def test_nothing_of_it_is_left_by_a_rollback(shop: Shop) -> None:
    """Contract 4, 7: what had been written is gone, for others and for the objects."""
    await shop.put(a=1)
    async with shop.unit() as uow:
        raw: Any = uow
        counter = await uow.counters.get("a")
        counter.value = 2
        await raw.connection()
        await uow.rollback()
        assert counter.value == 1
    assert await shop.counters() == {"a": 1}


@needs("raw")
async def test_a_refused_write_in_it_stores_nothing(shop: Shop) -> None:
    """Contract 26, 28: a constraint is judged, and no later commit reports success."""
    await shop.store(Ticket(title="taken"))
    async with shop.unit() as uow:
        raw: Any = uow
        await raw.connection()
        uow.counters.add(Counter(name="a"))
        uow.tickets.add(Ticket(title="taken"))
        with pytest.raises(UniqueViolationError):
            await uow.commit()
    assert await shop.counters() == {}
