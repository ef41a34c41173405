"""Contract 4, 29, 31: a cancellation at each suspension of an operation."""

import asyncio
from collections.abc import AsyncIterator
from itertools import product
from typing import Any, get_args

import pytest

from tests.faults.cancelling import Way, cancelled_at
from tests.storages import STORAGES, Servers
from unitwork import Outcome
from unitwork.adapters.sqlalchemy import PoolOptions
from unitwork.application import Runner
from unitwork.testing.conformance.bank import Bank, BankUnitOfWork, bank_schema

SQL = ["sqlite", "postgresql-asyncpg", "postgresql-psycopg", "mariadb"]
MOST = 400
"""More suspensions than any of these operations has."""


@pytest.fixture(params=SQL)
async def bank(request: pytest.FixtureRequest, servers: Servers) -> AsyncIterator[Bank]:
    """A bank whose pool has one connection: what leaks is missed at once."""
    storage = STORAGES[request.param](servers)
    pool = PoolOptions(size=1, overflow=0, timeout=5)
    async with storage.database(bank_schema(), pool=pool) as database:
        unit = storage.unit(BankUnitOfWork)  # type: ignore[type-abstract]  # a port
        bank = Bank(database, unit)
        await bank.open_account("a")
        yield bank


async def deposit(uow: Any, raw: bool) -> None:  # noqa: FBT001 - an argument of a Runner
    async with uow:
        account = await uow.accounts.get("a")
        account.balance += 1
        if raw:
            await uow.connection()
        async with uow:
            account.balance += 1
            await uow.commit()
        await uow.commit()


@pytest.mark.no_cover
@pytest.mark.parametrize(
    ("way", "fresh", "raw"),
    [*product(get_args(Way), (True, False), (False,)), ("once", False, True)],
)
async def test_no_cancellation_leaks_or_lies(
    bank: Bank, way: Way, *, fresh: bool, raw: bool
) -> None:
    """The outcome is the truth, nothing stays open, and the pool is whole."""
    known: Any = bank.database
    balance, stored, lost = 0, 0, 0
    for at in range(1, MOST):
        if fresh:
            await known.dispose()
        made: list[BankUnitOfWork] = []

        def make(made: list[BankUnitOfWork] = made) -> BankUnitOfWork:
            made.append(bank.units())
            return made[-1]

        reached = await cancelled_at(at, way, Runner(make).run(deposit, raw))
        committed = made[-1].outcome is Outcome.COMMITTED
        assert made[-1].outcome in (
            Outcome.COMMITTED,
            Outcome.ROLLED_BACK,
            Outcome.NEW,
        )
        balance += 2 * committed
        stored, lost = stored + committed, lost + (not committed)
        assert await bank.balance("a") == balance, (at, made[-1].outcome)
        assert known.engine.pool.checkedout() == 0
        if not reached:
            break
    else:
        raise AssertionError
    assert len(asyncio.all_tasks()) == 1
    assert min(stored, lost) > 0  # some before the commit, some after
    print(f"{way}: {at} suspensions, {stored} committed, {lost} rolled back")
