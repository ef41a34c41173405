"""procrastinate's jobs exist if and only if the unit committed that enqueued them.

Contract: 36, 40.
"""

from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from procrastinate import App
from procrastinate.exceptions import AlreadyEnqueued
from sqlalchemy import URL

from tests.jobs.apps import open_app, statuses, work
from tests.jobs.banks import SqlAlchemyBank, open_sql_bank, sql_unit
from unitwork import (
    ConcurrencyConflictError,
    DomainEvent,
    MisuseError,
    Outcome,
    PersistenceError,
    UniqueViolationError,
)
from unitwork.application import MessageBus, Runner
from unitwork.entrypoints.jobs.procrastinate import enqueuing, job
from unitwork.testing.conformance.bank import Account, Bank, BankUnitOfWork, deposit


class Opened(DomainEvent):
    name: str


@pytest.fixture
def bus() -> MessageBus:
    """Handlers of the bank's events."""
    return MessageBus()


@pytest.fixture
async def shared(postgres_url: URL, bus: MessageBus) -> AsyncIterator[tuple[Bank, App]]:
    """A bank and an app in one database."""
    async with open_app(postgres_url, bus) as bank_and_app:
        yield bank_and_app


async def test_a_job_of_a_committed_unit_runs(shared: tuple[Bank, App]) -> None:
    """Contract 40: it is there with the unit's commit, and not before."""
    bank, app = shared
    task = app.task(name="deposit", pass_context=True)(job(bank.runner(), deposit))
    async with sql_unit(bank) as uow:
        uow.accounts.add(Account(name="b"))
        async with enqueuing(uow) as connection:
            await task.configure(connection=connection).defer_async(name="b", amount=5)
        assert await statuses(app) == []
        await uow.commit()
    assert await statuses(app) == ["todo"]
    await work(app)

    assert await statuses(app) == ["succeeded"]
    assert await bank.balance("b") == 5


@pytest.mark.parametrize(
    ("end", "error"),
    [
        ("left", ZeroDivisionError),
        ("rolled back", ZeroDivisionError),
        ("in conflict", ConcurrencyConflictError),
    ],
    ids=["left", "rolled-back", "in-conflict"],
)
async def test_a_job_of_a_unit_that_did_not_commit_does_not_exist(
    shared: tuple[Bank, App], end: str, error: type[Exception]
) -> None:
    """Contract 40: however it ended."""
    bank, app = shared
    task = app.task(name="deposit", pass_context=True)(job(bank.runner(), deposit))
    uow = sql_unit(bank)
    with pytest.raises(error):
        async with uow:
            account = await uow.accounts.get("a")
            async with enqueuing(uow) as connection:
                later = task.configure(connection=connection)
                await later.defer_async(name="a", amount=5)
            if end == "in conflict":
                await deposit(bank.units(), "a", 100)
                account.balance += 1
                await uow.commit()
            if end == "rolled back":
                await uow.rollback()
            raise ZeroDivisionError

    assert uow.outcome is Outcome.ROLLED_BACK
    assert await statuses(app) == []


async def test_an_operation_of_a_runner_enqueues_once(shared: tuple[Bank, App]) -> None:
    """Contract 40: what an attempt enqueued that met a conflict is gone with it."""
    bank, app = shared
    task = app.task(name="deposit", pass_context=True)(job(bank.runner(), deposit))
    attempts: list[int] = []

    async def earn(uow: BankUnitOfWork) -> None:
        account = await uow.accounts.get("a")
        attempts.append(account.balance)
        if len(attempts) == 1:
            await deposit(bank.units(), "a", 100)
        account.balance += 1
        async with enqueuing(uow) as connection:  # type: ignore[arg-type]  # is one
            await task.configure(connection=connection).defer_async(name="a", amount=5)

    await Runner(bank.units, retry=bank.runner().retry).run(earn)
    assert attempts == [0, 100]
    await work(app)

    assert await statuses(app) == ["succeeded"]
    assert await bank.balance("a") == 106


async def test_a_handler_before_the_commit_enqueues(
    shared: tuple[Bank, App], bus: MessageBus
) -> None:
    """Contract 40: so an event has a consequence, if and only if it came true."""
    bank, app = shared
    task = app.task(name="deposit", pass_context=True)(job(bank.runner(), deposit))

    async def reward(uow: SqlAlchemyBank, event: Opened) -> None:
        async with enqueuing(uow) as connection:
            later = task.configure(connection=connection)
            await later.defer_async(name=event.name, amount=5)

    async def open_account(uow: BankUnitOfWork) -> None:
        account = Account(name="b")
        account.record(Opened("b"))
        uow.accounts.add(account)

    bus.before_commit(Opened, reward)
    await bank.runner().run(open_account)
    with pytest.raises(UniqueViolationError):
        await bank.runner().run(open_account)
    await work(app)

    assert await statuses(app) == ["succeeded"]
    assert await bank.balance("b") == 5


async def test_a_unit_goes_on_where_enqueuing_failed(shared: tuple[Bank, App]) -> None:
    """PostgreSQL would make a ROLLBACK of its commit, and call it a success."""
    bank, app = shared
    task = app.task(name="deposit", pass_context=True)(job(bank.runner(), deposit))
    later = task.configure(queueing_lock="one")
    await later.defer_async(name="a", amount=5)
    async with sql_unit(bank) as uow:
        uow.accounts.add(Account(name="b"))
        with pytest.raises(AlreadyEnqueued):
            async with enqueuing(uow) as connection:
                same = task.configure(queueing_lock="one", connection=connection)
                await same.defer_async(name="b", amount=5)
        await uow.commit()

    assert uow.outcome is Outcome.COMMITTED
    assert await bank.balance("b") == 0
    assert await statuses(app) == ["todo"]


async def test_a_failure_that_is_swallowed_inside_dooms_the_unit(
    shared: tuple[Bank, App],
) -> None:
    """Contract 28: no later commit reports success."""
    bank, app = shared
    task = app.task(name="deposit", pass_context=True)(job(bank.runner(), deposit))
    await task.configure(queueing_lock="one").defer_async(name="a", amount=5)
    async with sql_unit(bank) as uow:
        uow.accounts.add(Account(name="b"))
        with pytest.raises(Exception, match="current transaction is aborted"):
            async with enqueuing(uow) as connection:
                same = task.configure(queueing_lock="one", connection=connection)
                with suppress(AlreadyEnqueued):
                    await same.defer_async(name="b", amount=5)
        with pytest.raises(PersistenceError):
            await uow.commit()

    assert uow.outcome is Outcome.ROLLED_BACK
    assert await bank.accounts() == 1


async def test_another_driver_than_psycopg_is_refused(postgres_url: URL) -> None:
    """Before anything is written."""
    async with open_sql_bank(postgres_url, "asyncpg") as bank, sql_unit(bank) as uow:
        with pytest.raises(MisuseError) as told:
            async with enqueuing(uow):
                raise NotImplementedError

    assert str(told.value) == (
        "Jobs cannot be enqueued in a transaction of asyncpg.\n"
        "procrastinate writes them with psycopg, in the transaction of the unit.\n"
        "Use a URL that begins with postgresql+psycopg://. [misuse]"
    )
