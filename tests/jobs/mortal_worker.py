"""A worker that is killed when it has committed, and has not acknowledged.

python -m tests.jobs.mortal_worker URL_OF_RABBITMQ QUEUE URL_OF_DATABASE
"""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from faststream import StreamMessage

from tests.jobs.banks import SqlAlchemyBank
from tests.jobs.wires import Rabbit, Watch
from unitwork.adapters.sqlalchemy import SqlAlchemyDatabase
from unitwork.application import Runner
from unitwork.entrypoints.jobs.faststream import consumer
from unitwork.testing.conformance.bank import bank_schema, deposit


class Killed(Watch):
    """Dies between the commit and the acknowledgement."""

    async def consume(
        self, call_next: Callable[[Any], Awaitable[Any]], msg: StreamMessage[Any]
    ) -> Any:
        await call_next(msg)
        os.kill(os.getpid(), signal.SIGKILL)


async def main(broker: str, queue: str, database: str) -> None:
    """Consume one message."""
    units = SqlAlchemyDatabase(bank_schema(), database)
    runner = Runner(lambda: SqlAlchemyBank(units))
    wire = Rabbit(broker, queue, watch := Killed())
    async with wire.running(consumer(runner, deposit)):
        await watch.ends(1)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
