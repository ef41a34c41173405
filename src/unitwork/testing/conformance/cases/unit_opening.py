"""Opening a unit, committing it once, dropping it."""

import gc
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from unitwork.domain.constraint_errors import UniqueViolationError
from unitwork.domain.errors import UnitOfWorkClosedError, UnitOfWorkNotOpenError
from unitwork.domain.ids import new_id
from unitwork.domain.outcome import Outcome
from unitwork.domain.specification import all_of
from unitwork.testing.conformance.declaring import portable
from unitwork.testing.conformance.shop import (
    Counter,
    Customer,
    Paid,
    Shop,
    ShopUnitOfWork,
)


async def test_a_unit_without_reads_and_writes_touches_no_storage(
    shop: Shop, calls: list[str]
) -> None:
    """Contract 1: opening, nesting and an empty commit take no connection."""
    async with shop.unit() as uow:
        async with uow:
            uow.counters.add(counter := Counter(name="a"))
            await uow.commit()
        uow.counters.remove(counter)
        await uow.commit()
    assert calls == []


async def test_a_unit_that_only_read_commits_without_writing(
    shop: Shop, calls: list[str]
) -> None:
    """Contract 1: a commit with nothing to write asks storage for nothing."""
    async with shop.unit() as uow:
        assert await uow.counters.find("a") is None
        assert calls == ["load"]
        await uow.commit()
    assert calls == ["load"]
    assert uow.outcome is Outcome.COMMITTED


async def test_what_was_committed_is_there_for_every_other_unit(shop: Shop) -> None:
    """Contract 2: commit returns when everything is durable, and not before."""
    async with shop.unit() as uow, shop.unit() as other:
        uow.counters.add(Counter(name="a", value=7))
        assert await other.counters.find("a") is None
        await uow.commit()
        assert (await other.counters.get("a")).value == 7


@portable(70)
async def test_a_commit_that_fails_leaves_nothing_of_the_unit(shop: Shop) -> None:
    """Contract 2: otherwise it raises, and nothing is visible to anyone."""
    await shop.store(Customer(name="Ada", email="a@b.c"), Counter(name="kept"))
    async with shop.unit() as uow:
        uow.counters.add(Counter(name="new"))
        (await uow.counters.get("kept")).value = 1
        uow.customers.add(Customer(name="Eve", email="a@b.c"))
        with pytest.raises(UniqueViolationError):
            await uow.commit()
        assert uow.outcome is Outcome.ROLLED_BACK
        for _ in range(2):
            with pytest.raises(UnitOfWorkClosedError):
                await uow.commit()
        assert uow.outcome is Outcome.ROLLED_BACK
    async with shop.unit() as uow:
        assert await uow.counters.find("new") is None
        assert (await uow.counters.get("kept")).value == 0
        assert await uow.customers.count() == 1


async def _stream(uow: ShopUnitOfWork) -> None:
    async for _ in uow.counters.stream():
        pass


async def _nested(uow: ShopUnitOfWork) -> None:
    async with uow:
        pass


async def _added(uow: ShopUnitOfWork) -> None:
    uow.counters.add(Counter(name="b"))


async def _removed(uow: ShopUnitOfWork) -> None:
    uow.counters.remove(Counter(name="b"))


async def _recorded(uow: ShopUnitOfWork) -> None:
    uow.record(Counter(name="b"), Paid(new_id()))


Use = Callable[[ShopUnitOfWork], Awaitable[Any]]


USES: dict[str, Use] = {
    "add": _added,
    "remove": _removed,
    "record": _recorded,
    "get": lambda uow: uow.counters.get("a"),
    "find": lambda uow: uow.counters.find("a"),
    "matching": lambda uow: uow.counters.matching(all_of()),
    "first": lambda uow: uow.counters.first(all_of()),
    "count": lambda uow: uow.counters.count(),
    "exists": lambda uow: uow.counters.exists(all_of()),
    "page": lambda uow: uow.counters.page(),
    "stream": _stream,
    "nested": _nested,
    "commit": lambda uow: uow.commit(),
    "rollback": lambda uow: uow.rollback(),
}


