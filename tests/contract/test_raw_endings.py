"""Contract 10, 28: a raw transaction that other code ends, or tries to end."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from inspect import isawaitable
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import exc, text

from tests.shop import Counter, Shop, open_shop
from unitwork import CommitOutcomeUnknownError, MisuseError, Outcome
from unitwork.testing.passing import PassingSession, interposed

if TYPE_CHECKING:
    from tests.storages import Storage

INSERT = text("INSERT INTO counter (name, value, version) VALUES (:name, 1, 7)")
WRONG_DDL = text("CREATE TABLE counter (name INT)")
Use = Callable[[Any], Awaitable[Any]]


@pytest.fixture
async def sql_shop(sql_storage: "Storage") -> AsyncIterator[Shop]:
    """A fresh shop on each storage that has SQL."""
    async with open_shop(sql_storage) as opened:
        yield opened


def raw(shop: Shop) -> Any:
    """Make a unit; its connection and session are not in the port."""
    return shop.unit()


@pytest.mark.parametrize(
    "statement",
    [
        "COMMIT",
        "  commit and chain;",
        "-- why\n/* not */ ROLLBACK",
        "ROLLBACK TO SAVEPOINT a",
        "SAVEPOINT a",
        "RELEASE a",
        "BEGIN",
        "start  transaction",
        "END",
    ],
)
async def test_sql_that_controls_the_transaction_is_not_sent(
    sql_shop: Shop, statement: str
) -> None:
    """Contract 28: the unit is sound, and commits all of it."""
    async with raw(sql_shop) as uow:
        uow.counters.add(Counter(name="a"))
        handle, session = await uow.connection(), await uow.session()
        for execute in (handle.execute, session.execute):
            with pytest.raises(MisuseError, match=r"^execute\(\"[A-Z ]+\"\) was call"):
                await execute(text(statement))
        with pytest.raises(MisuseError):
            await handle.exec_driver_sql(statement)
        await handle.execute(INSERT, {"name": "b"})
        await uow.commit()

    assert await sql_shop.counters() == {"a": 0, "b": 1}


async def test_the_refusal_says_what_to_do(sql_shop: Shop) -> None:
    """Contract 28: as that of commit() does."""
    async with raw(sql_shop) as uow:
        with pytest.raises(MisuseError) as refused:
            await (await uow.connection()).execute(text("rollback"))

    assert str(refused.value) == (
        'execute("ROLLBACK") was called on a handle of a unit of work.\n'
        "The unit ends its transaction itself, completely or not at all.\n"
        "Call `await uow.commit()`; for a part that may fail, begin_nested(). [misuse]"
    )


@pytest.mark.parametrize("verb", ["commit", "rollback"])
async def test_code_that_is_given_the_session_cannot_end_it_either(
    sql_shop: Shop, verb: str
) -> None:
    """Contract 28: run_sync() hands out SQLAlchemy's blocking session."""
    async with raw(sql_shop) as uow:
        session = await uow.session()
        await session.execute(INSERT, {"name": "a"})
        with pytest.raises(MisuseError, match=rf"^session\.{verb}\(\) was called"):
            await session.run_sync(lambda sync: getattr(sync, verb)())
        await uow.commit()

    assert await sql_shop.counters() == {"a": 1}


async def drivers_commit(uow: Any) -> None:
    """Go round everything that SQLAlchemy hears of."""
    connection = await uow.connection()
    driver = (await connection.get_raw_connection()).driver_connection
    if hasattr(driver, "commit"):
        await driver.commit()
    else:
        await driver.execute("COMMIT")


async def nothing(_: Any) -> None:
    """Touch the transaction no more."""


async def more_sql(uow: Any) -> None:
    with suppress(CommitOutcomeUnknownError):
        await (await uow.connection()).execute(INSERT, {"name": "b"})


async def commit(uow: Any) -> None:
    with pytest.raises(CommitOutcomeUnknownError):
        await uow.commit()


async def rollback(uow: Any) -> None:
    await uow.rollback()


async def fail(_: Any) -> None:
    raise ZeroDivisionError


async def nested(uow: Any) -> None:
    with pytest.raises(CommitOutcomeUnknownError):
        async with uow:
            pass


