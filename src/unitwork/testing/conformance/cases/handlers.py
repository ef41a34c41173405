"""Handlers of events: inside of the unit, and after it; hooks."""

import asyncio
import logging

import pytest

from unitwork.application.message_bus import MessageBus
from unitwork.domain.constraint_errors import UniqueViolationError
from unitwork.domain.errors import DomainError, MisuseError
from unitwork.domain.outcome import Outcome
from unitwork.testing.conformance.bank import (
    Account,
    Bank,
    BankUnitOfWork,
    Deposited,
    deposit_and_tell,
)
from unitwork.testing.conformance.declaring import needs


async def open_twin(uow: BankUnitOfWork, event: Deposited) -> None:
    """Add an account, named after the one that was paid into."""
    uow.accounts.add(Account(name=f"{event.name}-twin", balance=event.amount))


async def test_a_handler_before_the_commit_takes_part_in_the_unit(bank: Bank) -> None:
    """Contract 35: what it does is committed with the rest, or not at all."""
    bank.database.bus = MessageBus().before_commit(Deposited, open_twin)
    await deposit_and_tell(bank.units(), "a", 5)
    assert (await bank.balance("a"), await bank.balance("a-twin")) == (5, 5)
    with pytest.raises(UniqueViolationError):
        await deposit_and_tell(bank.units(), "a", 5)
    assert (await bank.balance("a"), await bank.balance("a-twin")) == (5, 5)


async def test_a_handler_that_raises_before_the_commit_stops_it(bank: Bank) -> None:
    """Contract 35: its exception passes, and nothing is stored."""

    async def refuse(uow: BankUnitOfWork, event: Deposited) -> None:
        raise DomainError(event.name, uow.outcome)

    bank.database.bus = MessageBus().before_commit(Deposited, refuse)
    uow = bank.units()
    with pytest.raises(DomainError):
        await deposit_and_tell(uow, "a", 5)
    assert (uow.outcome, await bank.balance("a")) == (Outcome.ROLLED_BACK, 0)


async def test_a_handler_before_the_commit_may_undo_its_own_work(bank: Bank) -> None:
    """Contract 6, 35: it runs in a nested block; the unit's work stays."""

    async def think_better(uow: BankUnitOfWork, event: Deposited) -> None:
        (await uow.accounts.get(event.name)).balance = -1
        await uow.rollback()

    bank.database.bus = MessageBus().before_commit(Deposited, think_better)
    await deposit_and_tell(bank.units(), "a", 5)
    assert await bank.balance("a") == 5


async def test_handlers_are_told_of_events_of_handlers(bank: Bank) -> None:
    """Contract 35: until there is no new one, in the order of recording."""
    seen: list[int] = []

    async def halve(uow: BankUnitOfWork, event: Deposited) -> None:
        seen.append(event.amount)
        if event.amount > 1:
            account = await uow.accounts.get("a")
            account.record(Deposited("a", event.amount // 2))

    bank.database.bus = MessageBus().before_commit(Deposited, halve)
    uow = bank.units()
    await deposit_and_tell(uow, "a", 9)
    assert seen == [9, 4, 2, 1]
    assert uow.events == tuple(Deposited("a", amount) for amount in seen)


async def test_handlers_that_never_end_are_refused(bank: Bank) -> None:
    """Contract 35: bounded."""

    async def again(uow: BankUnitOfWork, event: Deposited) -> None:
        (await uow.accounts.get("a")).record(event)

    bank.database.bus = MessageBus().before_commit(Deposited, again)
    with pytest.raises(MisuseError, match="After 100 rounds"):
        await deposit_and_tell(bank.units(), "a", 5)
    assert await bank.balance("a") == 0


async def test_a_handler_after_the_commit_has_a_unit_of_its_own(bank: Bank) -> None:
    """Contract 35: it runs beside, and is waited for by `settle`."""
    bank.database.bus = MessageBus().after_commit(Deposited, open_twin)
    await deposit_and_tell(bank.units(), "a", 5)
    await bank.database.settle()
    assert (await bank.balance("a"), await bank.balance("a-twin")) == (5, 5)


async def test_a_handler_after_the_commit_that_fails_changes_nothing(
    bank: Bank, caplog: pytest.LogCaptureFixture
) -> None:
    """Contract 35: it is reported; all others run."""

    async def fail(uow: BankUnitOfWork, event: Deposited) -> None:
        uow.accounts.add(Account(name="lost"))
        raise DomainError(event.name)

    bus = MessageBus().after_commit(Deposited, fail)
    bank.database.bus = bus.after_commit(Deposited, open_twin)
    uow = bank.units()
    with caplog.at_level(logging.ERROR):
        await deposit_and_tell(uow, "a", 5)
        await bank.database.settle()
    assert (uow.outcome, await bank.balance("a-twin")) == (Outcome.COMMITTED, 5)
    assert (await bank.accounts(), "the commit stands" in caplog.text) == (2, True)


@needs("parallel")
async def test_a_handler_after_the_commit_meets_a_conflict_and_runs_again(
    bank: Bank,
) -> None:
    """Contract 33, 35: it runs as by a Runner."""

    async def count(uow: BankUnitOfWork, event: Deposited) -> None:
        account = await uow.accounts.get(event.name)
        await asyncio.sleep(0)
        account.balance += 100

    bank.database.bus = MessageBus().after_commit(Deposited, count)
    for _ in range(3):
        await bank.runner().run(deposit_and_tell, "a", 1)
    await bank.database.settle()
    assert await bank.balance("a") == 303


async def test_no_handler_after_the_commit_hears_of_what_was_rolled_back(
    bank: Bank,
) -> None:
    """Contract 36: events exist if and only if the unit committed."""
    seen: list[str] = []

    async def note(_: BankUnitOfWork, event: Deposited) -> None:
        seen.append(event.name)

    bank.database.bus = MessageBus().after_commit(Deposited, note)
    async with bank.units() as uow:
        account = await uow.accounts.get("a")
        account.record(Deposited("rolled back", 1))
        await uow.rollback()
    async with bank.units() as uow:
        account = await uow.accounts.get("a")
        async with uow:
            account.record(Deposited("undone", 1))
            await uow.rollback()
        account.record(Deposited("kept", 1))
        await uow.commit()
    await bank.database.settle()
    assert seen == ["kept"]


async def test_hooks_run_after_the_commit_and_not_of_undone_blocks(bank: Bank) -> None:
    """Contract 6, 35: in nested blocks, too."""
    seen: list[str] = []

    async def note(text: str) -> None:
        seen.append(text)

    async with bank.units() as uow:
        uow.after_commit(lambda: note("outer"))
        async with uow:
            uow.after_commit(lambda: note("undone"))
            await uow.rollback()
        async with uow:
            uow.after_commit(lambda: note("nested"))
            await uow.commit()
        assert seen == []
        await uow.commit()
    await bank.database.settle()
    assert sorted(seen) == ["nested", "outer"]


async def test_hooks_of_a_failed_commit_never_run(bank: Bank) -> None:
    """Contract 36: nor those of a rollback."""
    seen: list[str] = []

    async def note() -> None:
        seen.append("ran")

    async with bank.units() as uow:
        uow.after_commit(note)
        uow.accounts.add(Account(name="a"))
        with pytest.raises(UniqueViolationError):
            await uow.commit()
    async with bank.units() as uow:
        uow.after_commit(note)
        await uow.rollback()
    await bank.database.settle()
    assert seen == []
