"""Orders are total and the same everywhere; limits, pages and streams follow them."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contract.orders import CUSTOMERS, FIELDS, UNORDERED, orders
from tests.shop import Counter, Money, Order, Shop, open_shop
from unitwork import MisuseError, Outcome, Sort, UnitOfWorkClosedError, all_of

if TYPE_CHECKING:
    from tests.storages import Storage

AMOUNT = Order.discount[Money.amount]
SORTED = "1 10 2 3 4 5 6 7 8 9 B b"


@pytest.fixture
async def orders_shop(shop: Shop) -> Shop:
    """A shop with the orders in it."""
    await shop.store(*CUSTOMERS, *orders())
    return shop


def numbers(found: Iterable[Order]) -> str:
    """Show what was found, in order."""
    return " ".join(order.number for order in found)


NAMED: dict[str, tuple[Any, str]] = {
    "text by code point": (Order.number.asc(), SORTED),
    "text downwards": (Order.number.desc(), "b B 9 8 7 6 5 4 3 2 10 1"),
    "blanks and case by code point": (
        (Order.note.asc(), Order.number.asc()),
        "8 5 6 2 1 B 3 7 4 10 9 b",
    ),
    "None is the largest": (
        (AMOUNT.asc(), Order.number.asc()),
        "4 7 1 10 2 3 5 6 8 9 B b",
    ),
    "None is the largest, downwards": (
        (AMOUNT.desc(), Order.number.asc()),
        "1 10 2 3 5 6 8 9 B b 7 4",
    ),
    "None first": (
        (AMOUNT.asc(nulls="first"), Order.number.asc()),
        "1 10 2 3 5 6 8 9 B b 4 7",
    ),
    "None last, downwards": (
        (AMOUNT.desc(nulls="last"), Order.number.asc()),
        "7 4 1 10 2 3 5 6 8 9 B b",
    ),
    "several terms": (
        (Order.express.desc(), Order.total[Money.amount].asc(), Order.number.desc()),
        "8 5 7 b 9 6 4 3 2 10 1 B",
    ),
    "a term said twice counts once": (
        (Order.express.asc(), Order.number.asc(), Order.express.desc()),
        "1 10 2 3 4 6 7 9 B b 5 8",
    ),
    "integers": (
        (Order.priority.asc(), Order.number.asc()),
        "b 2 1 10 3 4 6 7 8 B 5 9",
    ),
    "floats": ((Order.weight.asc(), Order.number.asc()), "5 1 10 2 4 6 7 8 B b 3 9"),
    "moments": ((Order.placed.asc(), Order.number.asc()), "10 2 6 1 3 4 5 7 8 9 B b"),
    "days": ((Order.due.desc(), Order.number.asc()), "1 10 2 3 5 6 7 9 B b 4 8"),
    "uuids": ((Order.customer.asc(), Order.number.asc()), "2 9 3 1 10 4 5 6 7 8 B b"),
}


async def test_orders_are_the_same_on_every_storage(orders_shop: Shop) -> None:
    """Contract 23: text by code point, numbers and moments by size, None as said."""
    found = {}
    for case, (order_by, _) in NAMED.items():
        async with orders_shop.unit() as uow:
            found[case] = numbers(
                await uow.orders.matching(all_of(), order_by=order_by)
            )

    assert found == {case: said for case, (_, said) in NAMED.items()}


async def test_held_objects_are_ordered_as_storage_orders(orders_shop: Shop) -> None:
    """Contract 20, 23: what the unit holds stands where storage would put it."""
    found = {}
    async with orders_shop.unit() as uow:
        await uow.orders.matching(Order.number > "4")
        for case, (order_by, _) in NAMED.items():
            found[case] = numbers(
                await uow.orders.matching(all_of(), order_by=order_by)
            )

    assert found == {case: said for case, (_, said) in NAMED.items()}


async def test_the_key_completes_every_order(orders_shop: Shop) -> None:
    """Contract 23: what is equal in all terms stands in the order of the keys."""
    async with orders_shop.unit() as uow:
        unsorted = await uow.orders.matching(all_of())
        tied = await uow.orders.matching(
            all_of(), order_by=Order.total[Money.currency].asc()
        )

    keys = [order.id for order in unsorted]
    assert keys == sorted(keys)
    keys = [order.id for order in tied if order.total.currency == "EUR"]
    assert keys == sorted(keys)
    assert len(keys) == 11


async def test_limit_and_offset_cut_the_order(orders_shop: Shop) -> None:
    """Contract 23: from 0, beyond the end too; an offset needs no limit."""
    async with orders_shop.unit() as uow:

        async def cut(offset: int, limit: int | None) -> str:
            return numbers(
                await uow.orders.matching(
                    all_of(), order_by=Order.number.asc(), offset=offset, limit=limit
                )
            )

        assert await cut(0, 3) == "1 10 2"
        assert await cut(10, 3) == "B b"
        assert await cut(11, None) == "b"
        assert await cut(12, None) == await cut(99, 5) == await cut(3, 0) == ""
    async with orders_shop.unit() as uow:
        assert await cut(9, None) == "9 B b"
        first = await uow.orders.first(Order.number > "8", order_by=Order.number.desc())
        assert first is not None
        assert first.number == "b"


async def test_pages_by_offset_have_a_true_total(orders_shop: Shop) -> None:
    """Contract 23: every page knows how many there are; one beyond the end is empty."""
    async with orders_shop.unit() as uow:
        pages = [
            await uow.orders.page(order_by=Order.number.asc(), number=number, size=5)
            for number in (1, 2, 3, 4)
        ]
        some = await uow.orders.page(Order.number > "8", number=1, size=2)
        none = await uow.orders.page(Order.number == "?")

    assert [numbers(page.items) for page in pages] == [
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


@pytest.mark.parametrize("chunk_size", [1, 2, 5, 12, 500])
async def test_a_stream_gives_every_aggregate_once_and_in_order(
    orders_shop: Shop, chunk_size: int
) -> None:
    """Contract 23: keyset chunks over terms that may be None, up and down."""
    for case, (order_by, said) in NAMED.items():
        async with orders_shop.unit() as uow:
            stream = uow.orders.stream(order_by=order_by, chunk_size=chunk_size)
            assert numbers([order async for order in stream]) == said, case


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
        whole = numbers(await uow.orders.matching(all_of(), order_by=order_by))
    async with orders_shop.unit() as uow:
        await uow.orders.matching(Order.number.in_(held))
        stream = uow.orders.stream(order_by=order_by, chunk_size=size)
        streamed = numbers([order async for order in stream])
    async with orders_shop.unit() as uow:
        await uow.orders.matching(Order.number.in_(held))
        paged: list[Order] = []
        for number in range(1, 12 // size + 2):
            page = await uow.orders.page(order_by=order_by, number=number, size=size)
            paged += page.items

    assert streamed == numbers(paged) == whole


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


async def test_a_stream_holds_no_connection_between_its_chunks(
    sql_storage: "Storage",
) -> None:
    """Contract 23: with a pool of one, others work while the stream is under way."""
    from unitwork.adapters.sqlalchemy.options import PoolOptions

    one = PoolOptions(size=1, overflow=0, timeout=0.5)
    async with open_shop(sql_storage, pool=one) as shop:
        await shop.put(a=1, b=2, c=3)
        async with shop.unit() as uow:
            async for _ in uow.counters.stream(chunk_size=1):
                await shop.put(z=1)

        assert await shop.counters() == {"a": 1, "b": 2, "c": 3, "z": 1}


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


async def test_what_storages_would_order_differently_cannot_be_ordered_by(
    shop: Shop,
) -> None:
    """Contract 23: enums, values and children have no order; a direction is said."""
    refused: list[Any] = [
        Order.status.asc(),
        Order.total.asc(),
        Order.lines.asc(),
        Counter.value.asc(),
        Order.number,
    ]
    async with shop.unit() as uow:
        for order_by in refused:
            with pytest.raises(MisuseError):
                await uow.orders.matching(all_of(), order_by=order_by)


HUGE = [2**63 - 1, 2**63, 10**30]


@pytest.mark.parametrize("huge", HUGE)
async def test_no_limit_and_no_offset_is_too_great(shop: Shop, huge: int) -> None:
    """Contract 23: a great limit is none; behind a great offset there is nothing."""
    await shop.put(a=1, b=2)
    for own in range(2):
        async with shop.unit() as uow:
            for number in range(own):
                uow.counters.add(Counter(name=f"own {number}"))
            counters = uow.counters
            assert len(await counters.matching(all_of(), limit=huge)) == 2 + own
            assert await counters.matching(all_of(), offset=huge) == []
            assert await counters.matching(all_of(), limit=huge, offset=huge) == []
            whole = await counters.page(size=huge)
            assert (len(whole.items), whole.total) == (2 + own, 2 + own)
            beyond = await counters.page(number=huge, size=huge)
            assert (list(beyond.items), beyond.total) == ([], 2 + own)
            streamed = [c async for c in counters.stream(chunk_size=huge)]
            assert len(streamed) == 2 + own
            await uow.rollback()
