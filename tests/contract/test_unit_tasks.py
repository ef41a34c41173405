"""One unit, one task: foreign tasks, finished owners, adoption, fixtures."""

import asyncio
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable
from typing import TYPE_CHECKING, Any

import pytest

from tests.shop import Counter, Paid, Shop, ShopUnitOfWork, open_shop
from unitwork import (
    ForeignTaskError,
    Outcome,
    UnitOfWorkClosedError,
    all_of,
    new_id,
)
from unitwork.adapters.sqlalchemy import PoolOptions
from unitwork.adapters.storage import UnitOptions

if TYPE_CHECKING:
    from tests.storages import Storage


async def test_gather_over_one_unit_is_refused_and_loses_nothing(shop: Shop) -> None:
    """Contract 8: use from other tasks raises at once and harms nothing, 1,000 times.

    Some units have read before, some have not, and the foreign tasks read and write.
    """
    await shop.store(Counter(name="a"))
    uow = shop.unit()
    for number in range(1, 1_001):
        async with uow:
            if number % 2:
                uow.counters.add(Counter(name=f"n{number:04}"))
            counter = await uow.counters.get("a")
            counter.value += 1
            errors = await asyncio.gather(
                uow.counters.get("a"), _add(uow), uow.commit(), return_exceptions=True
            )
            assert [type(error) for error in errors] == [ForeignTaskError] * 3
            await uow.commit()
        assert uow.outcome is Outcome.COMMITTED
    async with shop.unit() as other:
        assert (await other.counters.get("a")).value == 1_000
        assert await other.counters.count() == 501


async def _add(uow: ShopUnitOfWork) -> None:
    uow.counters.add(Counter(name="foreign"))


async def test_every_use_by_a_foreign_task_is_refused(shop: Shop) -> None:
    """Contract 8: reads, changes, blocks, and what needs no storage at all."""
    await shop.store(Counter(name="a"))

    async def nested() -> None:
        async with uow:
            raise AssertionError("a foreign task got into the unit")

    async def removed() -> None:
        uow.counters.remove(counter)

    async def recorded() -> None:
        uow.record(counter, Paid(new_id()))

    async with shop.unit() as uow:
        counter = await uow.counters.get("a")
        uses: list[Awaitable[Any]] = [
            *(nested(), removed(), recorded(), _add(uow), uow.rollback()),
            *(uow.counters.find("a"), uow.counters.find("z"), uow.counters.count()),
            *(uow.counters.matching(all_of()), uow.counters.exists(all_of())),
        ]
        errors = await asyncio.gather(*uses, return_exceptions=True)
        assert {type(error) for error in errors} == {ForeignTaskError}
        counter.value = 1
        assert await uow.counters.count() == 1
        await uow.commit()
    async with shop.unit() as other:
        assert (await other.counters.get("a")).value == 1


async def test_the_error_names_both_tasks_and_the_usual_causes(shop: Shop) -> None:
    """Contract 8: wait_for before Python 3.12, gather, fixtures; and the remedies."""

    async def use() -> None:
        await uow.counters.count()

    owner = asyncio.current_task()
    assert owner is not None
    owner.set_name("the owner")
    async with shop.unit() as uow:
        with pytest.raises(ForeignTaskError) as caught:
            await asyncio.create_task(use(), name="the guest")
    assert str(caught.value) == (
        "Task 'the guest' used a unit of work that task 'the owner' owns.\n"
        "Usual causes: asyncio.gather over one unit; wait_for before Python 3.12,"
        " which makes a task; a fixture that is still running.\n"
        "Give each task a unit of its own, use asyncio.timeout, or move an idle unit"
        " with uow.adopt(). [foreign-task]"
    )


