"""Queries over what a unit holds: its own objects first, storage for other keys."""

from collections.abc import Awaitable, Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from unitwork.domain.errors import AggregateNotFoundError, ConcurrencyConflictError
from unitwork.domain.specification import all_of
from unitwork.testing.conformance.shop import (
    Counter,
    Order,
    Shop,
    ShopUnitOfWork,
    Ticket,
)

SMALL = Counter.value < 10
BY_VALUE = (Counter.value.desc(), Counter.name.desc())


async def small(uow: ShopUnitOfWork) -> list[tuple[str, int]]:
    """Ask every kind of query for the small counters; they must agree."""
    counters = uow.counters
    found = await counters.matching(SMALL, order_by=BY_VALUE)
    first = await counters.first(SMALL, order_by=BY_VALUE)
    page = await counters.page(SMALL, order_by=BY_VALUE, number=2, size=2)
    streamed = [
        c async for c in counters.stream(SMALL, order_by=BY_VALUE, chunk_size=2)
    ]

    assert first is (found[0] if found else None)
    assert await counters.count(SMALL) == page.total == len(found)
    assert await counters.exists(SMALL) is bool(found)
    assert page.items == found[2:4]
    assert streamed == found
    for counter in found:
        assert await counters.get(counter.name) is counter
    return [(counter.name, counter.value) for counter in found]


async def test_a_changed_aggregate_is_found_by_its_new_value(shop: Shop) -> None:
    """Contract 20: a query is evaluated over this unit's object, changed or not."""
    await shop.put(a=1, b=2, big=50)
    async with shop.unit() as uow:
        (await uow.counters.get("a")).value = 60
        (await uow.counters.get("big")).value = 5

        assert await small(uow) == [("big", 5), ("b", 2)]
        await uow.rollback()


async def test_an_added_aggregate_is_found_and_a_removed_one_is_not(
    shop: Shop,
) -> None:
    """Contract 20: added and removed keys are answered by the unit."""
    await shop.put(a=1, b=2, c=3)
    async with shop.unit() as uow:
        uow.counters.add(Counter(name="new", value=2))
        uow.counters.add(Counter(name="big", value=20))
        uow.counters.remove(await uow.counters.get("c"))

        assert await small(uow) == [("new", 2), ("b", 2), ("a", 1)]
        assert await uow.counters.find("c") is None
        with pytest.raises(AggregateNotFoundError):
            await uow.counters.get("c")
        await uow.rollback()


async def test_a_replaced_aggregate_is_found_by_the_values_of_the_new_one(
    shop: Shop,
) -> None:
    """Contract 20: after remove and add of a key, the added object answers for it."""
    await shop.put(a=1, b=2)
    async with shop.unit() as uow:
        uow.counters.remove(await uow.counters.get("a"))
        uow.counters.add(Counter(name="a", value=9))

        assert await small(uow) == [("a", 9), ("b", 2)]
        await uow.rollback()


async def test_an_aggregate_added_and_removed_is_found_nowhere(shop: Shop) -> None:
    """Contract 20: what was added and removed again is not there."""
    await shop.put(a=1)
    async with shop.unit() as uow:
        added = Counter(name="new", value=2)
        uow.counters.add(added)
        uow.counters.remove(added)

        assert await small(uow) == [("a", 1)]


async def test_a_held_aggregate_answers_for_its_key_whatever_others_commit(
    shop: Shop,
) -> None:
    """Contract 20: storage answers only for keys that the unit does not hold."""
    await shop.put(a=1, b=2, gone=3, big=50)
    async with shop.unit() as uow:
        for name in ("a", "gone", "big"):
            await uow.counters.get(name)
        await shop.put(a=70, b=8, big=4, new=6)
        async with shop.unit() as other:
            other.counters.remove(await other.counters.get("gone"))
            await other.commit()

        assert await small(uow) == [("b", 8), ("new", 6), ("gone", 3), ("a", 1)]


