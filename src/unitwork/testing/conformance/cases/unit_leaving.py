"""Leaving a block: by an exception, with changes pending, after a rollback."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from unitwork.adapters.storage import UnitOptions
from unitwork.domain.errors import UncommittedChangesError
from unitwork.domain.ids import new_id
from unitwork.domain.outcome import Outcome
from unitwork.testing.conformance.declaring import needs
from unitwork.testing.conformance.shop import (
    Counter,
    Customer,
    OrderLine,
    Paid,
    Shop,
    Status,
    an_order,
)


@pytest.mark.parametrize(
    "make", [ValueError, TimeoutError, asyncio.CancelledError, KeyboardInterrupt]
)
async def test_an_exception_rolls_back_and_passes_unchanged(
    shop: Shop, make: Callable[[], BaseException]
) -> None:
    """Contract 4: cancellations and time-outs are exceptions like any other."""
    uow, thrown = shop.unit(), make()
    with pytest.raises(BaseException) as caught:  # noqa: PT011 - the object is compared
        async with uow:
            uow.counters.add(Counter(name="a"))
            raise thrown
    assert caught.value is thrown
    assert not hasattr(thrown, "__notes__")
    assert thrown.__cause__ is None
    assert thrown.__context__ is None
    assert uow.outcome is Outcome.ROLLED_BACK
    async with shop.unit() as other:
        assert await other.counters.find("a") is None


async def test_a_time_limit_rolls_back(shop: Shop) -> None:
    """Contract 4: asyncio.timeout round a block ends it as any exception does."""
    uow = shop.unit()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0), uow:
            uow.counters.add(Counter(name="a"))
            await asyncio.get_running_loop().create_future()
    assert uow.outcome is Outcome.ROLLED_BACK
    async with shop.unit() as other:
        assert await other.counters.find("a") is None


async def test_a_rollback_that_fails_is_attached_to_the_exception(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Contract 4: a second failure never stands in for the first."""
    kind = type(shop.database.open(UnitOptions()))
    close = kind.close

    async def broken(session: object) -> None:
        await close(session)  # type: ignore[arg-type]  # of that kind
        raise OSError("the line went dead")

    monkeypatch.setattr(kind, "close", broken)
    uow, thrown = shop.unit(), ValueError("first")
    with pytest.raises(ValueError, match="first") as caught:
        async with uow:
            await uow.counters.find("a")
            raise thrown
    assert caught.value is thrown
    assert thrown.__notes__ == [
        "The rollback failed as well: OSError('the line went dead')"
    ]
    assert uow.outcome is Outcome.ROLLED_BACK


@needs("snapshot")
async def test_a_cancelled_rollback_ends_and_the_exception_passes(
    shop: Shop,
) -> None:
    """Contract 4: the cancellation is delivered at the next await, not in its place.

    What it held is free again for the next unit.
    """
    thrown, passed = ValueError("first"), []
    uow = shop.unit("snapshot")

    async def operate() -> None:
        try:
            async with uow:
                await uow.counters.find("a")
                uow.counters.add(Counter(name="a"))
                _cancel_this_task()
                raise thrown
        except ValueError as error:
            passed.append(error)
        await asyncio.sleep(0)
        passed.append(ValueError("never cancelled"))

    task = asyncio.create_task(operate())
    with pytest.raises(asyncio.CancelledError):
        await task
    assert passed == [thrown]
    assert uow.outcome is Outcome.ROLLED_BACK
    async with shop.unit() as other:
        assert await other.counters.find("a") is None


