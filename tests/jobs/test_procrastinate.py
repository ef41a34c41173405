"""procrastinate on PostgreSQL: one unit a job; jobs exist if their unit committed.

Contract: 34, 36, 40.
"""

from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from procrastinate import App, PsycopgConnector, RetryStrategy
from procrastinate.exceptions import AlreadyEnqueued
from sqlalchemy import URL

from tests.jobs.banks import open_sql_bank, sql_unit
from tests.jobs.operations import failing_first, overtaken_first
from unitwork import ConcurrencyConflictError, MisuseError, Outcome, PersistenceError
from unitwork.application import Runner
from unitwork.entrypoints.jobs.procrastinate import enqueuing, job
from unitwork.testing.conformance.bank import Account, Bank, BankUnitOfWork, deposit


@pytest.fixture
async def shared(postgres_url: URL) -> AsyncIterator[tuple[Bank, App]]:
    """A bank and an app in one database."""
    async with open_sql_bank(postgres_url, "psycopg") as bank:
        conninfo = postgres_url.render_as_string(hide_password=False)
        app = App(connector=PsycopgConnector(conninfo=conninfo, min_size=1))
        async with app.open_async():
            await app.schema_manager.apply_schema_async()
            yield bank, app


async def work(app: App) -> None:
    """Run jobs until none is left."""
    await app.run_worker_async(wait=False, install_signal_handlers=False)


async def statuses(app: App) -> list[str | None]:
    """What became of each job."""
    return [job.status for job in await app.job_manager.list_jobs_async()]


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


async def test_a_job_that_is_run_twice_takes_effect_once(
    shared: tuple[Bank, App],
) -> None:
    """Contract 34: as when its worker was lost before it could say so."""
    bank, app = shared
    task = app.task(name="deposit", pass_context=True)(job(bank.runner(), deposit))
    number = await task.defer_async(name="a", amount=5)
    await work(app)
    await _lose_the_worker_of(app, number)
    await work(app)

    assert await statuses(app) == ["succeeded"]
    assert await bank.balance("a") == 5


async def _lose_the_worker_of(app: App, number: int) -> None:
    """Leave the job as a killed worker does, and have it retried as a stalled one."""
    await app.connector.execute_query_async(
        "UPDATE procrastinate_jobs SET status = 'doing' WHERE id = %(number)s",
        number=number,
    )
    await app.job_manager.retry_job_by_id_async(number, datetime.now(UTC))


async def test_a_failed_job_leaves_nothing_and_is_retried(
    shared: tuple[Bank, App],
) -> None:
    """Contract 40: by procrastinate's own strategy, as the same job."""
    bank, app = shared
    retry = RetryStrategy(max_attempts=2, wait=0)
    operation = failing_first()
    deposits = app.task(name="deposit", pass_context=True, retry=retry)
    task = deposits(job(bank.runner(), operation))
    await task.configure().defer_async(name="a", amount=5)
    await work(app)

    [done] = await app.job_manager.list_jobs_async()
    assert (done.status, done.attempts) == ("succeeded", 2)
    assert await bank.balance("a") == 5


async def test_a_conflict_is_retried_by_the_runner(shared: tuple[Bank, App]) -> None:
    """Contract 40: one run of the job, two attempts."""
    bank, app = shared
    operation, seen = overtaken_first(bank)
    task = app.task(name="deposit", pass_context=True)(job(bank.runner(), operation))
    await task.configure().defer_async(name="a", amount=5)
    await work(app)

    [done] = await app.job_manager.list_jobs_async()
    assert (done.status, done.attempts) == ("succeeded", 1)
    assert seen == [0, 100]


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
