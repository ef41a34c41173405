"""DBOS: a step is an operation, and a workflow is enqueued by the commit of a unit.

Contract: 34, 36, 40.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Concatenate, ParamSpec, TypeVar

from dbos import DBOS, DBOSClient, EnqueueOptions, WorkflowHandle

from unitwork.adapters.sqlalchemy.unit_of_work import SqlAlchemyUnitOfWork
from unitwork.application.runner import Runner
from unitwork.domain.errors import MisuseError
from unitwork.domain.unit_of_work import AbstractUnitOfWork
from unitwork.entrypoints.jobs.disguise import disguise
from unitwork.entrypoints.jobs.job_keys import WEEK, job_key

U = TypeVar("U", bound=AbstractUnitOfWork)
P = ParamSpec("P")
R = TypeVar("R")


def step(
    runner: Runner[U],
    operation: Callable[Concatenate[U, P], Awaitable[R]],
    *,
    keep: timedelta = WEEK,
) -> Callable[P, Awaitable[R]]:
    """Make the function of a step.

        allocation = DBOS.step(name="allocate")(step(runner, allocate))

    A step that had committed when its worker was lost is run again by whoever recovers
    the workflow: it takes effect once, and has the stored result. Outside of a workflow
    it runs without a key. Call `DBOS.launch()` in the event loop of the database
    object, so that workflows run there.

    Args:
        runner: makes the units, and tries again what was not applied.
        operation: gets the arguments of the step behind the unit.
        keep: for how long a workflow may wait to be recovered.
    """

    async def body(*args: P.args, **kwargs: P.kwargs) -> R:
        workflow, number = DBOS.workflow_id, DBOS.step_id
        if workflow is None or number is None:
            return await runner.run(operation, *args, **kwargs)
        keyed = runner.keyed(job_key("dbos", workflow, number), keep=keep)
        return await keyed.run(operation, *args, **kwargs)

    disguise(body, operation)
    return body


async def enqueue(
    uow: SqlAlchemyUnitOfWork,
    client: DBOSClient,
    options: EnqueueOptions,
    *args: Any,
    **kwargs: Any,
) -> str:
    """Enqueue a workflow in the unit's transaction.

        await enqueue(uow, client, {"queue_name": "mail", "workflow_name": "send"}, 7)

    The workflow exists if and only if the unit commits. If enqueuing fails, the unit is
    as it was before, and may go on. DBOS' tables must be in the unit's database, which
    is PostgreSQL, by asyncpg or psycopg.

    Cost: that of `connection()`, and a savepoint: two statements.

    Returns:
        The identifier of the workflow.

    Raises:
        MisuseError: the unit's database is no PostgreSQL.
    """
    connection = await uow.connection()
    kind = connection.dialect.name
    if kind != "postgresql":
        raise MisuseError(
            f"Workflows cannot be enqueued in a transaction of {kind}.",
            "DBOS keeps them in PostgreSQL; the unit must write them there.",
            "Enqueue by `client.enqueue_async` when the unit has committed.",
        )

    def write(inside: Any) -> str:
        handle: WorkflowHandle[Any] = client.enqueue_in_transaction(
            inside, options, *args, **kwargs
        )
        return handle.workflow_id

    async with connection.begin_nested():
        return await connection.run_sync(write)