async def test_a_deadline_that_ends_a_rollback_leaves_no_cancellation_behind(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Contract 4: asyncio.timeout takes back what it sent, in Python 3.11 too."""
    kind = type(shop.database.open(UnitOptions()))
    close = kind.close
    deadline = asyncio.timeout(None)

    async def late(session: Any) -> None:
        await close(session)
        deadline.reschedule(0)
        await asyncio.get_running_loop().create_future()

    thrown = ValueError("first")
    monkeypatch.setattr(kind, "close", late)
    with pytest.raises(ValueError, match="first") as caught:
        async with deadline, shop.unit() as uow:
            await uow.counters.find("a")
            raise thrown
    for _ in range(3):
        await asyncio.sleep(0)
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0
    assert caught.value is thrown
    assert thrown.__notes__ == ["The rollback failed as well: CancelledError()"]
    assert uow.outcome is Outcome.ROLLED_BACK


async def test_an_exception_after_a_commit_changes_nothing(shop: Shop) -> None:
    """Contract 4: what is committed stays, in storage and in memory."""
    uow = shop.unit()
    with pytest.raises(ZeroDivisionError):
        async with uow:
            uow.counters.add(counter := Counter(name="a", value=1))
            await uow.commit()
            counter.value = 2
            _ = 1 / 0
    assert (uow.outcome, counter.value) == (Outcome.COMMITTED, 2)
    async with shop.unit() as other:
        assert (await other.counters.get("a")).value == 1


async def test_a_unit_left_without_a_commit_was_rolled_back(shop: Shop) -> None:
    """Contract 4: it only read, and says so."""
    async with shop.unit() as uow:
        assert await uow.counters.find("a") is None
    assert uow.outcome is Outcome.ROLLED_BACK


async def test_leaving_with_changes_raises_and_names_them(shop: Shop) -> None:
    """Contract 5: changes and events that nobody committed are rolled back."""
    order = an_order()
    await shop.store(Counter(name="a"), Counter(name="b"), Counter(name="c"), order)
    uow = shop.unit()
    with pytest.raises(UncommittedChangesError) as caught:
        async with uow:
            counter = await uow.counters.get("a")
            counter.value = 1
            uow.counters.remove(await uow.counters.get("b"))
            await uow.counters.get("c")
            uow.counters.add(Counter(name="d"))
            (await uow.orders.get(order.id)).pay()
    assert sorted(caught.value.changes) == [
        "added Counter 'd'",
        "changed Counter 'a'",
        f"changed Order {order.id!r}",
        f"recorded Paid(order={order.id!r})",
        "removed Counter 'b'",
    ]
    assert (uow.outcome, counter.value, uow.events) == (Outcome.ROLLED_BACK, 0, ())
    async with shop.unit() as other:
        assert [c.name async for c in other.counters.stream()] == ["a", "b", "c"]
        assert (await other.orders.get(order.id)).status is Status.OPEN


async def test_leaving_with_an_event_only_raises_too(shop: Shop) -> None:
    """Contract 5: a recorded event is something to commit."""
    await shop.store(Counter(name="a"))
    event = Paid(new_id())
    with pytest.raises(UncommittedChangesError) as caught:
        async with shop.unit() as uow:
            uow.record(await uow.counters.get("a"), event)
    assert caught.value.changes == (f"recorded {event!r}",)


async def test_leaving_with_a_value_that_cannot_be_stored_raises(shop: Shop) -> None:
    """Contract 5: a change is a change, also one that a commit would refuse."""
    await shop.store(Counter(name="a"))
    with pytest.raises(UncommittedChangesError) as caught:
        async with shop.unit() as uow:
            counter = await uow.counters.get("a")
            counter.value = 1 << 63
    assert caught.value.changes == ("changed Counter 'a'",)
    assert counter.value == 0


async def test_leaving_a_nested_block_with_changes_raises_and_undoes_them(
    shop: Shop,
) -> None:
    """Contract 5: in a nested block too; the outer one goes on."""
    await shop.store(Counter(name="a"), Counter(name="b"))
    async with shop.unit() as uow:
        a, b = await uow.counters.get("a"), await uow.counters.get("b")
        a.value = 1
        with pytest.raises(UncommittedChangesError) as caught:
            async with uow:
                a.value, b.value = 2, 2
                uow.counters.add(Counter(name="c"))
                uow.record(a, event := Paid(new_id()))
        assert sorted(caught.value.changes) == [
            "added Counter 'c'",
            "changed Counter 'a'",
            "changed Counter 'b'",
            f"recorded {event!r}",
        ]
        assert (a.value, b.value, uow.events) == (1, 0, ())
        async with uow:
            pass  # nothing is pending here, though the outer block has changes
        await uow.commit()
    async with shop.unit() as other:
        values = [(c.name, c.value) async for c in other.counters.stream()]
        assert values == [("a", 1), ("b", 0)]


async def test_leaving_after_a_rollback_is_clean(shop: Shop) -> None:
    """Contract 5: whoever says rollback has decided."""
    async with shop.unit() as uow:
        uow.counters.add(Counter(name="a"))
        await uow.rollback()
    async with shop.unit() as other:
        assert await other.counters.find("a") is None


async def test_leaving_with_values_put_back_is_clean(shop: Shop) -> None:
    """Contract 5: what equals the stored state is no pending change."""
    order = an_order()
    await shop.store(order)
    async with shop.unit() as uow:
        loaded = await uow.orders.get(order.id)
        loaded.note, loaded.lines[0].quantity = "?", 9
        loaded.lines.append(OrderLine("SOFA", 1))
        uow.counters.add(counter := Counter(name="a"))
        loaded.note, loaded.lines[0].quantity = None, 2
        loaded.lines.pop()
        uow.counters.remove(counter)


async def test_leaving_a_block_that_took_out_a_new_aggregate_and_put_it_back_is_clean(
    shop: Shop,
) -> None:
    """Contract 12: found by a random program; taken out and put back is nothing."""
    async with shop.unit() as uow:
        uow.customers.add(ada := Customer(name="Ada", email="a@b.c"))
        async with uow:
            uow.customers.remove(ada)
            uow.customers.add(ada)
        await uow.commit()
    async with shop.unit() as other:
        assert await other.customers.count() == 1


def _cancel_this_task() -> None:
    task = asyncio.current_task()
    assert task is not None
    task.cancel()
