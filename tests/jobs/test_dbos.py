"""DBOS on PostgreSQL: one unit a step; workflows exist if their unit committed.

Contract: 34, 36, 40.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import attrs
import pytest
from dbos import (
    DBOS,
    DBOSClient,
    DBOSConfig,
    EnqueueOptions,
    WorkflowHandleAsync,
    error,
)
from sqlalchemy import URL, text

from tests.jobs.banks import open_sql_bank, sql_unit
from tests.jobs.operations import failing_first, overtaken_first
from unitwork import MisuseError, Outcome
from unitwork.adapters.sqlalchemy import SqlAlchemyDatabase
from unitwork.entrypoints.jobs.dbos import enqueue, step
from unitwork.testing.conformance.bank import Account, Bank, deposit

SECONDS = 90
QUEUE = "deposits"


@attrs.frozen
class Shared:
    """A bank and DBOS in one database."""

    bank: Bank
    client: DBOSClient

    def workflow(self, body: Callable[..., Awaitable[int]]) -> EnqueueOptions:
        """Register a workflow under the name of the queue; return how to enqueue it."""
        DBOS.workflow(name=QUEUE)(body)
        return {"queue_name": QUEUE, "workflow_name": QUEUE}

    async def result(self, workflow: str) -> int:
        """Wait for the result of a workflow."""
        async with asyncio.timeout(SECONDS):
            handle: WorkflowHandleAsync[
                int
            ] = await self.client.retrieve_workflow_async(workflow)
            return await handle.get_result(polling_interval_sec=0.05)

    async def forget(self, workflow: str) -> None:
        """Leave a workflow as it was before its step was noted, in its queue."""
        database = self.bank.database
        assert isinstance(database, SqlAlchemyDatabase)
        async with database.engine.begin() as connection:
            for statement in (
                "DELETE FROM dbos.operation_outputs",
                "UPDATE dbos.workflow_status SET status = 'ENQUEUED', output = NULL",
            ):
                its = text(f"{statement} WHERE workflow_uuid = :it")
                assert (await connection.execute(its, {"it": workflow})).rowcount == 1

    async def workflows(self) -> list[str]:
        """What became of each workflow."""
        listed = await self.client.list_workflows_async()
        return [workflow.status for workflow in listed]


by_each_driver = pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])


@pytest.fixture
def driver() -> str:
    """By which the units reach PostgreSQL, unless a test is run by each."""
    return "asyncpg"


@pytest.fixture
async def shared(driver: str, postgres_url: URL) -> AsyncIterator[Shared]:
    """A bank, and DBOS whose queue is looked at often."""
    url = postgres_url.render_as_string(hide_password=False)
    config: DBOSConfig = {
        "name": "bank",
        "system_database_url": url,
        "log_level": "CRITICAL",
    }
    async with open_sql_bank(postgres_url, driver) as bank:
        DBOS(config=config)
        DBOS.launch()
        await DBOS.register_queue_async(QUEUE, polling_interval_sec=0.05)
        client = DBOSClient(system_database_url=url)
        try:
            yield Shared(bank, client)
        finally:
            client.destroy()
            DBOS.destroy(destroy_registry=True)


@by_each_driver
async def test_a_workflow_of_a_committed_unit_runs(shared: Shared) -> None:
    """Contract 40: it is there with the unit's commit, and not before."""
    paid = DBOS.step(name="deposit")(step(shared.bank.runner(), deposit))
    options = shared.workflow(paid)
    async with sql_unit(shared.bank) as uow:
        uow.accounts.add(Account(name="b"))
        workflow = await enqueue(uow, shared.client, options, "b", 5)
        assert await shared.workflows() == []
        await uow.commit()

    assert await shared.result(workflow) == 5
    assert await shared.bank.balance("b") == 5


