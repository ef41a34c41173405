"""Nothing that writes or locks goes out before commit, unless it is asked for."""

import asyncio
from contextlib import suppress
from itertools import pairwise

import pytest

from unitwork.domain.errors import (
    AggregateNotFoundError,
    ConcurrencyConflictError,
    MisuseError,
    PersistenceError,
)
from unitwork.domain.outcome import Outcome
from unitwork.domain.specification import all_of
from unitwork.domain.storage_errors import StorageBusyError
from unitwork.testing.conformance.adapter import Adapter
from unitwork.testing.conformance.declaring import needs
from unitwork.testing.conformance.fixtures import PATIENCE
from unitwork.testing.conformance.shop import (
    Counter,
    Customer,
    Shop,
    an_order,
    open_shop,
)

NEEDS = ["locks"]


async def test_nobody_has_to_wait_for_a_unit_with_changes(hasty_shop: Shop) -> None:
    """Contract 21: no lock is taken before commit, whatever was changed and asked."""
    order = an_order()
    await hasty_shop.store(order)
    async with hasty_shop.unit() as slow:
        (await slow.counters.get("x")).value = 11
        slow.counters.remove(await slow.counters.get("y"))
        (await slow.orders.get(order.id)).lines.clear()
        slow.customers.add(Customer(name="Ann"))
        assert await slow.counters.count(Counter.value == 11) == 1

        async with hasty_shop.unit() as quick:
            (await quick.counters.get("x", lock=True)).value = 12
            (await quick.counters.get("y")).value = 22
            (await quick.orders.get(order.id)).tags.clear()
            await quick.commit()
        await slow.rollback()

    assert await hasty_shop.counters() == {"x": 12, "y": 22}


async def test_a_lock_gives_the_latest_and_keeps_writers_out(hasty_shop: Shop) -> None:
    """Contract 21: others wait for lock_timeout, whether they lock or write."""
    now, waited = asyncio.get_running_loop().time, list[float]()
    async with hasty_shop.unit() as late, hasty_shop.unit() as locking:
        (await late.counters.get("x")).value = 50
        await hasty_shop.put(x=11)
        counter = await locking.counters.get("x", lock=True)
        assert counter.value == 11
        async with hasty_shop.unit() as other:
            waited.append(now())
            with pytest.raises(StorageBusyError) as busy:
                await other.counters.get("x", lock=True)
            waited.append(now())
        with pytest.raises(PersistenceError) as refused:
            await late.commit()
        waited.append(now())
        counter.value += 1
        await locking.commit()

    assert min(end - begin for begin, end in pairwise(waited)) > 0.75 * PATIENCE
    assert isinstance(busy.value, TimeoutError)
    assert busy.value.retryable
    assert refused.value.retryable
    assert other.outcome is late.outcome is Outcome.ROLLED_BACK
    assert (await hasty_shop.counters())["x"] == 12


@needs("parallel")
async def test_who_waits_for_a_lock_is_given_what_was_committed_meanwhile(
    shop: Shop,
) -> None:
    """Contract 21: increments under the lock need no retry, however many there are."""
    await shop.put(x=0)

    async def increment() -> None:
        async with shop.unit() as uow:
            (await uow.counters.get("x", lock=True)).value += 1
            await uow.commit()

    await asyncio.gather(*(increment() for _ in range(10)))

    assert await shop.counters() == {"x": 10}


@pytest.mark.parametrize("ending", ["commit", "rollback", "exception", "nothing"])
async def test_a_lock_ends_with_its_unit(hasty_shop: Shop, ending: str) -> None:
    """Contract 21: however the unit ends, the next one has the lock at once."""
    with suppress(ZeroDivisionError):
        async with hasty_shop.unit() as uow:
            await uow.counters.get("x", lock=True)
            await uow.counters.find("absent", lock=True)
            if ending == "commit":
                await uow.commit()
            elif ending == "rollback":
                await uow.rollback()
            elif ending == "exception":
                raise ZeroDivisionError
    async with hasty_shop.unit() as uow:
        (await uow.counters.get("x", lock=True)).value = 11
        await uow.commit()

    assert (await hasty_shop.counters())["x"] == 11


async def test_a_lock_on_what_was_loaded_at_another_version_conflicts(
    shop: Shop,
) -> None:
    """Contract 21: the unit has seen values that are not the latest any more."""
    await shop.put(x=10)
    async with shop.unit() as uow:
        await uow.counters.get("x")
        await shop.put(x=11)
        with pytest.raises(ConcurrencyConflictError) as raised:
            await uow.counters.get("x", lock=True)

    assert (raised.value.aggregate, raised.value.key) == (Counter, "x")


