"""Which task a unit belongs to when its owner has ended, or gives it away."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

import pytest

from unitwork.domain.errors import ForeignTaskError
from unitwork.domain.outcome import Outcome
from unitwork.testing.conformance.declaring import fixture, needs
from unitwork.testing.conformance.shop import Counter, Shop, ShopUnitOfWork


async def test_after_its_owner_finished_the_next_user_becomes_the_owner(
    shop: Shop,
) -> None:
    """Contract 8: as when a fixture, or a framework, opened the unit."""

    async def opened() -> ShopUnitOfWork:
        uow = await shop.unit().__aenter__()
        uow.counters.add(Counter(name="a"))
        return uow

    async def use() -> None:
        uow.counters.add(Counter(name="b"))

    uow = await asyncio.create_task(opened())
    assert await uow.counters.count() == 1
    with pytest.raises(ForeignTaskError):
        await asyncio.create_task(use())
    await uow.commit()
    await uow.__aexit__(None, None, None)
    async with shop.unit() as other:
        assert await other.counters.count() == 1


async def test_an_idle_unit_can_be_adopted(shop: Shop) -> None:
    """Contract 8: the adopter owns it, and the task that opened it does not."""
    adopted, done = asyncio.Event(), asyncio.Event()

    async def use() -> None:
        uow.adopt()
        adopted.set()
        (await uow.counters.get("a")).value = 1
        await done.wait()
        await uow.commit()

    await shop.store(Counter(name="a"))
    async with shop.unit() as uow:
        await uow.counters.get("a")
        task = asyncio.create_task(use())
        await adopted.wait()
        with pytest.raises(ForeignTaskError):
            await uow.counters.get("a")
        done.set()
        await task
    assert uow.outcome is Outcome.COMMITTED
    async with shop.unit() as other:
        assert (await other.counters.get("a")).value == 1


@needs("snapshot")
async def test_a_block_may_be_left_in_any_task(shop: Shop) -> None:
    """Contract 8: leaving rolls back and releases, whoever leaves."""
    uow = shop.unit("snapshot")
    await uow.__aenter__()
    uow.counters.add(Counter(name="a"))
    await uow.counters.count()
    thrown = ValueError("in another task")
    await asyncio.create_task(uow.__aexit__(ValueError, thrown, None))
    assert uow.outcome is Outcome.ROLLED_BACK
    async with uow:
        assert await uow.counters.count() == 0


async def test_a_generator_closed_by_another_task_rolls_back(shop: Shop) -> None:
    """Contract 8: a loop left by break leaves the block in whichever task closes it."""
    uow = shop.unit()

    async def names() -> AsyncGenerator[str, None]:
        async with uow:
            uow.counters.add(Counter(name="a"))
            async for counter in uow.counters.stream():
                yield counter.name

    generator = names()
    assert await anext(generator) == "a"
    await asyncio.create_task(generator.aclose())
    assert uow.outcome is Outcome.ROLLED_BACK


@fixture
async def opened(shop: Shop) -> ShopUnitOfWork:
    """A unit that was opened in the task that sets fixtures up."""
    uow = await shop.unit().__aenter__()
    uow.counters.add(Counter(name="by the fixture"))
    assert await uow.counters.count() == 1
    return uow


@fixture
async def around(shop: Shop) -> AsyncIterator[ShopUnitOfWork]:
    """A unit whose block is entered and left in tasks of the fixture."""
    async with shop.unit() as uow:
        uow.counters.add(Counter(name="by the fixture"))
        assert await uow.counters.count() == 1
        yield uow
    assert uow.outcome in (Outcome.COMMITTED, Outcome.ROLLED_BACK)


async def _use_and_commit(shop: Shop, uow: ShopUnitOfWork) -> None:
    uow.counters.add(Counter(name="by the test"))
    async with uow:
        (await uow.counters.get("by the fixture")).value = 1
        await uow.commit()
    await uow.commit()
    async with shop.unit() as other:
        found = [
            (counter.name, counter.value) async for counter in other.counters.stream()
        ]
    assert found == [("by the fixture", 1), ("by the test", 0)]


async def test_a_unit_opened_in_a_fixture_works_in_the_test(
    shop: Shop, opened: ShopUnitOfWork
) -> None:
    """Contract 8: set-up and test are different tasks of one loop."""
    await _use_and_commit(shop, opened)
    await opened.__aexit__(None, None, None)
    assert opened.outcome is Outcome.COMMITTED


async def test_a_unit_around_the_yield_of_a_fixture_works_in_the_test(
    shop: Shop, around: ShopUnitOfWork
) -> None:
    """Contract 8: entered in one task, used in another, left in a third."""
    await _use_and_commit(shop, around)


async def test_a_unit_around_the_yield_of_a_fixture_can_be_rolled_back(
    shop: Shop, around: ShopUnitOfWork
) -> None:
    """Contract 8: the same, with another end."""
    await around.rollback()
    async with shop.unit() as other:
        assert await other.counters.count() == 0
