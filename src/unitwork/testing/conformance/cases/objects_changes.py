"""What is a change: a difference in value between now and when it was loaded."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from unitwork.adapters.making import IsolationName
from unitwork.testing.conformance.declaring import needs, portable
from unitwork.testing.conformance.looks import values_of
from unitwork.testing.conformance.shop import (
    Allocation,
    Counter,
    Money,
    Order,
    OrderLine,
    Shop,
    an_order,
)

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


Changes = list[tuple[str, Any]]


def _line_changed(order: Order) -> None:
    order.line("DESK").quantity += 1


def _line_added(order: Order) -> None:
    order.lines.append(OrderLine("SOFA", 1))


def _line_removed(order: Order) -> None:
    order.lines.remove(order.line("DESK"))


def _lines_reversed(order: Order) -> None:
    order.lines.reverse()


def _lines_rebound(order: Order) -> None:
    order.lines = [*order.lines, OrderLine("SOFA", 1)]


def _line_replaced(order: Order) -> None:
    order.lines[1] = OrderLine("DESK", 77)


def _allocation_changed(order: Order) -> None:
    order.lines[0].allocations[1].quantity = 99


def _allocation_added(order: Order) -> None:
    order.lines[2].allocations.append(Allocation("b3", 5))


def _allocation_removed(order: Order) -> None:
    del order.lines[0].allocations[0]


def _tag_added(order: Order) -> None:
    order.tags.add("late")


def _tag_removed(order: Order) -> None:
    order.tags.discard("gift")


def _price_changed(order: Order) -> None:
    order.prices["LAMP"] = 11


def _price_added(order: Order) -> None:
    order.prices["SOFA"] = 300


def _price_removed(order: Order) -> None:
    del order.prices["DESK"]


def _value_replaced(order: Order) -> None:
    order.total = Money(Decimal("220.50"), "USD")


def _value_removed(order: Order) -> None:
    order.discount = None


CHILD_CHANGES = [
    *(_line_changed, _line_added, _line_removed, _lines_reversed, _lines_rebound),
    *(_line_replaced, _allocation_changed, _allocation_added, _allocation_removed),
    *(_tag_added, _tag_removed, _price_changed, _price_added, _price_removed),
    *(_value_replaced, _value_removed),
]


@pytest.mark.parametrize("change", CHILD_CHANGES)
async def test_a_change_in_any_child_is_a_change_of_its_root(
    shop: Shop, change: Callable[[Order], None]
) -> None:
    """Contract 13: it is stored, and the version of the root is another one."""
    discount = Money(Decimal("1.00"), "EUR")
    await shop.store(stored := an_order(discount=discount))
    async with shop.unit() as uow:
        order = await uow.orders.get(stored.id)
        before = uow.version_of(order)
        change(order)
        await uow.commit()
        after = uow.version_of(order)
        assert after != before
    async with shop.unit() as uow:
        found = await uow.orders.get(stored.id)
        assert values_of(found) == values_of(order)
        assert values_of(found) != values_of(stored)
        assert uow.version_of(found) == after


def _put_back(order: Order) -> None:
    lines, note = [*order.lines], order.note
    order.note, order.lines = "?", []
    order.note, order.lines = note, lines


def _put_equal_parts_in_place(order: Order) -> None:
    desk = order.line("DESK")
    order.lines[1] = OrderLine(desk.sku, desk.quantity)
    order.tags, order.prices = set(order.tags), dict(reversed(order.prices.items()))
    order.total = Money(order.total.amount, order.total.currency)


def _write_the_same_values_otherwise(order: Order) -> None:
    order.total = Money(Decimal("220.5"), "EUR")
    order.weight = 0
    order.placed = NOON.astimezone(timezone(timedelta(hours=5)))


@pytest.mark.parametrize(
    "change", [_put_back, _put_equal_parts_in_place, _write_the_same_values_otherwise]
)
@portable(64)
async def test_what_equals_the_baseline_is_no_change(
    shop: Shop, applied: Changes, change: Callable[[Order], None]
) -> None:
    """Contract 13: values are compared, in their canonical form; nothing is written."""
    await shop.store(stored := an_order(placed=NOON))
    applied.clear()
    async with shop.unit() as uow:
        order = await uow.orders.get(stored.id)
        before = uow.version_of(order)
        change(order)
        await uow.commit()
        assert uow.version_of(order) == before
    assert applied == []


@needs("raw")
async def test_what_the_raw_hatch_wrote_is_the_baseline_from_then_on(
    shop: Shop,
) -> None:
    """Contract 13: a value that is put back after it is a change again."""
    await shop.store(Counter(name="back"), Counter(name="on"))
    async with shop.unit() as uow:
        back, on = await uow.counters.get("back"), await uow.counters.get("on")
        back.value = on.value = 1
        raw: Any = uow
        await raw.connection()
        back.value, on.value = 0, 2
        await uow.commit()
    async with shop.unit() as uow:
        assert (await uow.counters.get("back")).value == 0
        assert (await uow.counters.get("on")).value == 2


ISOLATIONS: list[IsolationName] = ["read_committed", "snapshot"]


@pytest.mark.parametrize("isolation", ISOLATIONS)
async def test_what_was_only_read_is_not_written_and_does_not_conflict(
    shop: Shop, applied: Changes, isolation: IsolationName
) -> None:
    """Contract 13: others may change it meanwhile; the unit writes what it changed."""
    await shop.store(Counter(name="read"), Counter(name="written"))
    applied.clear()
    async with shop.unit(isolation) as uow:
        read = await uow.counters.get("read")
        (await uow.counters.get("written")).value += 1
        async with shop.unit() as other:
            (await other.counters.get("read")).value += 1
            await other.commit()
        assert await uow.counters.get("read") is read
        await uow.commit()
    assert applied == [("Update", "read"), ("Update", "written")]
    assert await shop.counters() == {"read": 1, "written": 1}


async def test_an_aggregate_stays_clean_after_it_was_written(
    shop: Shop, applied: Changes
) -> None:
    """Contract 13: loaded again, in the same form, it equals what was dumped."""
    await shop.store(stored := an_order(placed=NOON, weight=0.1, note="été 😀"))
    applied.clear()
    async with shop.unit() as uow:
        await uow.orders.get(stored.id)
        await uow.commit()
    assert applied == []
