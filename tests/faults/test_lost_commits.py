"""Contract 30, 34: the connection breaks, or falls silent, while a server commits."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, get_args

import attrs
import pytest

from tests.faults.proxy import Loss, Proxy, proxying
from tests.storages import STORAGES, Servers
from unitwork import CommitOutcomeUnknownError, ConnectionLostError, Outcome
from unitwork.adapters.sqlalchemy import PoolOptions, SqlAlchemyDatabase
from unitwork.application import RetryPolicy, Runner
from unitwork.testing.conformance.bank import (
    Account,
    Bank,
    BankUnitOfWork,
    bank_schema,
    deposit,
    deposit_with_result,
    open_bank,
)

SERVERS = ["postgresql-asyncpg", "postgresql-psycopg", "mariadb"]
LOSSES = get_args(Loss)
COMMITTED = {"reply", "slow"}
"""After these, the server has committed."""
TRIALS = int(os.environ.get("UNITWORK_TRIALS", "3"))
PATIENCE = 0.3
"""Seconds that an answer to COMMIT is waited for."""


@attrs.frozen
class Lossy:
    """A bank, and the same one behind a proxy."""

    bank: Bank
    proxy: Proxy
    behind: SqlAlchemyDatabase

    def units(self) -> BankUnitOfWork:
        return self.bank.unit(self.behind)

    def runner(self) -> Runner[BankUnitOfWork]:
        return Runner(self.units, retry=RetryPolicy(base_seconds=0))


@asynccontextmanager
async def open_lossy(server: str, servers: Servers) -> AsyncIterator[Lossy]:
    async with open_bank(STORAGES[server](servers)) as bank:
        known: Any = bank.database
        async with proxying(known.engine.url) as proxy:
            pool = PoolOptions(size=2, overflow=0, timeout=5)
            behind = SqlAlchemyDatabase(
                bank_schema(), proxy.url, commit_timeout=PATIENCE, pool=pool
            )
            lossy = Lossy(bank, proxy, behind)
            async with lossy.units() as first:  # what the driver asks at first is over
                await first.accounts.count()
            yield lossy
            await behind.dispose()


@pytest.fixture(params=SERVERS)
async def lossy(
    request: pytest.FixtureRequest, servers: Servers
) -> AsyncIterator[Lossy]:
    async with open_lossy(request.param, servers) as opened:
        yield opened


@pytest.mark.parametrize("loss", LOSSES)
async def test_a_commit_without_an_answer_is_told_as_it_was(
    lossy: Lossy, loss: Loss
) -> None:
    """Contract 30: by the version of a row that it wrote, or had guarded."""
    lossy.proxy.lose(loss)
    uow = lossy.units()
    if loss in COMMITTED:
        assert await deposit(uow, "a", 10) == 10
    else:
        with pytest.raises(ConnectionLostError) as lost:
            await deposit(uow, "a", 10)
        assert lost.value.outcome is uow.outcome is Outcome.ROLLED_BACK
        assert isinstance(lost.value.__context__, CommitOutcomeUnknownError)
        assert lost.value.__cause__ is lost.value.__context__.__cause__ is not None
    await lossy.proxy.release()
    assert not lossy.proxy.armed
    assert await lossy.bank.balance("a") == (10 if loss in COMMITTED else 0)
    assert await deposit(lossy.units(), "a", 1) in (1, 11)  # the pool is whole


@pytest.mark.parametrize("loss", LOSSES)
async def test_a_unit_that_only_added_says_that_it_does_not_know(
    lossy: Lossy, loss: Loss
) -> None:
    """Contract 30: a row that is not there may have been removed since."""
    lossy.proxy.lose(loss)
    uow = lossy.units()
    async with uow:
        uow.accounts.add(Account(name="b"))
        if loss in COMMITTED:
            await uow.commit()
        else:
            with pytest.raises(CommitOutcomeUnknownError):
                await uow.commit()
    known = Outcome.COMMITTED if loss in COMMITTED else Outcome.UNKNOWN
    await lossy.proxy.release()
    assert (uow.outcome, await lossy.bank.accounts()) == (
        known,
        1 + (loss in COMMITTED),
    )


@pytest.mark.parametrize("loss", LOSSES)
async def test_with_a_key_an_operation_takes_effect_once(
    lossy: Lossy, loss: Loss
) -> None:
    """Contract 30, 34: whatever becomes of its COMMIT."""
    for trial in range(1, TRIALS + 1):
        keyed = lossy.runner().keyed(f"{loss}-{trial}")
        lossy.proxy.lose(loss)
        assert await keyed.run(deposit_with_result, "a", 10) == 10 * trial
        await lossy.proxy.release()
        assert not lossy.proxy.armed
        assert await lossy.bank.balance("a") == 10 * trial


@pytest.mark.parametrize("loss", LOSSES)
async def test_without_a_key_nothing_is_applied_twice(lossy: Lossy, loss: Loss) -> None:
    """Contract 30, 33: tried again only after what is known to be rolled back."""
    for trial in range(1, TRIALS + 1):
        lossy.proxy.lose(loss)
        assert await lossy.runner().run(deposit, "a", 10) == 10 * trial
        await lossy.proxy.release()
        assert not lossy.proxy.armed
        assert await lossy.bank.balance("a") == 10 * trial


@pytest.mark.parametrize("loss", LOSSES)
async def test_what_a_raw_transaction_wrote_tells_as_well(
    lossy: Lossy, loss: Loss
) -> None:
    """Contract 30: also where the commit itself had nothing left to write."""
    uow: Any = lossy.units()
    async with uow:
        account = await uow.accounts.get("a")
        account.balance = 5
        await uow.connection()
        async with uow:
            account.balance = 99
            await uow.connection()
            await uow.rollback()
        lossy.proxy.lose(loss)
        if loss in COMMITTED:
            await uow.commit()
        else:
            with pytest.raises(ConnectionLostError):
                await uow.commit()
    await lossy.proxy.release()
    assert await lossy.bank.balance("a") == (5 if loss in COMMITTED else 0)