async def test_a_lock_on_what_was_loaded_and_is_gone_conflicts(shop: Shop) -> None:
    """Contract 21: a removed row has no version any more."""
    await shop.put(x=10)
    async with shop.unit() as uow:
        await uow.counters.get("x")
        async with shop.unit() as other:
            other.counters.remove(await other.counters.get("x"))
            await other.commit()
        with pytest.raises(ConcurrencyConflictError):
            await uow.counters.find("x", lock=True)


async def test_a_lock_on_what_the_unit_holds_gives_the_same_object(shop: Shop) -> None:
    """Contract 21: locked late, added or removed here: one key is one object."""
    await shop.put(x=10, y=20)
    async with shop.unit() as uow:
        held = await uow.counters.get("x")
        held.value = 11
        added = Counter(name="new")
        uow.counters.add(added)
        uow.counters.remove(await uow.counters.get("y"))

        assert await uow.counters.get("x", lock=True) is held
        assert await uow.counters.get("new", lock=True) is added
        assert await uow.counters.find("y", lock=True) is None
        await uow.commit()

    assert await shop.counters() == {"x": 11, "new": 0}


async def test_a_lock_on_a_key_that_nobody_has_finds_nothing(shop: Shop) -> None:
    """Contract 21: get raises and find returns None, as without a lock."""
    async with shop.unit() as uow:
        assert await uow.counters.find("absent", lock=True) is None
        with pytest.raises(AggregateNotFoundError):
            await uow.counters.get("absent", lock=True)


@needs("parallel")
async def test_two_units_that_want_each_others_locks_do_not_wait_for_ever(
    storage: Adapter,
) -> None:
    """Contract 21: one goes on, the other is told to try again."""
    held = asyncio.Barrier(2)

    async def both(shop: Shop, first: str, second: str) -> None:
        async with shop.unit() as uow:
            try:
                await uow.counters.get(first, lock=True)
            except StorageBusyError:  # one lock is all the database has
                await held.abort()
                raise
            with suppress(asyncio.BrokenBarrierError):
                await held.wait()
            await uow.counters.get(second, lock=True)
            await uow.commit()

    async with open_shop(storage, lock_timeout=2) as shop:
        await shop.put(x=10, y=20)
        ended = await asyncio.gather(
            both(shop, "x", "y"), both(shop, "y", "x"), return_exceptions=True
        )

    [error] = [each for each in ended if each is not None]
    assert isinstance(error, PersistenceError)
    assert error.retryable
    assert error.outcome is Outcome.ROLLED_BACK


async def test_a_read_only_unit_takes_no_lock(shop: Shop) -> None:
    """Contract 21: databases disagree on it, so it is refused on all of them."""
    await shop.put(x=10)
    async with shop.unit(read_only=True) as uow:
        with pytest.raises(MisuseError) as raised:
            await uow.counters.get("x", lock=True)

    assert str(raised.value) == (
        "A read-only unit of work asked for a lock.\n"
        "It cannot write, so it has nothing to keep others from.\n"
        "Open the unit without read_only=True. [misuse]"
    )


@needs("parallel")
@pytest.mark.parametrize("value", [10, 11], ids=["unchanged", "changed"])
async def test_a_commit_gives_the_locks_back(hasty_shop: Shop, value: int) -> None:
    """Contract 21: not only the end of the block, which may be far away."""
    async with hasty_shop.unit() as first:
        (await first.counters.get("x", lock=True)).value = value
        await first.commit()

        async def second() -> None:
            async with hasty_shop.unit() as uow:
                (await uow.counters.get("x", lock=True)).value += 1
                await uow.commit()

        await asyncio.create_task(second())
    assert (await hasty_shop.counters())["x"] == value + 1


@needs("parallel")
async def test_what_is_locked_while_a_commit_waits_is_not_written_over(
    shop: Shop,
) -> None:
    """Contract 21, 25: a commit takes all its locks before it writes anything."""
    await shop.put(a=1, b=1)
    waiting, go = asyncio.Event(), asyncio.Event()

    async def holder() -> None:
        async with shop.unit() as uow:
            await uow.counters.get("b", lock=True)
            waiting.set()
            await go.wait()

    async def writer() -> int:
        with suppress(ConcurrencyConflictError):  # a database may give `a` to the other
            async with shop.unit() as uow:
                for counter in await uow.counters.matching(all_of()):
                    counter.value += 10
                await uow.commit()
        return 10 if uow.outcome is Outcome.COMMITTED else 0

    async def later() -> None:
        async with shop.unit() as uow:
            counter = await uow.counters.get("a", lock=True)
            go.set()
            await asyncio.sleep(0)
            counter.value += 100
            await uow.commit()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(holder())
        await waiting.wait()
        written = tasks.create_task(writer())
        await _turns()
        tasks.create_task(later())
        await _turns()
        go.set()
    added = await written
    assert await shop.counters() == {"a": 101 + added, "b": 1 + added}


async def _turns() -> None:
    """Let the in-memory storage come as far as it can."""
    for _ in range(10):
        await asyncio.sleep(0)
