"""Concurrent units on every storage, judged by what they saw."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest

from unitwork import Outcome
from unitwork.adapters.storage import AbstractDatabase
from unitwork.adapters.unit_of_work import IsolationName
from unitwork.testing.conformance.histories import controls
from unitwork.testing.conformance.histories.checker import check
from unitwork.testing.conformance.histories.ledger import LEDGER
from unitwork.testing.conformance.histories.phenomena import (
    LEVELS,
    Phenomenon,
    forbidden,
)
from unitwork.testing.conformance.histories.recording import Recorder
from unitwork.testing.conformance.histories.verdicts import play_all, promised
from unitwork.testing.conformance.histories.workload import Workload, run

if TYPE_CHECKING:
    from tests.storages import Storage

LOCK_SECONDS = 0.1
"""Units that one task interleaves would wait for each other for ever."""


@pytest.fixture
async def database(storage: "Storage") -> AsyncIterator[AbstractDatabase]:
    """A fresh ledger on each storage in turn."""
    async with storage.database(LEDGER) as opened:
        yield opened


@pytest.mark.parametrize("level", LEVELS)
async def test_concurrent_units_show_nothing_that_their_level_forbids(
    database: AbstractDatabase, level: IsolationName
) -> None:
    """Contract 16, 18: every history is one that the level allows."""
    history = await run(database, level, Workload(transactions=200))

    assert forbidden(level, check(history)) == []
    assert len(history.transactions) == 201
    assert len(history.with_outcome(Outcome.COMMITTED)) > 80
    assert len(history.with_outcome(Outcome.ROLLED_BACK)) > 12


async def test_the_isolation_table_is_the_same_on_every_storage(
    database: AbstractDatabase,
) -> None:
    """Contract 18: each of Hermitage's anomalies, at each level."""
    assert await play_all(database) == promised()


@pytest.mark.parametrize("level", ["read_committed", "snapshot"])
async def test_an_update_is_lost_where_versions_are_not_guarded(
    database: AbstractDatabase, level: IsolationName
) -> None:
    """A control: the checker sees it, on this storage."""
    history = await controls.lost_update(database, level)

    assert Phenomenon.LOST_UPDATE in {each.phenomenon for each in check(history)}


@pytest.mark.parametrize("level", ["read_committed", "snapshot"])
async def test_write_skew_shows_below_serializable(
    database: AbstractDatabase, level: IsolationName
) -> None:
    """A control: no storage is stricter than its level."""
    history = await controls.write_skew(database, level)

    assert [each.phenomenon for each in check(history)] == [Phenomenon.G2_ITEM]


async def test_write_skew_shows_where_reads_are_not_run_again(
    database: AbstractDatabase,
) -> None:
    """A control: what prevents phantoms is the second run of the reads."""
    history = await controls.skew_by_phantoms(database, "serializable", reads=False)

    assert [each.phenomenon for each in check(history)] == [Phenomenon.G2]


async def test_a_serializable_reader_sees_no_state_that_a_slow_writer_contradicts(
    storage: "Storage",
) -> None:
    """Contract 18: the read-only anomaly. The writer read what the reader saw changed.

    A storage may prevent it by a conflict of any of the three, or by a wait.
    """
    async with storage.database(LEDGER, lock_timeout=LOCK_SECONDS) as database:
        recorder = Recorder(database, "serializable")
        async with recorder.unit() as first:
            await first.append("x", 1)
            await first.append("y", 2)
            await first.commit()
        async with recorder.unit() as slow:
            await slow.read("y", lock=True)
            await slow.read("x")
            async with recorder.unit() as quick:
                await quick.append("x", 3)
                await quick.commit()
            async with recorder.unit() as reader:
                await reader.read("x")
                await reader.read("y")
                await reader.commit()
            await slow.append("y", 4)
            await slow.commit()
        async with recorder.unit() as last:
            await last.read("y")
            await last.commit()

    assert check(recorder.history()) == []
    assert len(recorder.history().with_outcome(Outcome.COMMITTED)) >= 4
