"""Planned faults: every one, on every storage."""

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.shop import Counter, Shop, open_shop
from tests.storages import STORAGES, Servers
from unitwork import (
    CommitOutcomeUnknownError,
    ConcurrencyConflictError,
    ConnectionLostError,
    Outcome,
    PersistenceError,
    PoolTimeoutError,
    StatementTimeoutError,
    StorageBusyError,
    StorageFullError,
    StorageReadOnlyError,
    UsageError,
)
from unitwork.testing import (
    Failure,
    FaultPlan,
    Gate,
    busy,
    conflict,
    deadlock,
    disk_full,
    lost,
    lost_reply,
    lost_request,
    no_connection,
    read_only,
    slow,
    timed_out,
)

if TYPE_CHECKING:
    from tests.storages import Storage

FAULTS: dict[Failure, tuple[type[PersistenceError], bool]] = {
    busy: (StorageBusyError, True),
    conflict: (ConcurrencyConflictError, True),
    deadlock: (ConcurrencyConflictError, True),
    disk_full: (StorageFullError, False),
    lost: (ConnectionLostError, True),
    lost_reply: (CommitOutcomeUnknownError, False),
    lost_request: (CommitOutcomeUnknownError, False),
    no_connection: (PoolTimeoutError, True),
    read_only: (StorageReadOnlyError, False),
    timed_out: (StatementTimeoutError, True),
}
"""What each raises, and whether that is retryable."""
UNKNOWN = (lost_reply, lost_request)
AT_READS = [fault for fault in FAULTS if fault not in UNKNOWN]


@pytest.fixture
async def shop(storage: "Storage") -> AsyncIterator[Shop]:
    """A shop with one counter and one connection, on each storage in turn."""
    from unitwork.adapters.sqlalchemy import PoolOptions

    one = PoolOptions(size=1, overflow=0, timeout=2)
    async with open_shop(storage, pool=one, lock_timeout=1) as opened:
        await opened.store(Counter(name="a"))
        yield opened


@pytest.fixture
async def fake_shop(servers: Servers) -> AsyncIterator[Shop]:
    """The same in memory alone."""
    async with open_shop(STORAGES["memory"](servers)) as opened:
        await opened.store(Counter(name="a"))
        yield opened


def lent(shop: Shop) -> int:
    """Count the connections that are out of the pool; none where there is no pool."""
    engine: Any = getattr(shop.database, "engine", None)
    return 0 if engine is None else engine.pool.checkedout()


async def count(shop: Shop) -> Outcome:
    async with shop.unit() as uow:
        (await uow.counters.get("a")).value += 1
        await uow.commit()
    return uow.outcome


async def require_usable(shop: Shop, *, value: int) -> None:
    """The pool is fine, storage has what it should, and the next unit works."""
    assert lent(shop) == 0
    assert await shop.counters() == {"a": value}
    assert await count(shop) is Outcome.COMMITTED
    assert await shop.counters() == {"a": value + 1}


@pytest.mark.parametrize("fault", FAULTS, ids=str)
async def test_a_commit_fails_as_a_storage_would_fail_it(
    shop: Shop, fault: Failure
) -> None:
    """Contract 2, 4, 10, 29: the outcome is the truth, and nothing is left behind."""
    kind, retryable = FAULTS[fault]
    uow = shop.unit()
    with FaultPlan().at_commit(2, fault).on(shop.database):
        assert await count(shop) is Outcome.COMMITTED
        with pytest.raises(PersistenceError) as raised:
            async with uow:
                counter = await uow.counters.get("a")
                counter.value += 1
                await uow.commit()

    assert type(raised.value) is kind
    assert raised.value.retryable is retryable
    assert uow.outcome is raised.value.outcome
    assert (uow.outcome is Outcome.UNKNOWN) is (fault in UNKNOWN)
    assert counter.value == 2  # a failed commit gives nothing back
    await require_usable(shop, value=2 if fault is lost_reply else 1)


@pytest.mark.parametrize("fault", AT_READS, ids=str)
async def test_a_read_fails_and_its_unit_rolls_back(shop: Shop, fault: Failure) -> None:
    """Contract 4, 29: the exception passes, whatever was read before."""
    uow = shop.unit("snapshot")
    with (
        FaultPlan().at_read(2, fault).on(shop.database),
        pytest.raises(FAULTS[fault][0]),
    ):
        async with uow:
            (await uow.counters.get("a")).value += 1
            await uow.orders.count()

    assert uow.outcome is Outcome.ROLLED_BACK
    await require_usable(shop, value=0)


