"""FastStream on each broker: one unit a message, once for each consumer.

Contract: 34, 37, 40.
"""

import asyncio
import signal
import sys
from collections.abc import Callable

import pytest

from tests.brokers import broker_url
from tests.jobs.operations import (
    BreakdownError,
    failing_first,
    open_account,
    overtaken_first,
)
from tests.jobs.wires import SECONDS, WIRES, Rabbit, Subject, Watch, Wire
from unitwork import MisuseError
from unitwork.adapters.sqlalchemy import SqlAlchemyDatabase
from unitwork.entrypoints.jobs.faststream import consumer
from unitwork.testing.conformance.bank import Bank, deposit

DEPOSIT = {"name": "a", "amount": 5}


@pytest.fixture(params=WIRES)
def wired(request: pytest.FixtureRequest, name: str) -> Callable[[Watch], Wire]:
    """Makes a place for messages, on each broker in turn."""
    url = broker_url(request.param)
    return lambda watch: WIRES[request.param](url, name, watch)


async def test_a_message_that_is_sent_twice_takes_effect_once(
    bank: Bank, wired: Callable[[Watch], Wire]
) -> None:
    """Contract 34: its sender had no answer, and sent it again as the same."""
    watch = Watch()
    wire = wired(watch)
    async with wire.running(consumer(bank.runner(), deposit)):
        for identifier in ("m-1", "m-1", "m-2"):
            await wire.publish(DEPOSIT, identifier)
        ends = await watch.ends(3)
        while 10 not in ends:
            ends += await watch.ends(1)

    assert set(ends) == {5, 10}
    assert await bank.balance("a") == 10


async def test_a_message_whose_acknowledgement_is_lost_takes_effect_once(
    bank: Bank, wired: Callable[[Watch], Wire]
) -> None:
    """Contract 34: it is delivered again, and that is answered with what was stored."""
    watch = Watch(lose=1)
    wire = wired(watch)
    async with wire.running(consumer(bank.runner(), deposit)):
        await wire.publish(DEPOSIT, "m-1")
        assert await watch.ends(2) == [5, 5]

    assert await bank.balance("a") == 5


async def test_a_failed_message_leaves_nothing_and_is_delivered_again(
    bank: Bank, wired: Callable[[Watch], Wire]
) -> None:
    """Contract 40: by the broker's own rules."""
    watch = Watch()
    wire = wired(watch)
    async with wire.running(consumer(bank.runner(), failing_first())):
        await wire.publish(DEPOSIT, "m-1")
        [failed] = await watch.ends_until(5)

    assert isinstance(failed, BreakdownError)
    assert await bank.balance("a") == 5


@pytest.mark.parametrize("kind", ["nats", "redis"])
async def test_a_place_in_a_stream_identifies_a_message(
    bank: Bank, name: str, kind: str
) -> None:
    """Where its sender said nothing; a second message is another one."""
    watch = Watch(lose=1)
    wire = WIRES[kind](broker_url(kind), name, watch)
    async with wire.running(consumer(bank.runner(), deposit)):
        await wire.publish(DEPOSIT, None)
        assert await watch.ends(2) == [5, 5]
        await wire.publish(DEPOSIT, None)
        assert set(await watch.ends_until(10)) <= {5}


async def test_a_message_that_nothing_identifies_is_refused(
    bank: Bank, name: str
) -> None:
    """With another identifier at each delivery it would take effect each time."""
    watch = Watch()
    wire = Subject(broker_url("nats"), name, watch)
    async with wire.running(consumer(bank.runner(), deposit, name="deposits")):
        await wire.publish(DEPOSIT, None)
        [told] = await watch.ends(1)

    assert isinstance(told, MisuseError)
    assert str(told) == (
        "A message for deposits has no identifier.\n"
        "It tells a message that is delivered again from another one with equal"
        " words.\n"
        "Publish it with a message_id (RabbitMQ) or a header message_id (elsewhere);"
        " or say by key= what identifies it. [misuse]"
    )
    assert await bank.balance("a") == 0


async def test_the_caller_may_say_what_identifies_a_message(
    bank: Bank, name: str
) -> None:
    """Such as a header of one's own, or a part of the message."""
    watch = Watch()
    wire = Rabbit(broker_url("rabbitmq"), name, watch)
    by_body = consumer(bank.runner(), deposit, key=lambda message: str(message.body))
    async with wire.running(by_body):
        await wire.publish(DEPOSIT, None)
        await wire.publish(DEPOSIT, None)
        assert await watch.ends(2) == [5, 5]


async def test_a_conflict_is_retried_by_the_runner(bank: Bank, name: str) -> None:
    """Contract 40: the broker hears nothing of it: one delivery, two attempts."""
    watch = Watch()
    operation, seen = overtaken_first(bank)
    wire = Rabbit(broker_url("rabbitmq"), name, watch)
    async with wire.running(consumer(bank.runner(), operation)):
        await wire.publish(DEPOSIT, "m-1")
        assert await watch.ends(1) == [105]

    assert seen == [0, 100]


async def test_a_worker_that_is_killed_before_its_acknowledgement_took_effect_once(
    bank: Bank, name: str
) -> None:
    """Contract 40: killed after the commit; another one gets its message."""
    watch = Watch()
    wire = Rabbit(broker_url("rabbitmq"), name, watch)
    database = bank.database
    assert isinstance(database, SqlAlchemyDatabase)
    async with wire.broker:
        await wire.broker.declare_queue(wire.queue)
        await wire.publish(DEPOSIT, "m-1")
    url = database.engine.url.render_as_string(hide_password=False)
    async with asyncio.timeout(SECONDS):
        worker = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.jobs.mortal_worker", wire.url, name, url
        )
        assert await worker.wait() == -signal.SIGKILL
    assert await bank.balance("a") == 5

    async with wire.running(consumer(bank.runner(), deposit)):
        assert await watch.ends(1) == [5]

    assert await bank.balance("a") == 5


async def test_each_consumer_of_a_message_takes_it_once(bank: Bank, name: str) -> None:
    """Contract 40: a message with two subscribers is two jobs."""
    watch = Watch()
    runner = bank.runner()
    for at, handler in (
        (f"{name}-1", consumer(runner, deposit)),
        (f"{name}-2", consumer(runner, open_account)),
    ):
        words = DEPOSIT if at.endswith("1") else "b"
        wire = Rabbit(broker_url("rabbitmq"), at, watch)
        async with wire.running(handler):
            await wire.publish(words, "m-1")
            await watch.ends(1)

    assert (await bank.balance("a"), await bank.balance("b")) == (5, 0)


async def test_called_as_a_function_a_consumer_runs_without_a_key(bank: Bank) -> None:
    """There is no message that could be delivered again."""
    on_deposit = consumer(bank.runner(), deposit)

    assert [await on_deposit("a", 5), await on_deposit("a", 5)] == [5, 10]
