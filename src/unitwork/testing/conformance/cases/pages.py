"""Pages and streams part an order, and hold nothing between their reads."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from unitwork.domain.errors import MisuseError, UnitOfWorkClosedError
from unitwork.domain.expression import Sort
from unitwork.domain.outcome import Outcome
from unitwork.domain.specification import all_of
from unitwork.testing.conformance.declaring import portable
from unitwork.testing.conformance.orders import (
    FIELDS,
    ORDERED,
    SORTED,
    UNORDERED,
    numbers_in,
)
from unitwork.testing.conformance.shop import Money, Order, Shop


async def test_pages_by_offset_have_a_true_total(orders_shop: Shop) -> None:
    """Contract 23: every page knows how many there are; one beyond the end is empty."""
    async with orders_shop.unit() as uow:
        pages = [
            await uow.orders.page(order_by=Order.number.asc(), number=number, size=5)
            for number in (1, 2, 3, 4)
        ]
        some = await uow.orders.page(Order.number > "8", number=1, size=2)
        none = await uow.orders.page(Order.number == "?")

    assert [numbers_in(page.items) for page in pages] == [
        "1 10 2 3 4",
        "5 6 7 8 9",
        "B b",
        "",
    ]
    assert [(p.total, p.pages, p.number, p.size) for p in pages] == [
        (12, 3, number, 5) for number in (1, 2, 3, 4)
    ]
    assert [p.has_next for p in pages] == [True, True, False, False]
    assert [p.has_previous for p in pages] == [False, True, True, True]
    assert (some.total, len(some.items), some.pages) == (3, 2, 2)
    assert (none.total, none.items, none.pages) == (0, [], 0)


@portable(65)
async def test_pages_part_equal_rows_whatever_is_updated_between_them(
    orders_shop: Shop,
) -> None:
    """Contract 23: no row is on two pages or on none, for want of an order."""
    seen: list[Order] = []
    for number in (1, 2, 3, 4):
        async with orders_shop.unit() as uow:
            page = await uow.orders.page(
                order_by=Order.total[Money.currency].desc(), number=number, size=3
            )
            seen += page.items
            page.items[0].note = "updated"
            await uow.commit()

    assert sorted(order.number for order in seen) == SORTED.split()


@pytest.mark.parametrize("chunk_size", [1, 2, 5, 12, 500])
async def test_a_stream_gives_every_aggregate_once_and_in_order(
    orders_shop: Shop, chunk_size: int
) -> None:
    """Contract 23: keyset chunks over terms that may be None, up and down."""
    for case, (order_by, said) in ORDERED.items():
        async with orders_shop.unit() as uow:
            stream = uow.orders.stream(order_by=order_by, chunk_size=chunk_size)
            assert numbers_in([order async for order in stream]) == said, case


@st.composite
def _sorts(draw: st.DrawFn) -> tuple[Sort[Order], ...]:
    names = st.sampled_from([name for name in FIELDS if name not in UNORDERED])
    terms = []
    for name in draw(st.lists(names, min_size=1, max_size=3, unique=True)):
        path, nulls = FIELDS[name][0], draw(st.sampled_from(["first", "last"]))
        direction = draw(st.sampled_from([path.asc, path.desc]))
        terms.append(direction(nulls=nulls))
    return tuple(terms)


@settings(
    max_examples=25,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    order_by=_sorts(),
    size=st.integers(1, 5),
    held=st.sets(st.sampled_from(SORTED.split())),
)
async def test_pages_and_streams_part_the_whole_order(
    orders_shop: Shop, order_by: tuple[Sort[Order], ...], size: int, held: set[str]
) -> None:
    """Contract 23: laid end to end they are `matching`, whatever the unit holds."""
    async with orders_shop.unit() as uow:
        whole = numbers_in(await uow.orders.matching(all_of(), order_by=order_by))
    async with orders_shop.unit() as uow:
        await uow.orders.matching(Order.number.in_(held))
        stream = uow.orders.stream(order_by=order_by, chunk_size=size)
        streamed = numbers_in([order async for order in stream])
    async with orders_shop.unit() as uow:
        await uow.orders.matching(Order.number.in_(held))
        paged: list[Order] = []
        for number in range(1, 12 // size + 2):
            page = await uow.orders.page(order_by=order_by, number=number, size=size)
            paged += page.items

    assert streamed == numbers_in(paged) == whole


async def test_a_stream_reads_one_chunk_at_a_time_and_only_when_it_is_needed(
    shop: Shop, calls: list[str]
) -> None:
    """Contract 23: one read a chunk; a stream that is left reads no further."""
    await shop.put(**{f"c{number}": number for number in range(7)})
    calls.clear()
    async with shop.unit() as uow:
        stream = uow.counters.stream(chunk_size=3)
        assert calls == []
        seen = [await anext(stream) for _ in range(3)]
        assert calls == ["scan"]
        seen.append(await anext(stream))
        assert calls == ["scan", "scan"]

    assert [counter.name for counter in seen] == ["c0", "c1", "c2", "c3"]


async def test_a_stream_does_not_go_on_in_the_next_unit_of_its_handle(
    shop: Shop,
) -> None:
    """Contract 2, 14: its unit has ended, and others have objects of their own."""
    await shop.put(a=1, b=2, c=3)
    uow = shop.unit()
    async with uow:
        stream = uow.counters.stream(chunk_size=2)
        assert [(await anext(stream)).name for _ in range(2)] == ["a", "b"]
        await uow.commit()
    async with uow:
        with pytest.raises(UnitOfWorkClosedError) as closed:
            await anext(stream)
    assert closed.value.outcome is Outcome.COMMITTED


async def test_others_write_between_the_chunks_of_a_stream(shop: Shop) -> None:
    """Contract 23: nothing is held in between; what comes later is seen as it is."""
    await shop.put(a=1, b=2, c=3, d=4, e=5)
    async with shop.unit() as uow:
        seen = []
        async for counter in uow.counters.stream(chunk_size=2):
            seen.append((counter.name, counter.value))
            if counter.name == "b":
                await shop.put(a=10, d=40, aa=11, f=6)

    assert seen == [("a", 1), ("b", 2), ("c", 3), ("d", 40), ("e", 5), ("f", 6)]


async def test_the_unit_may_change_what_it_streams(shop: Shop) -> None:
    """Contract 23: a change of a sorted value moves nothing twice through the loop."""
    await shop.put(a=1, b=2, c=3)
    async with shop.unit() as uow:
        seen = []
        async for counter in uow.counters.stream(chunk_size=2):
            seen.append(counter.name)
            counter.value += 10
        await uow.commit()

    assert seen == ["a", "b", "c"]
    assert await shop.counters() == {"a": 11, "b": 12, "c": 13}


REFUSED: dict[str, tuple[str, Any]] = {
    "limit=-1": (
        "from 0, or None",
        lambda uow: uow.counters.matching(all_of(), limit=-1),
    ),
    "offset=-1": ("from 0", lambda uow: uow.counters.matching(all_of(), offset=-1)),
    "number=0": ("from 1", lambda uow: uow.counters.page(number=0)),
    "size=0": ("from 1", lambda uow: uow.counters.page(size=0)),
    "chunk_size=0": (
        "from 1",
        lambda uow: anext(uow.counters.stream(chunk_size=0)),
    ),
}


@pytest.mark.parametrize("said", REFUSED)
async def test_numbers_out_of_range_are_refused(shop: Shop, said: str) -> None:
    """Contract 23: on every storage, before anything is read."""
    counts, read = REFUSED[said]
    async with shop.unit() as uow:
        with pytest.raises(MisuseError) as raised:
            await read(uow)

    assert str(raised.value) == (
        f"{said} is out of range.\n"
        f"It counts {counts}.\n"
        "Check it where the request enters the application. [misuse]"
    )