@pytest.mark.parametrize("fault", FAULTS, ids=str)
async def test_the_commit_of_a_unit_that_holds_a_lock_fails_the_same(
    shop: Shop, fault: Failure
) -> None:
    """Contract 29: its transaction is ended, and the lock is free."""
    uow = shop.unit()
    with (
        FaultPlan().at_commit(1, fault).on(shop.database),
        pytest.raises(FAULTS[fault][0]),
    ):
        async with uow:
            (await uow.counters.get("a", lock=True)).value += 1
            await uow.commit()

    assert (uow.outcome is Outcome.UNKNOWN) is (fault in UNKNOWN)
    await require_usable(shop, value=1 if fault is lost_reply else 0)


async def test_a_read_that_failed_under_a_lock_dooms_the_unit(
    sql_storage: "Storage",
) -> None:
    """Contract 28: swallowed or not, as the transaction is over."""
    async with open_shop(sql_storage) as shop:
        await shop.store(Counter(name="a"))
        with FaultPlan().at_read(2, lost).on(shop.database):
            async with shop.unit() as uow:
                (await uow.counters.get("a", lock=True)).value += 1
                with pytest.raises(ConnectionLostError):
                    await uow.orders.count()
                with pytest.raises(ConnectionLostError):
                    await uow.commit()
        assert uow.outcome is Outcome.ROLLED_BACK
        await require_usable(shop, value=0)


async def test_the_raw_way_out_is_open_under_a_plan(sql_storage: "Storage") -> None:
    """What the plan puts in between does not hide the storage's own session."""
    async with open_shop(sql_storage) as shop:
        with (
            FaultPlan().at_commit(1, lost_request).on(shop.database),
            pytest.raises(CommitOutcomeUnknownError),
        ):
            async with shop.unit() as uow:
                uow.counters.add(Counter(name="a"))
                unit: Any = uow
                connection = await unit.connection()
                rows = await connection.exec_driver_sql("SELECT * FROM counter")
                assert len(rows.fetchall()) == 1
                async with uow:
                    uow.counters.add(Counter(name="b"))
                    await uow.commit()
                await uow.commit()
        assert await shop.counters() == {}


async def test_a_conflict_names_what_was_to_be_written(fake_shop: Shop) -> None:
    """As a storage does; where it cannot, it gives a reason."""
    plan = FaultPlan().at_commit(1, conflict)
    with (
        plan.on(fake_shop.database),
        pytest.raises(ConcurrencyConflictError) as of_update,
    ):
        await count(fake_shop)
    with (
        plan.on(fake_shop.database),
        pytest.raises(ConcurrencyConflictError) as of_insert,
    ):
        await fake_shop.store(Counter(name="b"))

    assert (of_update.value.aggregate, of_update.value.key) == (Counter, "a")
    assert of_insert.value.aggregate is None
    assert await fake_shop.counters() == {"a": 0}


async def test_what_reaches_no_storage_is_not_counted(fake_shop: Shop) -> None:
    """A commit without changes, a read of what the unit holds."""
    plan = FaultPlan().at_commit(1, lost).at_read(2, lost)
    with plan.on(fake_shop.database):
        async with fake_shop.unit() as uow:
            await uow.counters.get("a")
            await uow.counters.get("a")
            await uow.commit()
        with pytest.raises(ConnectionLostError):
            await fake_shop.counters()
        with pytest.raises(ConnectionLostError):
            await fake_shop.store(Counter(name="b"))


async def test_reads_of_every_kind_are_counted(fake_shop: Shop) -> None:
    """get, matching, count, exists, and a lock."""
    plan = FaultPlan()
    for number in range(1, 6):
        plan = plan.at_read(number, busy)

    with plan.on(fake_shop.database):
        async with fake_shop.unit() as uow:
            counters, criterion = uow.counters, Counter.value > 0
            for read in (
                lambda: counters.get("a"),
                lambda: counters.matching(criterion),
                counters.count,
                lambda: counters.exists(criterion),
                lambda: counters.get("a", lock=True),
            ):
                with pytest.raises(StorageBusyError):
                    await read()