@by_each_driver
async def test_a_workflow_of_a_unit_that_was_rolled_back_does_not_exist(
    shared: Shared,
) -> None:
    """Contract 40: though DBOS has returned its identifier."""
    paid = DBOS.step(name="deposit")(step(shared.bank.runner(), deposit))
    options = shared.workflow(paid)
    with pytest.raises(ZeroDivisionError):
        async with sql_unit(shared.bank) as uow:
            await enqueue(uow, shared.client, options, "a", 5)
            raise ZeroDivisionError

    assert uow.outcome is Outcome.ROLLED_BACK
    assert await shared.workflows() == []


@by_each_driver
async def test_a_unit_goes_on_where_enqueuing_failed(shared: Shared) -> None:
    """A collision would have ended the transaction otherwise."""
    paid = DBOS.step(name="deposit")(step(shared.bank.runner(), deposit))
    options = shared.workflow(paid)
    options["deduplication_id"] = "one"
    options["delay_seconds"] = 3600
    await shared.client.enqueue_async(options, "a", 5)
    async with sql_unit(shared.bank) as uow:
        uow.accounts.add(Account(name="b"))
        with pytest.raises(error.DBOSQueueDeduplicatedError):
            await enqueue(uow, shared.client, options, "b", 5)
        await uow.commit()

    assert uow.outcome is Outcome.COMMITTED
    assert await shared.bank.balance("b") == 0
    assert len(await shared.workflows()) == 1


async def test_a_step_that_is_run_twice_takes_effect_once(shared: Shared) -> None:
    """Contract 34: as when a worker was lost before it could note the step's result."""
    paid = DBOS.step(name="deposit")(step(shared.bank.runner(), deposit))
    options = shared.workflow(paid)
    handle: WorkflowHandleAsync[int] = await shared.client.enqueue_async(
        options, "a", 5
    )
    assert await shared.result(handle.workflow_id) == 5
    await shared.forget(handle.workflow_id)
    assert await shared.result(handle.workflow_id) == 5

    assert await shared.bank.balance("a") == 5


async def test_a_failed_step_leaves_nothing_and_is_retried(shared: Shared) -> None:
    """Contract 40: by DBOS, as the same step."""
    again = DBOS.step(
        name="deposit", retries_allowed=True, interval_seconds=0, max_attempts=2
    )
    paid = again(step(shared.bank.runner(), failing_first()))
    handle: WorkflowHandleAsync[int] = await shared.client.enqueue_async(
        shared.workflow(paid), "a", 5
    )

    assert await shared.result(handle.workflow_id) == 5
    assert await shared.bank.balance("a") == 5


async def test_a_conflict_is_retried_by_the_runner(shared: Shared) -> None:
    """Contract 40: DBOS hears nothing of it."""
    operation, seen = overtaken_first(shared.bank)
    paid = DBOS.step(name="deposit")(step(shared.bank.runner(), operation))
    handle: WorkflowHandleAsync[int] = await shared.client.enqueue_async(
        shared.workflow(paid), "a", 5
    )

    assert await shared.result(handle.workflow_id) == 105
    assert seen == [0, 100]


async def test_another_database_than_postgresql_is_refused(bank: Bank) -> None:
    """Before anything is written."""
    client = DBOSClient(system_database_url="sqlite:///none.db", lazy=True)
    async with sql_unit(bank) as uow:
        with pytest.raises(MisuseError) as told:
            await enqueue(uow, client, {"queue_name": "q", "workflow_name": "w"})
    client.destroy()

    assert str(told.value) == (
        "Workflows cannot be enqueued in a transaction of sqlite.\n"
        "DBOS keeps them in PostgreSQL; the unit must write them there.\n"
        "Enqueue by `client.enqueue_async` when the unit has committed. [misuse]"
    )


async def test_outside_of_a_workflow_a_step_runs_without_a_key(bank: Bank) -> None:
    """There is nothing that could be recovered."""
    paid = step(bank.runner(), deposit)

    assert [await paid("a", 5), await paid("a", 5)] == [5, 10]
