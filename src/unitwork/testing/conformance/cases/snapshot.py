"""A snapshot unit: every read is of the moment of its first one."""

import pytest

from unitwork.domain.specification import all_of
from unitwork.testing.conformance.reads import CHANGES, READS, answer
from unitwork.testing.conformance.shop import (
    Counter,
    Order,
    OrderLine,
    Shop,
)

NEEDS = ["snapshot"]


@pytest.mark.parametrize("kind", READS)
async def test_every_read_of_a_snapshot_unit_is_of_its_first_read(
    shop: Shop, kind: str
) -> None:
    """Contract 18: snapshot. Later commits are seen by no kind of read."""
    await shop.put(a=1, b=2, c=3)
    async with shop.unit("snapshot") as fresh:
        before = answer(await READS[kind](fresh))
    async with shop.unit("snapshot") as uow:
        await uow.orders.count()
        await CHANGES[kind](shop)
        during = answer(await READS[kind](uow))
    async with shop.unit("snapshot") as fresh:
        after = answer(await READS[kind](fresh))

    assert during == before
    assert after != before


async def test_a_snapshot_begins_with_the_first_read_and_not_when_it_is_opened(
    shop: Shop,
) -> None:
    """Contract 18: snapshot. What was committed before the first read is seen."""
    async with shop.unit("snapshot") as uow:
        uow.counters.add(Counter(name="own"))
        await shop.put(x=1)

        assert (await uow.counters.get("x")).value == 1
        await shop.put(y=1)
        assert await uow.counters.find("y") is None
        await uow.rollback()


async def test_children_are_read_from_the_snapshot_too(shop: Shop) -> None:
    """Contract 18: snapshot. Root and children are of the first read."""
    order = Order(number="1", lines=[OrderLine("lamp", 1)])
    await shop.store(order)
    async with shop.unit("snapshot") as uow:
        await uow.counters.count()
        async with shop.unit() as other:
            changed = await other.orders.get(order.id)
            changed.lines.append(OrderLine("vase", 2))
            changed.tags.add("late")
            await other.commit()
        found = await uow.orders.get(order.id)

        assert [line.sku for line in found.lines] == ["lamp"]
        assert found.tags == set()


async def test_a_removed_aggregate_is_still_in_the_snapshot(shop: Shop) -> None:
    """Contract 18: snapshot. A remove committed later takes nothing from it."""
    await shop.put(x=1)
    async with shop.unit("snapshot") as uow:
        await uow.orders.count()
        async with shop.unit() as other:
            other.counters.remove(await other.counters.get("x"))
            await other.commit()

        assert (await uow.counters.get("x")).value == 1
    assert await shop.counters() == {}


async def test_a_snapshot_unit_sees_its_own_changes(shop: Shop) -> None:
    """Contract 18: snapshot. Its own changes come on top, others' commits do not."""
    await shop.put(a=1, b=2, c=3)
    async with shop.unit("snapshot") as uow:
        (await uow.counters.get("a")).value = 50
        uow.counters.remove(await uow.counters.get("b"))
        uow.counters.add(Counter(name="d", value=40))
        await shop.put(a=7, b=7, c=7, e=7)
        found = await uow.counters.matching(all_of(), order_by=Counter.value.asc())

        assert answer(found) == [("c", 3), ("d", 40), ("a", 50)]
        await uow.rollback()


async def test_a_new_block_has_a_new_snapshot(shop: Shop) -> None:
    """Contract 18: snapshot. It ends with its unit; the next one reads anew."""
    await shop.put(x=1)
    uow = shop.unit("snapshot")
    async with uow:
        assert (await uow.counters.get("x")).value == 1
    await shop.put(x=2)
    async with uow:
        assert (await uow.counters.get("x")).value == 2


async def test_a_snapshot_unit_commits_though_others_changed_what_it_only_read(
    shop: Shop,
) -> None:
    """Contract 18: snapshot. Only what it writes must be as it was read."""
    await shop.put(x=1, y=1)
    async with shop.unit("snapshot") as uow:
        await uow.counters.get("x")
        (await uow.counters.get("y")).value = 5
        await shop.put(x=2, z=3)
        await uow.commit()

    assert await shop.counters() == {"x": 2, "y": 5, "z": 3}