async def test_a_block_commits_once_and_is_not_used_after_it(shop: Shop) -> None:
    """Contract 2: later use of the unit in the block raises; afterwards too."""
    async with shop.unit() as uow:
        uow.counters.add(Counter(name="a"))
        await uow.commit()
        for use in USES.values():
            with pytest.raises(UnitOfWorkClosedError, match="has ended: committed"):
                await use(uow)
    for name, use in USES.items():
        if name != "nested":  # that opens a new unit
            with pytest.raises(UnitOfWorkClosedError, match="has ended: committed"):
                await use(uow)
    assert uow.outcome is Outcome.COMMITTED


async def test_a_block_is_not_used_after_a_rollback_either(shop: Shop) -> None:
    """Contract 2: a block that was rolled back has ended as well."""
    async with shop.unit() as uow:
        await uow.rollback()
        for use in USES.values():
            with pytest.raises(UnitOfWorkClosedError, match="has ended: rolled back"):
                await use(uow)
    assert uow.outcome is Outcome.ROLLED_BACK


async def test_a_unit_is_not_used_before_it_is_open(shop: Shop) -> None:
    """Contract 2: a handle is no unit until a block opens one."""
    uow = shop.unit()
    for name, use in USES.items():
        if name != "nested":
            with pytest.raises(UnitOfWorkNotOpenError):
                await use(uow)
    assert uow.outcome is Outcome.NEW


async def test_a_closed_unit_opens_again_as_a_new_one(shop: Shop) -> None:
    """Contract 2: the same handle opens a new unit, which holds nothing yet."""
    uow = shop.unit()
    async with uow:
        uow.counters.add(first := Counter(name="a"))
        uow.record(first, Paid(new_id()))
        await uow.commit()
    async with uow:
        assert (uow.outcome, uow.events) == (Outcome.ACTIVE, ())
        second = await uow.counters.get("a")
        assert second is not first
        second.value = 1
        await uow.commit()
    async with uow:
        assert (await uow.counters.get("a")).value == 1


async def _put(uow: ShopUnitOfWork, name: str) -> None:
    """Serve a request, as a service does: open, change, commit."""
    async with uow:
        uow.counters.add(Counter(name=name))
        await uow.commit()


async def test_a_service_that_is_handed_a_new_unit_commits_it(shop: Shop) -> None:
    """Contract 3: its own block is the outermost: durable before the caller goes on."""
    uow = shop.unit()
    outcomes = [uow.outcome]
    await _put(uow, "a")
    outcomes.append(uow.outcome)

    assert outcomes == [Outcome.NEW, Outcome.COMMITTED]
    assert await shop.counters() == {"a": 0}


async def test_a_service_that_is_handed_an_open_unit_works_in_a_scope_of_it(
    shop: Shop,
) -> None:
    """Contract 3: the same service, called by another: who opened it commits or not."""
    for kept in (False, True):
        async with shop.unit() as uow:
            await _put(uow, "a")
            assert uow.outcome is Outcome.ACTIVE
            assert await uow.counters.exists(all_of())
            assert await shop.counters() == {}
            await (uow.commit() if kept else uow.rollback())
        assert await shop.counters() == ({"a": 0} if kept else {})


async def test_a_unit_dropped_while_open_warns_with_its_place(shop: Shop) -> None:
    """Contract 9: a ResourceWarning names where the unit was opened."""
    uow = shop.unit()
    await uow.__aenter__()
    await uow.counters.find("a")
    place = rf"opened at .*{Path(__file__).name}:\d+ was dropped while open"
    with pytest.warns(ResourceWarning, match=place):
        del uow
        gc.collect()


async def test_a_unit_dropped_after_its_end_does_not_warn(shop: Shop) -> None:
    """Contract 9: only open units are missed."""
    uow = shop.unit()
    async with uow:
        await uow.commit()
    del uow
    gc.collect()
