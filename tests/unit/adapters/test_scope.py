"""What one block did, and its undoing."""

import pytest

from tests.shop import Counter, ShopUnitOfWork, shop_schema
from unitwork import UncommittedChangesError
from unitwork.adapters.memory import InMemoryDatabase, InMemoryUnitOfWork


class InMemoryShop(InMemoryUnitOfWork, ShopUnitOfWork): ...


async def a_stored_counter() -> InMemoryShop:
    """Store the counter a, with the value 1, and give a unit that is not open."""
    uow = InMemoryShop(InMemoryDatabase(shop_schema()))
    async with uow:
        uow.counters.add(Counter(name="a", value=1))
        await uow.commit()
    return uow


def add_and_remove(uow: InMemoryShop) -> None:
    """Do nothing, in two steps."""
    added = Counter(name="a", value=5)
    uow.counters.add(added)
    uow.counters.remove(added)


async def test_what_is_loaded_after_an_add_and_a_remove_of_its_key_is_put_back() -> (
    None
):
    """Contract 7, 12: add then remove is nothing, and the stored one is found."""
    uow = await a_stored_counter()
    async with uow:
        add_and_remove(uow)
        loaded = await uow.counters.get("a")
        loaded.value = 2
        await uow.rollback()
    assert loaded.value == 1


async def test_a_change_of_what_is_loaded_after_an_add_and_a_remove_is_named() -> None:
    """Contract 5: it is not lost in silence."""
    uow = await a_stored_counter()
    with pytest.raises(UncommittedChangesError) as raised:
        async with uow:
            add_and_remove(uow)
            (await uow.counters.get("a")).value = 2
    assert raised.value.changes == ("changed Counter 'a'",)


async def test_what_is_loaded_in_an_undone_scope_is_held_after_it() -> None:
    """Contract 6, 12: to have read it is no work that the scope could undo."""
    uow = await a_stored_counter()
    async with uow:
        async with uow:
            add_and_remove(uow)
            loaded = await uow.counters.get("a")
            loaded.value = 2
            await uow.rollback()
        assert loaded.value == 1
        assert await uow.counters.get("a") is loaded


async def test_an_added_aggregate_that_an_undone_scope_removed_answers_again() -> None:
    """Contract 6: and what the scope loaded under its key meanwhile is as loaded."""
    uow = await a_stored_counter()
    async with uow:
        added = Counter(name="a", value=5)
        uow.counters.add(added)
        async with uow:
            uow.counters.remove(added)
            loaded = await uow.counters.get("a")
            loaded.value = 2
            await uow.rollback()
        assert await uow.counters.get("a") is added
        assert loaded.value == 1
        await uow.rollback()


async def test_what_was_loaded_after_that_and_then_replaced_is_put_back() -> None:
    """Contract 7: it is as loaded, though another one stood in its place."""
    uow = await a_stored_counter()
    async with uow:
        add_and_remove(uow)
        loaded = await uow.counters.get("a")
        loaded.value = 2
        uow.counters.remove(loaded)
        uow.counters.add(Counter(name="a", value=3))
        await uow.rollback()
    assert loaded.value == 1


async def test_what_stands_behind_an_added_aggregate_answers_when_it_is_undone() -> (
    None
):
    """Contract 6, 12: scope by scope, the one that was loaded comes back."""
    uow = await a_stored_counter()
    async with uow:
        async with uow:
            added = Counter(name="a", value=5)
            uow.counters.add(added)
            async with uow:
                uow.counters.remove(added)
                loaded = await uow.counters.get("a")
                await uow.rollback()
            assert await uow.counters.get("a") is added
            await uow.rollback()
        assert await uow.counters.get("a") is loaded