@pytest.mark.parametrize("then", [nothing, more_sql, commit, rollback, fail, nested])
async def test_a_transaction_that_was_committed_by_others_has_an_unknown_outcome(
    sql_shop: Shop, then: Use
) -> None:
    """Contract 10: half of it is stored, however the unit is left."""
    uow = raw(sql_shop)
    with suppress(ZeroDivisionError):
        async with uow:
            handle = await uow.connection()
            await handle.execute(INSERT, {"name": "a"})
            await drivers_commit(uow)
            await then(uow)

    assert uow.outcome is Outcome.UNKNOWN
    assert await sql_shop.counters() == {"a": 1}
    await sql_shop.put(next=1)
    assert uow.outcome is Outcome.UNKNOWN


async def test_what_stands_before_the_storage_passes_it_on(sql_shop: Shop) -> None:
    """Contract 10: faults and schedules of a test hide no outcome."""
    with interposed(sql_shop.database, PassingSession):
        async with raw(sql_shop) as uow:
            await drivers_commit(uow)

    assert uow.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("then", [nothing, rollback, fail])
async def test_a_connection_that_other_code_has_closed_does_not_come_back(
    sql_shop: Shop, then: Use
) -> None:
    """Contract 10, 29: it is replaced, and nothing is said to be committed."""
    uow = raw(sql_shop)
    with suppress(ZeroDivisionError):
        async with uow:
            connection = await uow.connection()
            await connection.execute(INSERT, {"name": "a"})
            driver = (await connection.get_raw_connection()).driver_connection
            if hasattr(driver, "terminate"):
                driver.terminate()
            elif isawaitable(closing := driver.close()):
                await closing
            await then(uow)

    assert uow.outcome in {Outcome.UNKNOWN, Outcome.ROLLED_BACK}
    database: Any = sql_shop.database
    assert database.engine.sync_engine.pool.checkedout() == 0
    await sql_shop.put(next=1)
    assert await sql_shop.counters() == {"next": 1}


async def test_nothing_is_sent_where_no_transaction_is_open(sql_shop: Shop) -> None:
    """Contract 10: it would be stored at once, by itself."""
    async with raw(sql_shop) as uow:
        handle = await uow.connection()
        await drivers_commit(uow)
        for _ in range(2):
            with pytest.raises(CommitOutcomeUnknownError) as refused:
                await handle.execute(INSERT, {"name": "a"})
        uow.counters.add(Counter(name="b"))
        with pytest.raises(CommitOutcomeUnknownError):
            await uow.connection()
        await uow.rollback()

    assert await sql_shop.counters() == {}
    assert str(refused.value) == (
        "A part of the unit of work may be stored, and the rest is not.\n"
        "Its transaction was ended by something else:"
        " it was gone\n"
        "Look for its effects. Run what commits by itself outside of units."
        " [outcome-unknown]"
    )


async def test_a_unit_of_which_half_is_stored_is_not_said_to_be_rolled_back(
    sql_shop: Shop,
) -> None:
    """Contract 5, 10: leaving it without commit names the truth."""
    with pytest.raises(CommitOutcomeUnknownError, match="it was gone"):
        async with raw(sql_shop) as uow:
            uow.counters.add(Counter(name="a"))
            await drivers_commit(uow)

    assert await sql_shop.counters() == {"a": 0}


async def test_ddl_commits_with_the_unit_or_is_told_to_have_committed(
    sql_shop: Shop,
) -> None:
    """Contract 10: MariaDB commits before it, and says nothing."""
    uow = raw(sql_shop)
    async with uow:
        uow.counters.add(Counter(name="a"))
        handle = await uow.connection()
        try:
            await handle.execute(text("CREATE TABLE made (x INT)"))
        except CommitOutcomeUnknownError as told:
            assert told.detail == "'CREATE TABLE made (x INT)'"  # noqa: PT017
        await uow.rollback()

    stored = await sql_shop.counters()
    if uow.outcome is Outcome.UNKNOWN:
        assert stored == {"a": 0}
        database: Any = sql_shop.database
        async with database.engine.begin() as connection:
            await connection.execute(text("DROP TABLE made"))
    else:
        assert (uow.outcome, stored) == (Outcome.ROLLED_BACK, {})


async def test_ddl_that_fails_may_have_committed_all_the_same(sql_shop: Shop) -> None:
    """Contract 10: MariaDB commits before it looks whether the table is there."""
    async with raw(sql_shop) as uow:
        uow.counters.add(Counter(name="a"))
        handle = await uow.connection()
        with suppress(exc.DBAPIError):
            await handle.execute(WRONG_DDL)
        await uow.rollback()

    told = (uow.outcome, await sql_shop.counters())
    assert told in [(Outcome.ROLLED_BACK, {}), (Outcome.UNKNOWN, {"a": 0})]
