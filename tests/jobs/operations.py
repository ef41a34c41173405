"""Operations that jobs run in these tests, on the bank of the conformance kit."""

from collections.abc import Awaitable, Callable

from unitwork.testing.conformance.bank import Account, Bank, BankUnitOfWork, deposit

Deposit = Callable[[BankUnitOfWork, str, int], Awaitable[int]]


class BreakdownError(Exception):
    """What a worker meets that has nothing to do with storage."""


def failing_first() -> Deposit:
    """Make an operation that fails once, when it has changed something."""
    calls: list[str] = []

    async def deposit_at_last(uow: BankUnitOfWork, name: str, amount: int) -> int:
        account = await uow.accounts.get(name)
        account.balance += amount
        calls.append(name)
        if len(calls) == 1:
            raise BreakdownError
        return account.balance

    return deposit_at_last


def overtaken_first(bank: Bank) -> tuple[Deposit, list[int]]:
    """Make an operation whose first attempt meets a conflict, and what it has seen."""
    seen: list[int] = []

    async def deposit_late(uow: BankUnitOfWork, name: str, amount: int) -> int:
        account = await uow.accounts.get(name)
        seen.append(account.balance)
        if len(seen) == 1:
            await deposit(bank.units(), name, 100)
        account.balance += amount
        return account.balance

    return deposit_late, seen


async def open_account(uow: BankUnitOfWork, name: str) -> None:
    """Store an account; fails where there is one."""
    uow.accounts.add(Account(name=name))
