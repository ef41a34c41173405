"""Contract 32: a deadline stops what runs, at the server too."""

import asyncio
import time
from typing import Any

import pytest
from sqlalchemy import text

from tests.storages import STORAGES, Servers
from unitwork import DeadlineExceededError, Outcome
from unitwork.testing.conformance.bank import Bank, BankUnitOfWork, deposit, open_bank

POSTGRES = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE"
MARIADB = "SELECT count(*) FROM information_schema.processlist WHERE info LIKE"
ENDLESS = """WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
SELECT count(*) FROM n"""
LONG: dict[str, tuple[str, str | None]] = {
    "sqlite": (ENDLESS, None),
    "postgresql-asyncpg": ("SELECT pg_sleep(10)", f"{POSTGRES} 'SELECT pg_sleep%'"),
    "postgresql-psycopg": ("SELECT pg_sleep(10)", f"{POSTGRES} 'SELECT pg_sleep%'"),
    "mariadb": ("SELECT SLEEP(10)", f"{MARIADB} 'SELECT SLEEP%'"),
}
"""A statement that takes too long, and one that tells whether it still runs."""


@pytest.mark.parametrize("storage", LONG)
async def test_a_statement_that_takes_too_long_is_stopped(
    servers: Servers, storage: str
) -> None:
    """Contract 32: the operation is rolled back, and what it had locked is free."""
    statement, running = LONG[storage]

    async def wait(uow: Any) -> None:
        async with uow:
            (await uow.accounts.get("a", lock=True)).balance = 99
            await (await uow.connection()).execute(text(statement))

    async with open_bank(STORAGES[storage](servers)) as bank:
        begun = time.perf_counter()
        with pytest.raises(DeadlineExceededError) as late:
            await bank.runner().within(0.3).run(wait)
        print(f"{storage}: back after {time.perf_counter() - begun:.2f} s")
        assert late.value.outcome is Outcome.ROLLED_BACK
        if running is not None:
            assert await _until_none(bank, running)
        assert await deposit(bank.units(), "a", 1) == 1


async def _until_none(bank: Bank, running: str) -> bool:
    """Ask until it does not run any more; it would for ten seconds."""
    known: Any = bank.database
    async with asyncio.timeout(5), known.engine.connect() as connection:
        while (await connection.execute(text(running))).scalar():
            await connection.commit()
    return True


async def test_a_wait_for_a_lock_is_stopped(servers: Servers) -> None:
    """Contract 32: in memory as well."""
    async with open_bank(STORAGES["memory"](servers)) as bank:

        async def wait(uow: BankUnitOfWork) -> None:
            async with uow:
                await uow.accounts.get("a", lock=True)

        async with bank.units() as other:
            await other.accounts.get("a", lock=True)
            with pytest.raises(DeadlineExceededError):
                await bank.runner().within(0.05).run(wait)
        assert await deposit(bank.units(), "a", 1) == 1
