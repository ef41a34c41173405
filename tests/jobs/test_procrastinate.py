"""procrastinate on PostgreSQL: one unit a job, which takes effect once.

Contract: 34, 40.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from procrastinate import App, RetryStrategy
from sqlalchemy import URL

from tests.jobs.apps import open_app, statuses, work
from tests.jobs.operations import failing_first, overtaken_first
from unitwork.entrypoints.jobs.procrastinate import job
from unitwork.testing.conformance.bank import Bank, deposit


@pytest.fixture
async def shared(postgres_url: URL) -> AsyncIterator[tuple[Bank, App]]:
    """A bank and an app in one database."""
    async with open_app(postgres_url) as bank_and_app:
        yield bank_and_app


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
