"""Concurrent units on every storage, judged by what they saw."""

import pytest

from unitwork.adapters.making import IsolationName
from unitwork.adapters.storage import AbstractDatabase
from unitwork.domain.outcome import Outcome
from unitwork.testing.conformance.adapter import Adapter
from unitwork.testing.conformance.declaring import needs
from unitwork.testing.conformance.histories import controls
from unitwork.testing.conformance.histories.checker import check
from unitwork.testing.conformance.histories.ledger import LEDGER
from unitwork.testing.conformance.histories.phenomena import (
    LEVELS,
    Phenomenon,
    forbidden,
)
from unitwork.testing.conformance.histories.recording import Recorder
from unitwork.testing.conformance.histories.workload import Workload, run

LOCK_SECONDS = 0.1
"""Units that one task interleaves would wait for each other for ever."""


@pytest.mark.parametrize("level", LEVELS)
@needs("parallel")
async def test_concurrent_units_show_nothing_that_their_level_forbids(
    storage: Adapter, ledger: AbstractDatabase, level: IsolationName
) -> None:
    """Contract 16, 18: every history is one that the level allows."""
    workload = Workload(transactions=200, locks=storage.capabilities.locks)
    history = await run(ledger, level, workload)

    assert forbidden(level, check(history)) == []
    assert len(history.transactions) == 201
    assert len(history.with_outcome(Outcome.COMMITTED)) > 80
    assert len(history.with_outcome(Outcome.ROLLED_BACK)) > 12


@pytest.mark.parametrize("level", ["read_committed", "snapshot"])
async def test_an_update_is_lost_where_versions_are_not_guarded(
    ledger: AbstractDatabase, level: IsolationName
) -> None:
    """Contract 16: a control, the checker sees it, on this storage."""
    history = await controls.lost_update(ledger, level)

    assert Phenomenon.LOST_UPDATE in {each.phenomenon for each in check(history)}


@pytest.mark.parametrize("level", ["read_committed", "snapshot"])
async def test_write_skew_shows_below_serializable(
    ledger: AbstractDatabase, level: IsolationName
) -> None:
    """Contract 18: a control, no storage is stricter than its level."""
    history = await controls.write_skew(ledger, level)

    assert [each.phenomenon for each in check(history)] == [Phenomenon.G2_ITEM]


@needs("serializable")
async def test_write_skew_shows_where_reads_are_not_run_again(
    ledger: AbstractDatabase,
) -> None:
    """Contract 18: a control, what prevents phantoms is the second run of the reads."""
    history = await controls.skew_by_phantoms(ledger, "serializable", reads=False)

    assert [each.phenomenon for each in check(history)] == [Phenomenon.G2]


@needs("serializable", "locks")
async def test_a_serializable_reader_sees_no_state_that_a_slow_writer_contradicts(
    storage: Adapter,
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
