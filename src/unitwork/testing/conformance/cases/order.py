"""Orders are total and the same everywhere; limits cut them."""

from typing import Any

import pytest

from unitwork.domain.errors import MisuseError
from unitwork.domain.specification import all_of
from unitwork.testing.conformance.declaring import portable
from unitwork.testing.conformance.orders import ORDERED, numbers_in
from unitwork.testing.conformance.shop import Counter, Money, Order, Shop


@portable(10, 11, 12)
async def test_orders_are_the_same_on_every_storage(orders_shop: Shop) -> None:
    """Contract 23: text by code point, numbers_in and moments by size, None as said."""
    found = {}
    for case, (order_by, _) in ORDERED.items():
        async with orders_shop.unit() as uow:
            found[case] = numbers_in(
                await uow.orders.matching(all_of(), order_by=order_by)
            )

    assert found == {case: said for case, (_, said) in ORDERED.items()}


async def test_held_objects_are_ordered_as_storage_orders(orders_shop: Shop) -> None:
    """Contract 20, 23: what the unit holds stands where storage would put it."""
    found = {}
    async with orders_shop.unit() as uow:
        await uow.orders.matching(Order.number > "4")
        for case, (order_by, _) in ORDERED.items():
            found[case] = numbers_in(
                await uow.orders.matching(all_of(), order_by=order_by)
            )

    assert found == {case: said for case, (_, said) in ORDERED.items()}


@portable(65)
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
            return numbers_in(
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
