"""One key is one object: adding it, finding it, removing it."""

from typing import Any

import pytest

from unitwork.domain.constraint_errors import UniqueViolationError
from unitwork.domain.errors import AggregateNotFoundError, MisuseError
from unitwork.domain.specification import all_of
from unitwork.testing.conformance.shop import (
    Counter,
    Customer,
    Money,
    Order,
    Shop,
    ShopUnitOfWork,
    an_order,
)


async def _everyhow(uow: ShopUnitOfWork, name: str) -> list[Any]:
    """Ask for one counter in every way that there is."""
    named = Counter.name == name
    page = await uow.counters.page(named)
    return [
        await uow.counters.find(name),
        await uow.counters.first(named),
        *await uow.counters.matching(named),
        *page.items,
        *[counter async for counter in uow.counters.stream(named)],
    ]


async def test_one_key_is_one_object_however_it_is_asked_for(shop: Shop) -> None:
    """Contract 12: get, find and every query give the same object."""
    await shop.store(Counter(name="a"))
    async with shop.unit() as uow:
        counter = await uow.counters.get("a")
        assert await _everyhow(uow, "a") == [counter] * 5
        async with uow:
            assert await _everyhow(uow, "a") == [counter] * 5
        assert await uow.counters.get("a") is counter
    async with shop.unit() as uow:
        found = await uow.counters.matching(all_of())
        assert found[0] is await uow.counters.get("a")


async def test_what_was_added_is_found_at_once(shop: Shop) -> None:
    """Contract 12: get after add returns the added object."""
    async with shop.unit() as uow:
        uow.counters.add(counter := Counter(name="a"))
        assert await uow.counters.get("a") is counter
        assert await _everyhow(uow, "a") == [counter] * 5
        assert await uow.counters.count() == 1
        await uow.commit()
    async with shop.unit() as uow:
        assert await uow.counters.get("a") is not counter


async def test_what_was_removed_is_gone_at_once(shop: Shop) -> None:
    """Contract 12: from get, find, and every query; for others after the commit."""
    await shop.store(Counter(name="a"), Counter(name="b"))
    async with shop.unit() as uow, shop.unit() as other:
        uow.counters.remove(await uow.counters.get("a"))
        with pytest.raises(AggregateNotFoundError):
            await uow.counters.get("a")
        assert await _everyhow(uow, "a") == [None, None]
        assert not await uow.counters.exists(Counter.name == "a")
        assert await uow.counters.count() == 1
        assert await other.counters.count() == 2
        await uow.commit()
        assert await other.counters.find("a") is None


async def test_what_was_removed_takes_its_children_along(shop: Shop) -> None:
    """Contract 12: nothing of it is left for one of the same key."""
    order = an_order()
    await shop.store(order)
    async with shop.unit() as uow:
        uow.orders.remove(await uow.orders.get(order.id))
        await uow.commit()
    await shop.store(Order(id=order.id, number="new"))
    async with shop.unit() as uow:
        found = await uow.orders.get(order.id)
        assert (found.lines, found.tags, found.prices) == ([], set(), {})


async def test_add_of_a_key_that_is_live_here_raises_at_once(shop: Shop) -> None:
    """Contract 12: loaded or added; the unit goes on without the second one."""
    await shop.store(Counter(name="a"))
    async with shop.unit() as uow:
        loaded = await uow.counters.get("a")
        uow.counters.add(added := Counter(name="b"))
        for clash in (Counter(name="a"), Counter(name="b"), loaded, added):
            with pytest.raises(UniqueViolationError) as caught:
                uow.counters.add(clash)
            assert caught.value.aggregate is Counter
            assert caught.value.fields == ("name",)
        assert await uow.counters.count() == 2
        await uow.commit()


async def test_add_of_a_key_in_storage_raises_at_commit(shop: Shop) -> None:
    """Contract 12: nothing is looked up before; nothing of the unit is stored."""
    await shop.store(Counter(name="a", value=1))
    async with shop.unit() as uow:
        uow.counters.add(Counter(name="a", value=2))
        uow.counters.add(Counter(name="b"))
        with pytest.raises(UniqueViolationError) as caught:
            await uow.commit()
    assert (caught.value.aggregate, caught.value.fields) == (Counter, ("name",))
    async with shop.unit() as uow:
        assert (await uow.counters.get("a")).value == 1
        assert await uow.counters.find("b") is None


async def test_remove_of_what_this_unit_does_not_track_raises(shop: Shop) -> None:
    """Contract 12: never seen, of another unit, removed before, of another class."""
    await shop.store(Counter(name="a"), Counter(name="b"))
    async with shop.unit() as uow, shop.unit() as other:
        removed = await uow.counters.get("b")
        uow.counters.remove(removed)
        foreign = await other.counters.get("a")
        customer = Customer(name="Ada")
        uow.customers.add(customer)
        for stranger in (Counter(name="a"), foreign, removed, customer):
            with pytest.raises(MisuseError) as refused:
                uow.counters.remove(stranger)  # type: ignore[arg-type]  # one is of another class
            assert str(refused.value) == (
                f"{stranger!r} is not held by this unit of work.\n"
                "A unit knows the aggregates that it loaded and that were added to"
                " it.\nLoad it with get() in this unit, or add() it. [misuse]"
            )
        await uow.commit()
    async with shop.unit() as uow:
        assert [c.name async for c in uow.counters.stream()] == ["a"]


async def test_add_of_another_class_raises(shop: Shop) -> None:
    """Contract 12: a repository holds aggregates of its class."""
    async with shop.unit() as uow:
        for stranger in (Customer(name="Ada"), Money(1, "EUR"), "a", None):  # type: ignore[arg-type]  # the case
            with pytest.raises(MisuseError) as refused:
                uow.counters.add(stranger)  # type: ignore[arg-type]  # the case
            assert str(refused.value) == (
                f"{stranger!r} is no Counter.\n"
                "This repository holds Counter aggregates.\n"
                "Add it to the repository of its own class. [misuse]"
            )


async def test_a_key_that_was_changed_is_refused(shop: Shop) -> None:
    """Contract 12: a key identifies, loaded or added; nothing is written."""
    await shop.store(Counter(name="a"))
    async with shop.unit() as uow:
        (await uow.counters.get("a")).name = "z"
        with pytest.raises(MisuseError) as refused:
            await uow.commit()
    assert str(refused.value) == (
        "The key of Counter 'a' was changed to 'z'.\n"
        "A key identifies; storage, references and this unit know the old one.\n"
        "Remove the aggregate and add another one. [misuse]"
    )
    async with shop.unit() as uow:
        uow.counters.add(added := Counter(name="b"))
        added.name = "z"
        with pytest.raises(MisuseError) as refused:
            await uow.commit()
    assert refused.value.what == "The key of Counter 'b' was changed to 'z'."
    async with shop.unit() as uow:
        assert [c.name async for c in uow.counters.stream()] == ["a"]
