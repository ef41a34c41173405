"""Contract 34: a process is killed at any point, again and again."""

import asyncio
import os
import random
from typing import Any

import pytest

from tests.faults.killing import forking, key, killed
from tests.storages import STORAGES, Servers
from unitwork import all_of
from unitwork.testing.conformance.bank import open_bank

KILLS = int(os.environ.get("UNITWORK_KILLS", "10"))


@pytest.mark.no_cover
@pytest.mark.parametrize(
    "storage", ["sqlite", "postgresql-asyncpg", "postgresql-psycopg", "mariadb"]
)
async def test_what_was_acknowledged_is_there_once(
    servers: Servers, storage: str
) -> None:
    """What was not is there once or not at all, and is sent again under its key."""
    chance, acknowledged = random.Random(7), list[int]()
    async with open_bank(STORAGES[storage](servers)) as bank:
        known: Any = bank.database
        with forking():
            for _ in range(KILLS):
                first = len(acknowledged)
                run = asyncio.to_thread(killed, known.url, first, chance)
                acknowledged += await run
        async with bank.units() as uow:
            found: Any = uow
            records = await found.operations().matching(all_of())
        stored = {record.operation for record in records}
        balance = await bank.balance("a")

    assert acknowledged == [*range(len(acknowledged))]
    assert stored >= {key(number) for number in acknowledged}
    assert stored <= {key(number) for number in range(len(acknowledged) + 1)}
    assert balance == len(stored) >= KILLS
    print(f"{storage}: {KILLS} kills, {len(acknowledged)} acknowledged")
