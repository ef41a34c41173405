"""One unit, one task: what a foreign task may do, and is refused."""

import asyncio
import threading
from collections.abc import Awaitable
from typing import Any

import pytest

from unitwork.adapters.storage import UnitOptions
from unitwork.domain.errors import ForeignTaskError, UnitOfWorkClosedError
from unitwork.domain.ids import new_id
from unitwork.domain.outcome import Outcome
from unitwork.domain.specification import all_of
from unitwork.testing.conformance.declaring import needs
from unitwork.testing.conformance.shop import Counter, Paid, Shop, ShopUnitOfWork


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


@needs("snapshot")
@pytest.mark.parametrize("call", ["load", "apply"])
async def test_a_block_left_while_its_owner_waits_for_storage(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """Contract 8: leaving waits for what is in flight, then releases everything.

    A commit that was in flight ends first, and the outcome is the truth. The owner is
    refused from then on, and the next unit is served.
    """
    waiting, go_on = asyncio.Event(), asyncio.Event()
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
