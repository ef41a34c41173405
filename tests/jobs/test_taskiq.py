"""Taskiq on Redis: one unit a task, and a task takes effect once. Contract: 34, 40."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Annotated, Any

import pytest
from redis.asyncio import Redis
from taskiq import (
    AckableMessage,
    Context,
    SimpleRetryMiddleware,
    TaskiqDepends,
    TaskiqResult,
)
from taskiq.abc.middleware import TaskiqMiddleware
from taskiq.message import TaskiqMessage
from taskiq.receiver import Receiver
from taskiq_redis import RedisStreamBroker

from tests.brokers import broker_url
from tests.jobs.operations import BreakdownError, failing_first, overtaken_first
from unitwork import OperationKeyReusedError
from unitwork.entrypoints.jobs.taskiq import job
from unitwork.testing.conformance.bank import Bank, BankUnitOfWork, deposit

SECONDS = 90


class Results(TaskiqMiddleware):
    """Keeps what became of each execution."""

    def __init__(self) -> None:
        super().__init__()
        self.values: list[Any] = []

    def post_execute(self, message: TaskiqMessage, result: TaskiqResult[Any]) -> None:
        self.values.append(result.error or result.return_value)


class Worker:
    """A worker that handles as many deliveries as it is told to."""

    def __init__(self, broker: RedisStreamBroker) -> None:
        self.broker = broker
        self.results = Results()
        broker.add_middlewares(self.results)

    async def work(self, deliveries: int, *, acknowledging: bool = True) -> None:
        """Handle deliveries; one that is not acknowledged comes again."""
        receiver = Receiver(self.broker, max_async_tasks=1)
        async with asyncio.timeout(SECONDS), aclosing(self.broker.listen()) as messages:
            for _ in range(deliveries):
                message = await anext(messages)
                if not acknowledging:
                    message = AckableMessage(data=message.data, ack=_never)
                await receiver.callback(message, raise_err=True)


async def _never() -> None:
    """Do as a worker that was lost before its acknowledgement."""


@pytest.fixture
async def made(name: str) -> AsyncIterator[Callable[[], RedisStreamBroker]]:
    """Makes brokers on one stream; each consumes under a name of its own."""
    url = broker_url("redis")
    brokers: list[RedisStreamBroker] = []

    def make() -> RedisStreamBroker:
        brokers.append(
            RedisStreamBroker(
                url,
                queue_name=name,
                consumer_group_name=name,
                consumer_id="0",
                xread_block=10,
                idle_timeout=0,
                xread_count=1,
            )
        )
        return brokers[-1]

    yield make
    async with Redis.from_url(url) as redis:
        await redis.delete(name, f"autoclaim:{name}:{name}")
    for broker in brokers:
        await broker.shutdown()


@asynccontextmanager
async def started(broker: RedisStreamBroker) -> AsyncIterator[Worker]:
    """Start a broker."""
    worker = Worker(broker)
    await broker.startup()
    yield worker


async def test_a_task_that_is_delivered_twice_takes_effect_once(
    bank: Bank, made: Callable[[], RedisStreamBroker]
) -> None:
    """Contract 34: the second worker gets the result of the first one."""
    first, second = made(), made()
    task = first.task("deposit")(job(bank.runner(), deposit))
    second.task("deposit")(job(bank.runner(), deposit))
    async with started(first) as lost, started(second) as worker:
        await task.kiq("a", 5)
        await lost.work(1, acknowledging=False)
        await task.kiq("a", 1)  # so that there is something to wait for
        await worker.work(2)

    assert lost.results.values == [5]
    assert sorted(worker.results.values) == [5, 6]
    assert await bank.balance("a") == 6


async def test_a_failed_task_leaves_nothing_and_is_sent_again(
    bank: Bank, made: Callable[[], RedisStreamBroker]
) -> None:
    """Contract 40: under its identifier, which had not taken effect."""
    broker = made().with_middlewares(
        SimpleRetryMiddleware(default_retry_label=True, no_result_on_retry=False)
    )
    assert isinstance(broker, RedisStreamBroker)
    task = broker.task("deposit")(job(bank.runner(), failing_first()))
    async with started(broker) as worker:
        await task.kiq("a", 5)
        await worker.work(1)
        assert await bank.balance("a") == 0
        await worker.work(1)

    failed, returned = worker.results.values
    assert isinstance(failed, BreakdownError)
    assert returned == await bank.balance("a") == 5


async def test_a_conflict_is_retried_by_the_runner(
    bank: Bank, made: Callable[[], RedisStreamBroker]
) -> None:
    """Contract 40: the broker hears nothing of it: one delivery, two attempts."""
    operation, seen = overtaken_first(bank)
    broker = made()
    task = broker.task("deposit")(job(bank.runner(), operation))
    async with started(broker) as worker:
        await task.kiq("a", 5)
        await worker.work(1)

    assert seen == [0, 100]
    assert worker.results.values == [105]


async def test_arguments_are_parsed_by_the_annotations_of_the_operation(
    bank: Bank, made: Callable[[], RedisStreamBroker]
) -> None:
    """As those of any task."""
    broker = made()
    task: Any = broker.task("deposit")(job(bank.runner(), deposit))
    async with started(broker) as worker:
        await task.kiq(name="a", amount="5")
        await worker.work(1)

    assert worker.results.values == [5]


async def test_called_as_a_function_a_task_runs_at_once_and_without_a_key(
    bank: Bank, made: Callable[[], RedisStreamBroker]
) -> None:
    """There is no message that could be delivered again."""
    task = made().task("deposit")(job(bank.runner(), deposit))

    assert [await task("a", 5), await task("a", 5)] == [5, 10]


async def test_what_another_task_of_that_identifier_asks_for_is_refused(
    bank: Bank, made: Callable[[], RedisStreamBroker]
) -> None:
    """Contract 34: an identifier of one's own stands for one request."""
    broker = made()
    task = broker.task("deposit")(job(bank.runner(), deposit))
    async with started(broker) as worker:
        for amount in (5, 6):
            await task.kicker().with_task_id("order-1").kiq("a", amount)
        await worker.work(2)

    assert worker.results.values[0] == 5
    assert isinstance(worker.results.values[1], OperationKeyReusedError)
    assert await bank.balance("a") == 5


async def test_dependencies_of_taskiq_are_injected_behind_the_unit(
    bank: Bank, made: Callable[[], RedisStreamBroker]
) -> None:
    """An operation of a worker may ask for what the broker knows."""

    async def named(
        uow: BankUnitOfWork, amount: int, context: Annotated[Context, TaskiqDepends()]
    ) -> str:
        await deposit(uow, "a", amount)
        return context.message.task_name

    broker = made()
    task: Any = broker.task("named")(job(bank.runner(), named))
    async with started(broker) as worker:
        await task.kiq(5)
        await worker.work(1)

    assert worker.results.values == ["named"]