async def test_a_fault_that_was_not_reached_fails_the_test(fake_shop: Shop) -> None:
    """A test of a fault that does not happen cannot fail."""
    plan = FaultPlan().at_commit(2, lost_reply).at_read(9, slow(1))
    with pytest.raises(AssertionError) as raised, plan.on(fake_shop.database):
        await count(fake_shop)

    assert str(raised.value) == (
        "The block ended before its faults: lost_reply at commit 2,"
        " slow(seconds=1) at read 9.\n"
        "What reached storage: 1 commits, 1 reads.\n"
        "A fault that does not happen tests nothing: plan an earlier one, or see why"
        " the code does not get there."
    )


async def test_a_block_that_fails_is_told_before_its_faults(fake_shop: Shop) -> None:
    """And however it ends, the plan is over."""
    plan = FaultPlan().at_commit(1, lost)
    with pytest.raises(ZeroDivisionError), plan.on(fake_shop.database):
        raise ZeroDivisionError

    assert await count(fake_shop) is Outcome.COMMITTED
    assert fake_shop.database.interposers == ()


async def test_plans_on_one_database_add_up(fake_shop: Shop) -> None:
    """The inner block's comes first."""
    outer, inner = FaultPlan().at_commit(1, lost), FaultPlan().at_commit(1, busy)
    with outer.on(fake_shop.database):
        with inner.on(fake_shop.database), pytest.raises(StorageBusyError):
            await count(fake_shop)
        with pytest.raises(ConnectionLostError):
            await count(fake_shop)


def test_a_plan_that_cannot_be_is_refused() -> None:
    """When it is written, not when it runs."""
    with pytest.raises(UsageError) as read:
        FaultPlan().at_read(1, lost_reply)
    with pytest.raises(UsageError) as zeroth:
        FaultPlan().at_commit(0, lost)
    with pytest.raises(UsageError):
        FaultPlan().at_commit(1, lost).at_commit(1, busy)

    assert str(read.value) == (
        "lost_reply was planned for a read.\n"
        "It is a commit whose outcome nobody knows; a read has none.\n"
        "Plan it with at_commit(); for a read there is `lost`. [misuse]"
    )
    assert str(zeroth.value) == (
        "lost was planned for commit 0.\n"
        "Each commit has one fault, and they are counted from 1.\n"
        "Give every fault a place of its own. [misuse]"
    )


# ── slowness ────────────────────────────────────────────────────────────────────


async def test_a_gate_lets_another_unit_pass_between_read_and_commit(
    shop: Shop,
) -> None:
    """The one that was held loses, on every storage."""
    gate = Gate()
    with FaultPlan().at_commit(1, gate).on(shop.database):
        held = asyncio.create_task(count(shop))
        await gate.reached()
        assert await count(shop) is Outcome.COMMITTED
        gate.open()
        with pytest.raises(ConcurrencyConflictError):
            await held

    await require_usable(shop, value=1)


async def test_a_gate_of_replies_holds_what_is_done_already(shop: Shop) -> None:
    """Others see the commit before the one who made it."""
    gate = Gate(replies=True)
    with FaultPlan().at_commit(1, gate).on(shop.database):
        held = asyncio.create_task(count(shop))
        await gate.reached()
        assert await shop.counters() == {"a": 1}
        assert not held.done()
        gate.open()
        assert await held is Outcome.COMMITTED

    await require_usable(shop, value=1)


async def test_a_unit_cancelled_at_a_gate_has_stored_nothing(shop: Shop) -> None:
    """Contract 4, 29: nor is anything left behind."""
    gate = Gate()
    with FaultPlan().at_commit(1, gate).on(shop.database):
        held = asyncio.create_task(count(shop))
        await gate.reached()
        held.cancel()
        with pytest.raises(asyncio.CancelledError):
            await held

    await require_usable(shop, value=0)


async def test_a_slow_call_takes_the_time_of_the_loop(
    fake_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A loop whose time is virtual waits no real second."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    plan = FaultPlan().at_read(1, slow(30)).at_commit(1, slow(60))
    with plan.on(fake_shop.database):
        monkeypatch.setattr("asyncio.sleep", sleep)
        assert await count(fake_shop) is Outcome.COMMITTED

    assert [seconds for seconds in slept if seconds] == [30, 60]
