"""Versions: lost updates are impossible, whoever is faster."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from unitwork.domain.errors import (
    AggregateNotFoundError,
    ConcurrencyConflictError,
    MisuseError,
    PersistenceError,
    UnitOfWorkNotOpenError,
)
from unitwork.domain.outcome import Outcome
from unitwork.domain.specification import all_of
from unitwork.testing.conformance.declaring import needs
from unitwork.testing.conformance.looks import values_of
from unitwork.testing.conformance.shop import Counter, Shop, an_order


async def test_the_version_is_a_token_of_the_unit_that_wrote(shop: Shop) -> None:
    """Contract 16: 63 bits, another one for each unit, the same for all it wrote."""
    async with shop.unit() as uow:
        uow.counters.add(a := Counter(name="a"))
        uow.counters.add(b := Counter(name="b"))
        assert uow.version_of(a) is None
        await uow.commit()
        first = uow.version_of(a)
        assert first is not None
        assert 0 < first < 1 << 63
        assert uow.version_of(b) == first
    assert uow.version_of(a) == first
    async with shop.unit() as uow:
        a, b = await uow.counters.get("a"), await uow.counters.get("b")
        assert uow.version_of(a) == uow.version_of(b) == first
        a.value = 1
        assert uow.version_of(a) == first
        await uow.commit()
    assert uow.version_of(b) == first
    assert uow.version_of(a) not in (None, first)
    async with shop.unit() as other:
        assert other.version_of(await other.counters.get("a")) == uow.version_of(a)


async def test_a_removed_aggregate_has_no_version_after_the_commit(shop: Shop) -> None:
    """Contract 16: storage has none of it."""
    await shop.store(Counter(name="a"))
    async with shop.unit() as uow:
        uow.counters.remove(counter := await uow.counters.get("a"))
        assert uow.version_of(counter) is not None
        await uow.commit()
    assert uow.version_of(counter) is None


async def test_the_version_of_what_a_unit_does_not_hold_is_refused(shop: Shop) -> None:
    """Contract 16: it knows the aggregates that it loaded and that were added."""
    uow = shop.unit()
    with pytest.raises(UnitOfWorkNotOpenError):
        uow.version_of(Counter(name="a"))
    async with uow:
        with pytest.raises(MisuseError) as refused:
            uow.version_of(Counter(name="a"))
    assert str(refused.value) == (
        "Counter(name='a', value=0) is not held by this unit of work.\n"
        "A unit knows the aggregates that it loaded and that were added to it.\n"
        "Load it with get() in this unit, or add() it. [misuse]"
    )


async def test_the_version_is_no_attribute_of_the_domain_class(shop: Shop) -> None:
    """Contract 16: the domain knows nothing of it."""
    await shop.store(order := an_order())
    async with shop.unit() as uow:
        loaded = await uow.orders.get(order.id)
        version = uow.version_of(loaded)
    assert vars(loaded).keys() == vars(order).keys()
    assert version not in vars(loaded).values()


async def test_get_serves_if_match(shop: Shop) -> None:
    """Contract 16: with the expected version, with another one, without the row."""
    await shop.store(Counter(name="a"))
    async with shop.unit() as uow:
        version = uow.version_of(await uow.counters.get("a"))
    async with shop.unit() as uow:
        (await uow.counters.get("a", expected_version=version)).value = 1
        assert (await uow.counters.get("a", expected_version=version)).value == 1
        await uow.commit()
    async with shop.unit() as uow:
        with pytest.raises(ConcurrencyConflictError) as caught:
            await uow.counters.get("a", expected_version=version)
        with pytest.raises(AggregateNotFoundError):
            await uow.counters.get("b", expected_version=version)
        uow.counters.add(Counter(name="c"))
        with pytest.raises(ConcurrencyConflictError):
            await uow.counters.get("c", expected_version=version)
        await uow.rollback()
    assert caught.value.expected_version == version
    assert not caught.value.retryable
    assert str(caught.value) == (
        f"Counter 'a' is not at the expected version {version}.\n"
        "Another unit of work has changed it since that version was read.\n"
        "Read it again, and let whoever expected that version decide anew. [conflict]"
    )


Act = Callable[[Any, Any], None]


def _change(repository: Any, counter: Any) -> None:
    del repository
    counter.value += 1


def _remove(repository: Any, counter: Any) -> None:
    repository.remove(counter)


def _replace(repository: Any, counter: Any) -> None:
    repository.remove(counter)
    repository.add(Counter(name=counter.name, value=10))


@pytest.mark.parametrize("late", [_change, _remove, _replace])
@pytest.mark.parametrize(
    ("early", "stored"), [(_change, 1), (_remove, None), (_replace, 10)]
)
async def test_whoever_writes_over_another_version_conflicts(
    shop: Shop, early: Act, stored: int | None, late: Act
) -> None:
    """Contract 16: changes, removals and replacements against each other."""
    await shop.store(Counter(name="a"), Counter(name="b"))
    async with shop.unit() as one, shop.unit() as two:
        early(one.counters, await one.counters.get("a"))
        (await two.counters.get("b")).value = 5
        late(two.counters, await two.counters.get("a"))
        await one.commit()
        with pytest.raises(ConcurrencyConflictError) as caught:
            await two.commit()
        assert two.outcome is Outcome.ROLLED_BACK
    assert (caught.value.aggregate, caught.value.key) == (Counter, "a")
    assert caught.value.retryable
    async with shop.unit() as uow:
        found = await uow.counters.find("a")
        value = None if found is None else found.value
        assert value == stored
        assert (await uow.counters.get("b")).value == 0


async def test_a_value_that_was_changed_and_put_back_conflicts_too(shop: Shop) -> None:
    """Contract 16: versions are compared, not values."""
    await shop.store(Counter(name="a", value=1))
    async with shop.unit() as uow:
        counter = await uow.counters.get("a")
        for value in (2, 1):
            async with shop.unit() as other:
                (await other.counters.get("a")).value = value
                await other.commit()
        counter.value = 3
        with pytest.raises(ConcurrencyConflictError):
            await uow.commit()


async def test_a_key_removed_and_added_again_meanwhile_conflicts(shop: Shop) -> None:
    """Contract 16: the new row is another one, even if every value is the same."""
    order = an_order()
    await shop.store(order)
    for act in ("change", "remove"):
        async with shop.unit() as uow:
            loaded = await uow.orders.get(order.id)
            async with shop.unit() as other:
                other.orders.remove(await other.orders.get(order.id))
                await other.commit()
            await shop.store(again := an_order(id=order.id))
            if act == "remove":
                uow.orders.remove(loaded)
            else:
                loaded.note = "stale"
            with pytest.raises(ConcurrencyConflictError):
                await uow.commit()
        async with shop.unit() as uow:
            found = await uow.orders.get(order.id)
            assert values_of(found) == values_of(again)


async def test_two_units_that_change_different_lines_of_one_order_conflict(
    shop: Shop,
) -> None:
    """Contract 16: a change in any child is a change of its root; one unit wins."""
    await shop.store(order := an_order())
    async with shop.unit() as one, shop.unit() as two:
        (await one.orders.get(order.id)).line("LAMP").quantity = 11
        (await two.orders.get(order.id)).line("DESK").quantity = 22
        await one.commit()
        with pytest.raises(ConcurrencyConflictError):
            await two.commit()
    async with shop.unit() as uow:
        found = await uow.orders.get(order.id)
        assert [line.quantity for line in found.lines] == [11, 1, 5]


@pytest.mark.parametrize("stale", ["a", "b", "c"])
async def test_a_unit_with_one_stale_row_stores_none(shop: Shop, stale: str) -> None:
    """Contract 16: the first, the middle or the last of the rows that it writes."""
    await shop.store(*(Counter(name=name) for name in "abc"))
    async with shop.unit() as uow:
        for counter in await uow.counters.matching(all_of()):
            counter.value = 1
        async with shop.unit() as other:
            (await other.counters.get(stale)).value = 2
            await other.commit()
        uow.counters.add(Counter(name="new"))
        with pytest.raises(ConcurrencyConflictError) as caught:
            await uow.commit()
    assert caught.value.key == stale
    async with shop.unit() as uow:
        found = {c.name: c.value async for c in uow.counters.stream()}
    assert found == {"a": 0, "b": 0, "c": 0, stale: 2}


@pytest.mark.parametrize("stale", [False, True])
@needs("parallel", "locks")
async def test_a_row_that_changes_while_the_write_waits_for_it_stores_nothing(
    shop: Shop, *, stale: bool
) -> None:
    """Contract 16: a multi-row write waits for a lock; its holder changes the row.

    With one more row that is stale already, and without.
    """
    await shop.store(*(Counter(name=name) for name in "abcd"))
    loaded, go_on = asyncio.Event(), asyncio.Event()

    async def write() -> None:
        async with shop.unit() as uow:
            for counter in await uow.counters.matching(all_of()):
                counter.value = 1
            loaded.set()
            await go_on.wait()
            await uow.commit()

    writer = asyncio.create_task(write())
    await loaded.wait()
    if stale:
        async with shop.unit() as uow:
            (await uow.counters.get("d")).value = 3
            await uow.commit()
    async with shop.unit() as holder:
        held = await holder.counters.get("b", lock=True)
        go_on.set()
        for _ in range(20):  # the writer reaches the lock long before these are read
            async with shop.unit() as reader:
                assert (await reader.counters.get("b")).value == 0
        held.value = 2
        assert not writer.done()
        await holder.commit()
    with pytest.raises(ConcurrencyConflictError) as caught:
        await writer
    assert caught.value.key in (("b", "d") if stale else ("b",))
    async with shop.unit() as uow:
        found = {c.name: c.value async for c in uow.counters.stream()}
    assert found == {"a": 0, "b": 2, "c": 0, "d": 3 if stale else 0}


async def _increment(shop: Shop) -> None:
    async with shop.unit() as uow:
        counter = await uow.counters.get("a")
        counter.value += 1
        await asyncio.sleep(0)
        await uow.commit()


async def _until_it_succeeds(shop: Shop, again: asyncio.Semaphore) -> int:
    """Increment, all tasks at once; then again and again, a few tasks at a time."""
    conflicts = 0
    try:
        await _increment(shop)
    except ConcurrencyConflictError:
        async with again:
            conflicts = 1
            while await _conflicts(shop):
                conflicts += 1
    return conflicts


async def _conflicts(shop: Shop) -> bool:
    try:
        await _increment(shop)
    except PersistenceError as error:
        if not error.retryable:
            raise
        return True
    return False


@needs("parallel")
async def test_concurrent_increments_that_are_retried_are_all_counted(
    shop: Shop,
) -> None:
    """Contract 16: 120 tasks add one to one counter; in the end it is 120."""
    await shop.store(Counter(name="a"))
    again = asyncio.Semaphore(8)
    conflicts = await asyncio.gather(
        *(_until_it_succeeds(shop, again) for _ in range(120))
    )
    async with shop.unit() as uow:
        assert (await uow.counters.get("a")).value == 120
    assert sum(conflicts) > 0


@needs("parallel")
async def test_concurrent_increments_that_are_not_retried_conflict(shop: Shop) -> None:
    """Contract 16: what was not counted has been told so."""
    await shop.store(Counter(name="a"))
    ended = await asyncio.gather(
        *(_increment(shop) for _ in range(120)), return_exceptions=True
    )
    failed = [error for error in ended if error is not None]
    assert {type(error) for error in failed} == {ConcurrencyConflictError}
    async with shop.unit() as uow:
        assert (await uow.counters.get("a")).value == 120 - len(failed)
