"""The brokers that FastStream speaks with: each with one place for messages."""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from faststream import AckPolicy, BaseMiddleware, ContextRepo, StreamMessage
from faststream.exceptions import NackMessage
from faststream.nats import JStream, NatsBroker
from faststream.rabbit import RabbitBroker, RabbitQueue
from faststream.redis import RedisBroker, StreamSub

SECONDS = 90
LOGGER = logging.getLogger("faststream")
Handler = Callable[..., Awaitable[Any]]


class Watch:
    """Sees what becomes of each delivery, and loses acknowledgements."""

    def __init__(self, lose: int = 0) -> None:
        self.lose = lose
        """How many deliveries that were handled are not acknowledged."""
        self._ends: asyncio.Queue[Any] = asyncio.Queue()

    def __call__(self, msg: Any, *, context: ContextRepo) -> BaseMiddleware[Any, Any]:
        watch = self

        class Watcher(BaseMiddleware[Any, Any]):
            async def consume_scope(
                self,
                call_next: Callable[[Any], Awaitable[Any]],
                msg: StreamMessage[Any],
            ) -> Any:
                return await watch.consume(call_next, msg)

        return Watcher(msg, context=context)

    async def consume(
        self, call_next: Callable[[Any], Awaitable[Any]], msg: StreamMessage[Any]
    ) -> Any:
        """Note the result, or the error."""
        try:
            result = await call_next(msg)
        except Exception as error:
            self._ends.put_nowait(error)
            raise
        self._ends.put_nowait(result)
        if self.lose:
            self.lose -= 1
            raise NackMessage
        return result

    async def ends(self, number: int) -> list[Any]:
        """Wait for so many deliveries, and return how each ended."""
        async with asyncio.timeout(SECONDS):
            return [await self._ends.get() for _ in range(number)]

    async def ends_until(self, last: Any) -> list[Any]:
        """Wait for the delivery that ends so, and return how each one before did."""
        ends: list[Any] = []
        while ends[-1:] != [last]:
            ends += await self.ends(1)
        return ends[:-1]


class Wire(ABC):
    """One place for messages in a broker."""

    def __init__(self, url: str, name: str, watch: Watch) -> None:
        self.url = url
        self.name = name
        self.watch = watch
        self.broker: Any = self.connect()

    @abstractmethod
    def connect(self) -> Any:
        """Make a broker of FastStream."""

    @abstractmethod
    def subscribe(self, handler: Handler) -> None:
        """Let it consume; what fails, or was not acknowledged, is delivered again."""

    @abstractmethod
    async def publish(self, words: Any, identifier: str | None) -> None:
        """Send a message."""

    @abstractmethod
    async def remove(self) -> None:
        """Remove the place."""

    @asynccontextmanager
    async def running(self, handler: Handler) -> AsyncIterator[None]:
        """Consume."""
        self.subscribe(handler)
        async with asyncio.timeout(SECONDS), self.broker:
            await self.broker.start()
            try:
                yield
            finally:
                await self.remove()


class Rabbit(Wire):
    """A queue of RabbitMQ."""

    def connect(self) -> RabbitBroker:
        return RabbitBroker(self.url, middlewares=[self.watch], logger=LOGGER)

    @property
    def queue(self) -> RabbitQueue:
        return RabbitQueue(self.name)

    def subscribe(self, handler: Handler) -> None:
        policy = AckPolicy.NACK_ON_ERROR
        self.broker.subscriber(self.queue, ack_policy=policy)(handler)

    async def publish(self, words: Any, identifier: str | None) -> None:
        await self.broker.publish(words, self.queue, message_id=identifier)

    async def remove(self) -> None:
        for subscriber in self.broker.subscribers:
            await subscriber.stop()
        queue = await self.broker.declare_queue(self.queue)
        await queue.delete(if_unused=False, if_empty=False)


class Nats(Wire):
    """A stream of JetStream."""

    def connect(self) -> NatsBroker:
        return NatsBroker(self.url, middlewares=[self.watch], logger=LOGGER)

    def subscribe(self, handler: Handler) -> None:
        self.broker.subscriber(
            self.name,
            stream=JStream(self.name, subjects=[self.name]),
            durable=self.name,
            pull_sub=True,
            ack_policy=AckPolicy.NACK_ON_ERROR,
        )(handler)

    async def publish(self, words: Any, identifier: str | None) -> None:
        headers = {"message_id": identifier} if identifier else {}
        await self.broker.publish(words, self.name, headers=headers, stream=self.name)

    async def remove(self) -> None:
        await self.broker.config.connection_state.stream.delete_stream(self.name)


class Subject(Nats):
    """A subject of NATS without a stream: nothing is delivered again."""

    def subscribe(self, handler: Handler) -> None:
        self.broker.subscriber(self.name)(handler)

    async def publish(self, words: Any, identifier: str | None) -> None:
        headers = {"message_id": identifier} if identifier else {}
        await self.broker.publish(words, self.name, headers=headers)

    async def remove(self) -> None:
        """Do nothing: it goes with its subscriber."""


class Redis(Wire):
    """A stream of Redis, read by one group; what was not acknowledged is claimed.

    At once, so that a message may be in two hands.
    """

    def connect(self) -> RedisBroker:
        return RedisBroker(self.url, middlewares=[self.watch], logger=LOGGER)

    def subscribe(self, handler: Handler) -> None:
        for claimed in (None, 1):
            self.broker.subscriber(
                stream=StreamSub(
                    self.name,
                    group=self.name,
                    consumer=f"consumer-{claimed}",
                    last_id=">",
                    min_idle_time=claimed,
                    polling_interval=10,
                ),
                ack_policy=AckPolicy.NACK_ON_ERROR,
            )(handler)

    async def publish(self, words: Any, identifier: str | None) -> None:
        headers = {"message_id": identifier} if identifier else {}
        await self.broker.publish(words, stream=self.name, headers=headers)

    async def remove(self) -> None:
        for subscriber in self.broker.subscribers:
            await subscriber.stop()
        await self.broker._connection.delete(self.name)


WIRES: dict[str, type[Wire]] = {"rabbitmq": Rabbit, "nats": Nats, "redis": Redis}