async def test_use_while_the_owner_waits_for_storage_is_refused(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Contract 8: a unit in which something is in flight cannot be adopted either."""
    kind = type(shop.database.open(UnitOptions()))
    load, waiting, go_on = kind.load, asyncio.Event(), asyncio.Event()

    async def slow(*arguments: Any) -> Any:
        waiting.set()
        await go_on.wait()
        return await load(*arguments)

    async def operate() -> int:
        async with uow:
            counter = await uow.counters.get("a")
            counter.value += 1
            await uow.commit()
            return counter.value

    await shop.store(Counter(name="a"))
    monkeypatch.setattr(kind, "load", slow)
    uow = shop.unit()
    owner = asyncio.create_task(operate())
    await waiting.wait()
    with pytest.raises(ForeignTaskError):
        await uow.counters.get("a")
    with pytest.raises(ForeignTaskError):
        uow.adopt()
    go_on.set()
    assert await owner == 1
    assert uow.outcome is Outcome.COMMITTED


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


@pytest.mark.parametrize("call", ["load", "apply"])
async def test_a_block_left_while_its_owner_waits_for_storage(
    storage: "Storage", monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """Contract 8: leaving waits for what is in flight, then releases everything.

    A commit that was in flight ends first, and the outcome is the truth. The owner is
    refused from then on, and its connection serves the next unit.
    """
    waiting, go_on = asyncio.Event(), asyncio.Event()
    async with open_shop(storage, pool=PoolOptions(size=1, overflow=0)) as shop:
        kind = type(shop.database.open(UnitOptions()))
        original = getattr(kind, call)

        async def slow(*arguments: Any) -> Any:
            waiting.set()
            await go_on.wait()
            return await original(*arguments)

        uow = shop.unit("snapshot")

        async def operate() -> None:
            async with uow:
                if call == "load":
                    await uow.counters.find("a")
                uow.counters.add(Counter(name="a"))
                await uow.commit()
                await uow.counters.find("b")

        with monkeypatch.context() as patched:
            patched.setattr(kind, call, slow)
            owner = asyncio.create_task(operate())
            await waiting.wait()
            leaver = asyncio.create_task(uow.__aexit__(None, None, None))
            await asyncio.sleep(0)
            assert not leaver.done()
            go_on.set()
            await leaver
            with pytest.raises((ForeignTaskError, UnitOfWorkClosedError)):
                await owner
        committed = call == "apply"
        assert uow.outcome is (Outcome.COMMITTED if committed else Outcome.ROLLED_BACK)
        async with shop.unit() as other:
            assert await other.counters.exists(all_of()) is committed


async def test_a_block_left_by_two_tasks_while_its_owner_waits_keeps_neither(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Contract 8: both wait for what is in flight; the first releases everything."""
    kind = type(shop.database.open(UnitOptions()))
    load, waiting, go_on = kind.load, asyncio.Event(), asyncio.Event()

    async def slow(*arguments: Any) -> Any:
        waiting.set()
        await go_on.wait()
        return await load(*arguments)

    async def operate() -> None:
        await uow.__aenter__()
        await uow.counters.find("a")

    thrown, uow = ValueError("left"), shop.unit()
    monkeypatch.setattr(kind, "load", slow)
    owner = asyncio.create_task(operate())
    await waiting.wait()
    leavers = [
        asyncio.create_task(uow.__aexit__(ValueError, thrown, None)) for _ in range(2)
    ]
    await asyncio.sleep(0)
    go_on.set()
    async with asyncio.timeout(10):
        await asyncio.gather(owner, *leavers)
    assert uow.outcome is Outcome.ROLLED_BACK


async def test_an_exception_passes_a_block_that_another_task_has_left(
    shop: Shop,
) -> None:
    """Contract 8: the owner's own error is not hidden by that."""
    with pytest.raises(ZeroDivisionError):
        async with shop.unit() as uow:
            await asyncio.create_task(uow.__aexit__(None, None, None))
            _ = 1 / 0
    with pytest.raises(UnitOfWorkClosedError):
        async with uow:
            await asyncio.create_task(uow.__aexit__(None, None, None))


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


async def test_use_outside_of_any_task_is_refused(shop: Shop) -> None:
    """Contract 8: a callback of the loop is no task."""
    async with shop.unit() as uow:
        refused = asyncio.get_running_loop().create_future()

        def callback() -> None:
            try:
                uow.counters.add(Counter(name="a"))
            except ForeignTaskError as error:
                refused.set_result(str(error))

        asyncio.get_running_loop().call_soon(callback)
        assert "Task '(no task)' used" in await refused


async def test_use_from_another_event_loop_is_refused(shop: Shop) -> None:
    """Contract 8: one loop, even when the task that opened the unit has finished."""
    errors: list[object] = []

    async def opened() -> ShopUnitOfWork:
        return await shop.unit().__aenter__()

    def add() -> None:
        uow.counters.add(Counter(name="b"))

    async def use() -> None:
        for call in (add, uow.adopt):
            try:
                call()
            except ForeignTaskError as error:
                errors.append(error)

    uow = await asyncio.create_task(opened())
    uow.counters.add(Counter(name="a"))
    thread = threading.Thread(target=asyncio.run, args=(use(),))
    thread.start()
    await asyncio.to_thread(thread.join)
    assert [type(error) for error in errors] == [ForeignTaskError] * 2
    await uow.commit()
    await uow.__aexit__(None, None, None)
    async with shop.unit() as other:
        assert await other.counters.find("b") is None
        assert await other.counters.find("a") is not None


async def test_a_loop_that_ended_leaves_a_unit_to_nobody_else(shop: Shop) -> None:
    """Contract 8: a finished owner makes room in its own loop only."""
    uow = shop.unit()

    async def opened() -> None:
        await uow.__aenter__()

    await asyncio.to_thread(asyncio.run, opened())
    with pytest.raises(ForeignTaskError):
        uow.counters.add(Counter(name="a"))
    await uow.__aexit__(None, None, None)
    assert uow.outcome is Outcome.ROLLED_BACK


@pytest.fixture
async def opened(shop: Shop) -> ShopUnitOfWork:
    """A unit that was opened in the task that sets fixtures up."""
    uow = await shop.unit().__aenter__()
    uow.counters.add(Counter(name="by the fixture"))
    assert await uow.counters.count() == 1
    return uow


@pytest.fixture
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
