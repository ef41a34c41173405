"""A bank with mistakes of concurrency in it, and its database."""

import asyncio

from unitwork import (
    AbstractRepository,
    AbstractUnitOfWork,
    AggregateRoot,
    ConcurrencyConflictError,
    Field,
    Key,
)
from unitwork.adapters.mapping import Schema
from unitwork.adapters.memory import InMemoryDatabase, InMemoryUnitOfWork
from unitwork.testing import Race


class Account(AggregateRoot):
    number: Key[str]
    balance: Field[int]


class BankUnitOfWork(AbstractUnitOfWork):
    accounts: AbstractRepository[Account, str]


class Bank(InMemoryUnitOfWork, BankUnitOfWork): ...


async def open_bank(**balances: int) -> InMemoryDatabase:
    """Store accounts in a new database that lets others run at every call."""
    database = InMemoryDatabase(Schema(Account), yielding=True)
    async with Bank(database) as uow:
        for number, balance in balances.items():
            uow.accounts.add(Account(number=number, balance=balance))
        await uow.commit()
    return database


async def balance_of(number: str, database: InMemoryDatabase) -> int:
    async with Bank(database) as uow:
        return (await uow.accounts.get(number)).balance


async def withdraw(uow: BankUnitOfWork, amount: int) -> bool:
    """Look in one unit, and write what was seen there in another: a lost update."""
    async with uow:
        seen = (await uow.accounts.get("a")).balance
    if seen < amount:
        return False
    async with uow:
        account = await uow.accounts.get("a")
        account.balance = seen - amount
        await uow.commit()
    return True


async def two_withdrawals(race: Race) -> None:
    database = await open_bank(a=100)
    both = [withdraw(Bank(database), 60), withdraw(Bank(database), 60)]
    paid = await race(*both, return_exceptions=True)
    assert await balance_of("a", database) == 100 - 60 * paid.count(True)


async def deposit(uow: BankUnitOfWork, amount: int) -> int:
    """Change in one unit, again after each conflict; return how often it took."""
    tries = 0
    while True:
        tries += 1
        try:
            async with uow:
                account = await uow.accounts.get("a")
                account.balance += amount
                await uow.commit()
        except ConcurrencyConflictError:
            continue
        return tries


async def lock_both(uow: BankUnitOfWork, first: str, second: str) -> None:
    """Take two locks, in the order of the arguments."""
    async with uow:
        debtor = await uow.accounts.get(first, lock=True)
        creditor = await uow.accounts.get(second, lock=True)
        debtor.balance -= 1
        creditor.balance += 1
        await uow.commit()


class DictRepository:
    """A fake as textbooks have it."""

    def __init__(self, **balances: int) -> None:
        self.balances = balances

    async def get(self, number: str) -> int:
        await asyncio.sleep(0)
        return self.balances[number]

    async def put(self, number: str, balance: int) -> None:
        await asyncio.sleep(0)
        self.balances[number] = balance
