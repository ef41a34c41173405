"""Processes that run operations until they are killed."""

import asyncio
import random
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from multiprocessing import get_context
from multiprocessing.connection import Connection

from sqlalchemy import URL

from unitwork.adapters.sqlalchemy import SqlAlchemyDatabase, SqlAlchemyUnitOfWork
from unitwork.application import RetryPolicy, Runner
from unitwork.testing.conformance.bank import (
    BankUnitOfWork,
    bank_schema,
    deposit_with_result,
)

_MOST_ACKNOWLEDGED, _LONGEST_SECONDS = 5, 0.02


class SqlAlchemyBank(SqlAlchemyUnitOfWork, BankUnitOfWork):
    """The unit of every process."""


def key(number: int) -> str:
    """Name an operation."""
    return f"deposit-{number}"


def work(url: URL, first: int, acknowledge: Connection) -> None:
    """Pay in, again and again, each under its key; say so each time."""
    asyncio.run(_pay_in(url, first, acknowledge))


async def _pay_in(url: URL, first: int, acknowledge: Connection) -> None:
    database = SqlAlchemyDatabase(bank_schema(), url)
    patient = RetryPolicy(attempts=1000, seconds=60)
    runner = Runner(lambda: SqlAlchemyBank(database), retry=patient)
    for number in count(first):
        await runner.keyed(key(number)).run(deposit_with_result, "a", 1)
        acknowledge.send(number)


@contextmanager
def forking() -> Iterator[None]:
    """Keep a process that has imported everything, and ends with the block."""
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__])
    try:
        yield
    finally:
        from multiprocessing import forkserver

        forkserver._forkserver._stop()  # type: ignore[attr-defined]


def killed(url: URL, first: int, chance: random.Random) -> list[int]:
    """Run a process, and kill it somewhere.

    Returns:
        The operations that it had acknowledged.
    """
    ours, theirs = get_context("forkserver").Pipe(duplex=False)
    process = get_context("forkserver").Process(target=work, args=(url, first, theirs))
    process.start()
    theirs.close()
    heard = [ours.recv() for _ in range(chance.randint(0, _MOST_ACKNOWLEDGED))]
    process.join(chance.uniform(0, _LONGEST_SECONDS))
    process.kill()
    process.join()
    with ours:
        try:
            while True:
                heard.append(ours.recv())
        except EOFError:
            return heard
