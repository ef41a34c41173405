"""The same services in a worker: a task of Taskiq is one unit of work."""

from collections.abc import Awaitable

from taskiq import AsyncBroker, AsyncTaskiqDecoratedTask

from examples.allocation import services
from examples.allocation.domain import StockUnitOfWork
from unitwork.application import Runner
from unitwork.entrypoints.jobs.taskiq import job


def allocation(
    broker: AsyncBroker, runner: Runner[StockUnitOfWork]
) -> AsyncTaskiqDecoratedTask[[str, str, int], Awaitable[str | None]]:
    """Make the task; one that is delivered twice takes effect once."""
    return broker.task("allocate")(job(runner, services.allocate))