async def test_the_limit_is_cut_after_own_changes_are_merged(shop: Shop) -> None:
    """Contract 20: limit and offset count what the unit sees, not what is stored."""
    await shop.put(a=1, b=2, c=3, d=4, e=5, f=6)
    async with shop.unit() as uow:
        uow.counters.remove(await uow.counters.get("f"))
        (await uow.counters.get("a")).value = 9
        uow.counters.add(Counter(name="new", value=4))

        async def names(offset: int, limit: int | None) -> str:
            found = await uow.counters.matching(
                SMALL, order_by=BY_VALUE, offset=offset, limit=limit
            )
            return " ".join(counter.name for counter in found)

        assert await names(0, None) == "a e new d c b"
        assert await names(0, 2) == "a e"
        assert await names(1, 2) == "e new"
        assert await names(3, 2) == "d c"
        assert await names(5, 9) == "b"
        assert await names(6, 2) == ""
        assert await names(2, 0) == ""
        await uow.rollback()


async def test_aggregates_without_a_key_yet_are_found_and_come_last(
    shop: Shop,
) -> None:
    """Contract 20: a key that the database will make is no reason to be left out."""
    await shop.store(Ticket(title="b"))
    async with shop.unit() as uow:
        new = [Ticket(title=title) for title in ("c", "a")]
        for ticket in new:
            uow.tickets.add(ticket)
        found = await uow.tickets.matching(all_of())
        streamed = [t async for t in uow.tickets.stream(chunk_size=1)]

        assert [ticket.title for ticket in found] == ["b", "c", "a"]
        assert streamed == found
        assert await uow.tickets.count(Ticket.title <= "b") == 2
        assert await uow.tickets.first(Ticket.title == "a") is new[1]
        await uow.rollback()


async def test_only_the_queried_class_is_compared(shop: Shop) -> None:
    """Contract 20: a value that another class could not store disturbs no query."""
    await shop.store(Order(number="1"))
    async with shop.unit() as uow:
        [order] = await uow.orders.matching(all_of())
        order.number = 7  # type: ignore[assignment]  # a dump of it would be refused

        assert await small(uow) == []
        assert await uow.customers.count() == 0
        await uow.rollback()


async def test_a_query_in_a_nested_block_sees_the_blocks_around_it(
    shop: Shop,
) -> None:
    """Contract 20: what an undone block did is seen no longer."""
    await shop.put(a=1)
    async with shop.unit() as uow:
        (await uow.counters.get("a")).value = 2
        async with uow:
            (await uow.counters.get("a")).value = 3
            uow.counters.add(Counter(name="new", value=4))
            assert await small(uow) == [("new", 4), ("a", 3)]
            await uow.rollback()

        assert await small(uow) == [("a", 2)]
        await uow.rollback()


Program = list[tuple[str, str, int]]
PROGRAMS = st.lists(
    st.tuples(
        st.sampled_from(["load", "set", "add", "remove", "other"]),
        st.sampled_from("abcdef"),
        st.integers(0, 14),
    ),
    max_size=12,
)


@settings(
    max_examples=12,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(PROGRAMS)
async def test_what_a_unit_sees_is_what_it_will_have_committed(
    shop: Shop, program: Program
) -> None:
    """Contract 20: queries before the commit and after it have the same answers."""
    await _clear(shop)
    await shop.put(a=1, b=5, c=9, d=12)
    try:
        async with shop.unit() as uow:
            for verb, name, value in program:
                await _STEPS[verb](shop, uow, name, value)
            before = await small(uow)
            await uow.commit()
    except ConcurrencyConflictError:
        return
    async with shop.unit() as fresh:
        assert await small(fresh) == before


async def _clear(shop: Shop) -> None:
    async with shop.unit() as uow:
        for counter in await uow.counters.matching(all_of()):
            uow.counters.remove(counter)
        await uow.commit()


async def _load(_shop: Shop, uow: ShopUnitOfWork, name: str, _value: int) -> None:
    await uow.counters.find(name)


async def _set(_shop: Shop, uow: ShopUnitOfWork, name: str, value: int) -> None:
    counter = await uow.counters.find(name)
    if counter is not None:
        counter.value = value


async def _add(_shop: Shop, uow: ShopUnitOfWork, name: str, value: int) -> None:
    if await uow.counters.find(name) is None:
        uow.counters.add(Counter(name=name, value=value))


async def _remove(_shop: Shop, uow: ShopUnitOfWork, name: str, _value: int) -> None:
    counter = await uow.counters.find(name)
    if counter is not None:
        uow.counters.remove(counter)


async def _other(shop: Shop, _uow: ShopUnitOfWork, _name: str, value: int) -> None:
    await shop.put(z=value)


_STEPS: dict[str, Callable[..., Awaitable[None]]] = {
    "load": _load,
    "set": _set,
    "add": _add,
    "remove": _remove,
    "other": _other,
}
