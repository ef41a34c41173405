"""The domain of the cases of operations: accounts, and services that a Runner runs."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import attrs

from unitwork.adapters.mapping import Schema
from unitwork.adapters.storage import AbstractDatabase
from unitwork.application.operations import OperationRecord
from unitwork.application.retry import RetryPolicy
from unitwork.application.runner import Runner
from unitwork.domain.aggregate import AggregateRoot
from unitwork.domain.event import DomainEvent
from unitwork.domain.field import Field, Key, field
from unitwork.domain.repository import AbstractRepository
from unitwork.domain.unit_of_work import AbstractUnitOfWork
from unitwork.testing.conformance.adapter import Adapter

AT_ONCE = RetryPolicy(attempts=100, base_seconds=0)
"""Tries again without a pause, as often as it takes."""


class Deposited(DomainEvent):
    """Something was paid in."""

    name: str
    amount: int


class Account(AggregateRoot):
    """What is paid into."""

    name: Key[str]
    balance: Field[int] = field(default=0)


class BankUnitOfWork(AbstractUnitOfWork):
    """The port."""

    accounts: AbstractRepository[Account, str]


async def deposit(uow: BankUnitOfWork, name: str, amount: int) -> int:
    """Pay in, in a block of its own; the balance is known after the commit only."""
    async with uow:
        account = await uow.accounts.get(name)
        account.balance += amount
        await uow.commit()
    return account.balance


async def deposit_with_result(uow: BankUnitOfWork, name: str, amount: int) -> int:
    """Pay in, and commit what is returned with the effects."""
    async with uow:
        account = await uow.accounts.get(name)
        account.balance += amount
        await uow.commit(result=account.balance)
    return account.balance


async def deposit_without_block(uow: BankUnitOfWork, name: str, amount: int) -> int:
    """Pay in, and leave the commit to whoever lent the unit."""
    account = await uow.accounts.get(name)
    account.balance += amount
    return account.balance


async def deposit_and_tell(uow: BankUnitOfWork, name: str, amount: int) -> None:
    """Pay in, and record an event."""
    async with uow:
        account = await uow.accounts.get(name)
        account.balance += amount
        account.record(Deposited(name, amount))
        await uow.commit()


@attrs.frozen
class Bank:
    """A database, and units and runners on it."""

    database: AbstractDatabase
    unit: Callable[..., BankUnitOfWork]

    def units(self) -> BankUnitOfWork:
        """Make a handle."""
        return self.unit(self.database)

    def runner(self, retry: RetryPolicy = AT_ONCE) -> Runner[BankUnitOfWork]:
        """Make a runner."""
        return Runner(self.units, retry=retry)

    async def open_account(self, name: str, balance: int = 0) -> None:
        """Store an account."""
        async with self.units() as uow:
            uow.accounts.add(Account(name=name, balance=balance))
            await uow.commit()

    async def balance(self, name: str) -> int:
        """Return what a unit of its own reads."""
        async with self.units() as uow:
            return (await uow.accounts.get(name)).balance

    async def accounts(self) -> int:
        """Count them."""
        async with self.units() as uow:
            return await uow.accounts.count()


def bank_schema() -> Schema:
    """Make a fresh schema, with the table of operation keys."""
    return Schema(Account, OperationRecord)


@asynccontextmanager
async def open_bank(storage: Adapter) -> AsyncIterator[Bank]:
    """Open a fresh bank with an account `a`."""
    async with storage.database(bank_schema()) as database:
        unit = storage.unit(BankUnitOfWork)  # type: ignore[type-abstract]  # a port
        bank = Bank(database, unit)
        await bank.open_account("a")
        yield bank
