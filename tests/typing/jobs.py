"""What engines run has the types of its operation, without the unit."""

from typing import assert_type

from dbos import DBOS
from procrastinate import App
from taskiq import InMemoryBroker

from tests.typing.runner import InMemoryStock, StockUnitOfWork, other
from unitwork.application import Runner
from unitwork.entrypoints.jobs import dbos, faststream, procrastinate, taskiq


async def reserve(uow: StockUnitOfWork, sku: str, quantity: int) -> list[int]:
    raise NotImplementedError(uow, sku, quantity)


async def right(runner: Runner[InMemoryStock], broker: InMemoryBroker) -> None:
    task = broker.task("reserve")(taskiq.job(runner, reserve))
    await task.kiq("LAMP", 2)
    await task.kiq("LAMP")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    on_order = faststream.consumer(runner, reserve)
    assert_type(await on_order("LAMP", 2), list[int])
    await on_order("LAMP", "2")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    step = DBOS.step(name="reserve")(dbos.step(runner, reserve))
    assert_type(await step("LAMP", quantity=2), list[int])


async def right_by_name(runner: Runner[InMemoryStock], app: App) -> None:
    made = procrastinate.job(runner, reserve)
    job = app.task(name="reserve", pass_context=True)(made)
    await job.defer_async(sku="LAMP", quantity=2)
    await job.defer_async(sku="LAMP", quantity="2")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def wrong(runner: Runner[InMemoryStock]) -> None:
    taskiq.job(runner, other)  # type: ignore[misc]  # pyright: ignore[reportArgumentType]
    procrastinate.job(runner, other)  # type: ignore[misc]  # pyright: ignore[reportArgumentType]
    faststream.consumer(runner, other)  # type: ignore[misc]  # pyright: ignore[reportArgumentType]
    dbos.step(runner, other)  # type: ignore[misc]  # pyright: ignore[reportArgumentType]
