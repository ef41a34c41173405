"""A unit that is lent to an operation: who commits, and what is left of it."""

import asyncio
from typing import Any

import pytest

from unitwork.application.hosting import Terms
from unitwork.domain.errors import (
    MisuseError,
    ReadOnlyError,
    UncommittedChangesError,
    UnitOfWorkClosedError,
)
from unitwork.domain.outcome import Outcome
from unitwork.testing.conformance.bank import Bank, deposit, deposit_without_block


def lent(bank: Bank, **terms: Any) -> Any:
    """Lend a fresh handle, as a runner does."""
    uow: Any = bank.units()
    uow.lend(Terms(**terms))
    return uow


async def test_a_lent_handle_is_not_open(bank: Bank) -> None:
    """Contract 3: nothing is begun before the operation uses it."""
    uow = lent(bank)
    assert (uow.outcome, uow.effects) == (Outcome.NEW, Outcome.NEW)
    await uow.conclude(commit=True)
    assert (uow.outcome, uow.effects) == (Outcome.NEW, Outcome.NEW)


async def test_a_service_with_a_block_of_its_own_commits_for_good(bank: Bank) -> None:
    """Contract 3: it is durable before whoever lent the unit decides anything."""
    uow = lent(bank)
    await deposit(uow, "a", 1)
    assert await bank.balance("a") == 1
    await uow.conclude(commit=False)
    assert await bank.balance("a") == 1
    assert uow.effects is Outcome.COMMITTED


@pytest.mark.parametrize("commit", [True, False])
async def test_use_without_a_block_opens_the_unit_and_its_lender_ends_it(
    bank: Bank, *, commit: bool
) -> None:
    """Contract 3: committed or rolled back by whoever lent it."""
    uow = lent(bank)
    await deposit_without_block(uow, "a", 1)
    assert (uow.outcome, await bank.balance("a")) == (Outcome.ACTIVE, 0)
    await uow.conclude(commit=commit)
    assert await bank.balance("a") == (1 if commit else 0)
    assert uow.effects is (Outcome.COMMITTED if commit else Outcome.ROLLED_BACK)


async def test_a_block_inside_of_what_use_has_opened_is_a_nested_one(
    bank: Bank,
) -> None:
    """Contract 3, 6: its commit hands over; the lender commits the whole."""
    uow = lent(bank)
    await deposit_without_block(uow, "a", 1)
    await deposit(uow, "a", 10)
    assert await bank.balance("a") == 0
    await uow.conclude(commit=True)
    assert await bank.balance("a") == 11


async def test_a_unit_that_was_taken_back_is_closed_for_every_use(bank: Bank) -> None:
    """Contract 39: by a block, by a read, and by a commit."""
    uow = lent(bank)
    await deposit(uow, "a", 1)
    await uow.conclude(commit=True)
    with pytest.raises(UnitOfWorkClosedError):
        async with uow:
            pass
    with pytest.raises(UnitOfWorkClosedError):
        await uow.accounts.get("a")
    with pytest.raises(UnitOfWorkClosedError):
        await uow.commit()
    await uow.conclude(commit=False)
    assert uow.outcome is Outcome.COMMITTED


async def test_a_unit_that_nobody_used_is_closed_too(bank: Bank) -> None:
    """Contract 39: nothing of it was stored, and the error says so."""
    uow = lent(bank)
    await uow.conclude(commit=True)
    with pytest.raises(UnitOfWorkClosedError) as closed:
        await uow.accounts.get("a")
    assert closed.value.outcome is Outcome.ROLLED_BACK


async def test_a_unit_is_taken_back_from_another_task(bank: Bank) -> None:
    """Contract 3, 8: the one that used it may be gone, or go on."""
    uow = lent(bank)
    await asyncio.ensure_future(deposit_without_block(uow, "a", 1))
    await uow.conclude(commit=True)
    assert await bank.balance("a") == 1


async def test_a_unit_is_taken_back_from_a_task_that_goes_on(bank: Bank) -> None:
    """Contract 8, 39: what it does with the unit later is refused."""
    uow, used, go_on = lent(bank), asyncio.Event(), asyncio.Event()

    async def use() -> None:
        await deposit_without_block(uow, "a", 1)
        used.set()
        await go_on.wait()
        with pytest.raises(UnitOfWorkClosedError):
            await uow.accounts.get("a")

    using = asyncio.ensure_future(use())
    await used.wait()
    await uow.conclude(commit=True)
    go_on.set()
    await using
    assert await bank.balance("a") == 1


@pytest.mark.parametrize("depth", [1, 2])
async def test_a_block_that_is_still_open_is_rolled_back_and_named(
    bank: Bank, depth: int
) -> None:
    """Contract 5: nobody has committed it, and nobody else does."""
    uow = lent(bank)
    await uow.__aenter__()
    (await uow.accounts.get("a")).balance = 5
    for _ in range(1, depth):
        await uow.__aenter__()
    with pytest.raises(UncommittedChangesError) as pending:
        await uow.conclude(commit=True)
    assert pending.value.changes == ("changed Account 'a'",)
    assert (uow.outcome, await bank.balance("a")) == (Outcome.ROLLED_BACK, 0)


async def test_what_is_lent_to_read_refuses_to_write(bank: Bank) -> None:
    """Contract 11, 38: whatever the handle was made for."""
    uow = lent(bank, read_only=True)
    await deposit_without_block(uow, "a", 1)
    with pytest.raises(ReadOnlyError):
        await uow.conclude(commit=True)
    assert await bank.balance("a") == 0


async def test_a_handle_is_lent_once_and_while_it_is_not_open(bank: Bank) -> None:
    """Contract 3: an operation has a unit of its own."""
    with pytest.raises(MisuseError, match="is in use already"):
        lent(bank).lend(Terms())
    uow: Any = bank.units()
    async with uow:
        with pytest.raises(MisuseError, match="is in use already"):
            uow.lend(Terms())
    with pytest.raises(MisuseError, match="was not lent"):
        await uow.conclude(commit=True)
