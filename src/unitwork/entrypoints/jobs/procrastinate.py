"""procrastinate: a job is an operation, and is enqueued by the commit of another.

Contract: 34, 36, 40.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Concatenate, ParamSpec, TypeVar

from procrastinate import JobContext

from unitwork.adapters.sqlalchemy.unit_of_work import SqlAlchemyUnitOfWork
from unitwork.application.runner import Runner
from unitwork.domain.errors import MisuseError
from unitwork.domain.unit_of_work import AbstractUnitOfWork
from unitwork.entrypoints.jobs.disguise import disguise
from unitwork.entrypoints.jobs.job_keys import WEEK, job_key

U = TypeVar("U", bound=AbstractUnitOfWork)
P = ParamSpec("P")
R = TypeVar("R")


def job(
    runner: Runner[U],
    operation: Callable[Concatenate[U, P], Awaitable[R]],
    *,
    keep: timedelta = WEEK,
    name: str = "procrastinate",
) -> Callable[Concatenate[JobContext, P], Awaitable[R]]:
    """Make the function of a task that is given its context.

        allocation = app.task(name="allocate", pass_context=True)(job(runner, allocate))

    A job that is run again - retried, or taken from a worker that was lost - has the
    same number: it takes effect once, and has the stored result.

    Args:
        runner: makes the units, and tries again what was not applied.
        operation: gets the arguments of the job behind the unit: what JSON can hold.
        keep: for how long a job may come again.
        name: of the database with the jobs, where units of one database serve several:
            each counts its jobs from 1.
    """

    async def body(context: JobContext, /, *args: P.args, **kwargs: P.kwargs) -> R:
        request = [context.job.task_name, context.job.task_kwargs]
        key = job_key(name, context.job.id)
        keyed = runner.keyed(key, request=request, keep=keep)
        return await keyed.run(operation, *args, **kwargs)

    disguise(body, operation)
    return body


@asynccontextmanager
async def enqueuing(uow: SqlAlchemyUnitOfWork) -> AsyncIterator[object]:
    """Give the connection with which jobs are enqueued in the unit's transaction.

        async with enqueuing(uow) as connection:
            await task.configure(connection=connection).defer_async(order_id="order-1")

    The jobs exist if and only if the unit commits. If enqueuing fails, the unit is as
    it was before, and may go on. procrastinate's tables must be in the unit's database.

    Cost: that of `connection()`, and a savepoint: two statements.

    Raises:
        MisuseError: the unit does not reach PostgreSQL by psycopg.
    """
    connection = await uow.connection()
    if connection.dialect.driver != "psycopg":
        raise MisuseError(
            f"Jobs cannot be enqueued in a transaction of {connection.dialect.driver}.",
            "procrastinate writes them with psycopg, in the transaction of the unit.",
            "Use a URL that begins with postgresql+psycopg://.",
        )
    async with connection.begin_nested():
        raw: Any = await connection.get_raw_connection()
        yield raw.driver_connection
