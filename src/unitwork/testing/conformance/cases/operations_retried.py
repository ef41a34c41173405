"""A runner tries again what was not applied, and nothing else."""

import asyncio

import pytest

from unitwork.application.retry import RetryPolicy
from unitwork.domain.errors import (
    AggregateNotFoundError,
    ConcurrencyConflictError,
    DomainError,
    MisuseError,
)
from unitwork.domain.operation_errors import DeadlineExceededError
from unitwork.domain.outcome import Outcome
from unitwork.testing.conformance.bank import (
    Account,
    Bank,
    BankUnitOfWork,
    deposit,
    deposit_without_block,
)


@pytest.mark.parametrize("service", [deposit, deposit_without_block])
async def test_operations_that_meet_each_other_are_run_again(
    bank: Bank, service: object
) -> None:
    """Contract 33: each attempt reads anew, so that no update is lost."""
    runner, run = (
        bank.runner(),
        deposit if service is deposit else deposit_without_block,
    )
    balances = await asyncio.gather(*(runner.run(run, "a", 1) for _ in range(8)))
    assert sorted(balances) == [*range(1, 9)]
    assert await bank.balance("a") == 8


async def test_an_operation_that_always_conflicts_fails_with_every_attempt_kept(
    bank: Bank,
) -> None:
    """Contract 33: the last error passes, and holds those before it."""

    async def outrun(uow: BankUnitOfWork) -> None:
        async with uow:
            account = await uow.accounts.get("a")
            await deposit(bank.units(), "a", 1)
            account.balance = -1
            await uow.commit()

    runner = bank.runner(RetryPolicy(attempts=3, base_seconds=0))
    with pytest.raises(ConcurrencyConflictError) as last:
        await runner.run(outrun)
    kinds = [type(error) for error in last.value.earlier_attempts]
    assert kinds == [ConcurrencyConflictError] * 2
    assert [note[:34] for note in last.value.__notes__] == [
        "Attempt 1 met ConcurrencyConflictE",
        "Attempt 2 met ConcurrencyConflictE",
    ]
    assert await bank.balance("a") == 3


async def test_an_error_that_repeating_cannot_mend_passes_at_once(bank: Bank) -> None:
    """Contract 33: not retryable, and of the domain."""
    tries = 0

    async def fail(uow: BankUnitOfWork, error: Exception) -> None:
        nonlocal tries
        tries += 1
        async with uow:
            uow.accounts.add(Account(name="b"))
            raise error

    for error in (DomainError("no"), AggregateNotFoundError(Account, "x")):
        with pytest.raises(type(error)):
            await bank.runner().run(fail, error)
    assert (tries, await bank.accounts()) == (2, 1)


async def test_what_has_been_applied_is_never_run_again(bank: Bank) -> None:
    """Contract 33: judged by the outcome, though the error says retryable."""
    tries = 0

    async def commit_then_fail(uow: BankUnitOfWork) -> None:
        nonlocal tries
        tries += 1
        await deposit(uow, "a", 1)
        raise ConcurrencyConflictError(Account, "a")

    with pytest.raises(ConcurrencyConflictError):
        await bank.runner().run(commit_then_fail)
    assert (tries, await bank.balance("a")) == (1, 1)


async def test_an_operation_that_committed_a_part_is_never_run_again(
    bank: Bank,
) -> None:
    """Contract 33: the first block is stored, whatever the second one meets."""

    async def in_two_parts(uow: BankUnitOfWork) -> None:
        await deposit(uow, "a", 1)
        async with uow:
            account = await uow.accounts.get("a")
            await deposit(bank.units(), "a", 10)
            account.balance = 0
            await uow.commit()

    with pytest.raises(ConcurrencyConflictError):
        await bank.runner().run(in_two_parts)
    assert await bank.balance("a") == 11


async def test_an_operation_that_takes_too_long_is_stopped(bank: Bank) -> None:
    """Contract 32: nothing of it is stored, and the error says so."""

    async def wait(uow: BankUnitOfWork) -> None:
        (await uow.accounts.get("a")).balance = 5
        await asyncio.Event().wait()

    with pytest.raises(DeadlineExceededError) as late:
        await bank.runner().within(0.2).run(wait)
    assert (late.value.seconds, late.value.outcome) == (0.2, Outcome.ROLLED_BACK)
    assert await bank.balance("a") == 0


async def test_an_operation_that_is_no_async_function_is_refused(bank: Bank) -> None:
    """Contract 33: it would never be awaited, and nothing of it would be stored."""

    def forget(uow: BankUnitOfWork) -> object:
        return uow

    with pytest.raises(MisuseError, match="cannot be awaited"):
        await bank.runner().run(forget)  # type: ignore[arg-type]  # that is the case
