"""The outcome of a unit is always the truth, or UNKNOWN."""

import asyncio
from typing import Any

import pytest

from unitwork.adapters.storage import AbstractStorageSession, UnitOptions
from unitwork.domain.constraint_errors import UniqueViolationError
from unitwork.domain.errors import (
    CommitOutcomeUnknownError,
    InvalidValueError,
    UncommittedChangesError,
)
from unitwork.domain.outcome import Outcome
from unitwork.testing.conformance.shop import Counter, Customer, Shop, ShopUnitOfWork


def _outcome(uow: ShopUnitOfWork) -> Outcome:
    """Look anew: a checker believes that a property stays as it was."""
    return uow.outcome


def _session(shop: Shop) -> type[AbstractStorageSession]:
    return type(shop.database.open(UnitOptions()))


async def test_outcome_follows_a_unit_from_new_to_committed(shop: Shop) -> None:
    """Contract 10: NEW, then ACTIVE, then COMMITTED; the next unit begins anew."""
    uow = shop.unit()
    assert _outcome(uow) is Outcome.NEW
    async with uow:
        uow.counters.add(Counter(name="a"))
        assert _outcome(uow) is Outcome.ACTIVE
        await uow.commit()
        assert _outcome(uow) is Outcome.COMMITTED
    assert _outcome(uow) is Outcome.COMMITTED
    async with uow:
        assert _outcome(uow) is Outcome.ACTIVE
    assert _outcome(uow) is Outcome.ROLLED_BACK


async def test_outcome_of_a_nested_block_is_that_of_the_unit(shop: Shop) -> None:
    """Contract 10: a nested commit or rollback leaves the unit ACTIVE."""
    async with shop.unit() as uow:
        async with uow:
            await uow.commit()
            assert _outcome(uow) is Outcome.ACTIVE
        async with uow:
            await uow.rollback()
            assert _outcome(uow) is Outcome.ACTIVE
        await uow.commit()
        assert _outcome(uow) is Outcome.COMMITTED


async def test_every_way_not_to_commit_is_rolled_back(shop: Shop) -> None:
    """Contract 10: rollback, an exception, leaving with changes, a failed commit."""
    await shop.store(Customer(name="Ada", email="a@b.c"))
    uow = shop.unit()
    async with uow:
        await uow.rollback()
        assert uow.outcome is Outcome.ROLLED_BACK
    with pytest.raises(ZeroDivisionError):
        async with uow:
            _ = 1 / 0
    assert uow.outcome is Outcome.ROLLED_BACK
    with pytest.raises(UncommittedChangesError):
        async with uow:
            uow.counters.add(Counter(name="a"))
    assert uow.outcome is Outcome.ROLLED_BACK
    with pytest.raises(UniqueViolationError):
        async with uow:
            uow.customers.add(Customer(name="Eve", email="a@b.c"))
            await uow.commit()
    assert uow.outcome is Outcome.ROLLED_BACK


async def test_a_commit_that_nobody_can_judge_is_unknown(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Contract 10: an error that says so, or an unforeseen one, gives UNKNOWN."""
    for error in (CommitOutcomeUnknownError("the line went dead"), RuntimeError("?")):

        async def lost(*_: object, error: Exception = error) -> Any:
            raise error

        with monkeypatch.context() as patched:
            patched.setattr(_session(shop), "apply", lost)
            uow = shop.unit()
            with pytest.raises(type(error)):
                async with uow:
                    uow.counters.add(Counter(name="a"))
                    await uow.commit()
        assert uow.outcome is Outcome.UNKNOWN


async def test_an_error_before_storage_was_asked_is_rolled_back(shop: Shop) -> None:
    """Contract 10: what fails while the change set is made is known to be nothing."""
    uow = shop.unit()
    with pytest.raises(InvalidValueError):
        async with uow:
            uow.counters.add(Counter(name="a", value=1 << 63))
            await uow.commit()
    assert uow.outcome is Outcome.ROLLED_BACK


async def test_a_commit_cancelled_before_it_applied_is_rolled_back(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Contract 10: the cancellation passes, and nothing was stored."""
    waiting, uow = asyncio.Event(), shop.unit()

    async def stuck(*_: object) -> Any:
        waiting.set()
        await asyncio.get_running_loop().create_future()

    async def operate() -> None:
        async with uow:
            uow.counters.add(Counter(name="a"))
            await uow.commit()

    with monkeypatch.context() as patched:
        patched.setattr(_session(shop), "apply", stuck)
        task = asyncio.create_task(operate())
        await waiting.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert uow.outcome is Outcome.ROLLED_BACK
    async with shop.unit() as other:
        assert await other.counters.find("a") is None


async def test_a_commit_cancelled_too_late_is_committed(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Contract 10: the cancellation is delivered, and the outcome is the truth."""
    kind = _session(shop)
    apply = kind.apply

    async def late(session: Any, changes: Any) -> Any:
        keys = await apply(session, changes)
        session.interruption = asyncio.CancelledError("too late")
        return keys

    uow = shop.unit()
    with monkeypatch.context() as patched:
        patched.setattr(kind, "apply", late)
        with pytest.raises(asyncio.CancelledError, match="too late"):
            async with uow:
                uow.counters.add(Counter(name="a"))
                await uow.commit()
    assert uow.outcome is Outcome.COMMITTED
    async with shop.unit() as other:
        assert await other.counters.find("a") is not None
