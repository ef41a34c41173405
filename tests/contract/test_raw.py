"""Contract 6, 21, 28: raw SQL inside a unit of work, on the storages that have SQL."""

from collections.abc import AsyncIterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import TextClause, exc, text

from tests.shop import Counter, Shop, open_shop
from unitwork import (
    MisuseError,
    Outcome,
    PersistenceError,
    UncommittedChangesError,
)
from unitwork.adapters.memory import InMemoryDatabase

if TYPE_CHECKING:
    from tests.storages import Storage

INSERT = text("INSERT INTO counter (name, value, version) VALUES (:name, :value, 7)")
ADD = text("UPDATE counter SET value = value + 1 WHERE name = :name")
VALUE = text("SELECT value FROM counter WHERE name = :name")
WRONG = text("SELECT nonsense FROM nowhere")
TWICE = text("INSERT INTO counter (name, value, version) VALUES ('a', 0, 7)")


@pytest.fixture
async def sql_shop(sql_storage: "Storage") -> AsyncIterator[Shop]:
    """A fresh shop on each storage that has SQL."""
    async with open_shop(sql_storage) as opened:
        yield opened


@pytest.fixture(params=[WRONG, TWICE], ids=["wrong", "twice"])
def failing(request: pytest.FixtureRequest) -> TextClause:
    """A statement that fails: before it runs, or on the row 'a' that is there."""
    statement: TextClause = request.param
    return statement


def raw(shop: Shop, **options: Any) -> Any:
    """Make a unit; its connection and session are not in the port."""
    return shop.unit(**options)


@pytest.mark.parametrize("name", ["connection", "session"])
async def test_the_fake_refuses_raw_sql_and_says_what_to_do(
    shop: Shop, name: str
) -> None:
    """Contract 21: where storages cannot be equal, the fake says so."""
    if not isinstance(shop.database, InMemoryDatabase):
        async with raw(shop) as uow:
            assert await getattr(uow, name)() is not None
            await uow.rollback()
        return
    async with raw(shop) as uow:
        with pytest.raises(MisuseError) as refused:
            await getattr(uow, name)()

    assert str(refused.value) == (
        f"uow.{name}() was called on the in-memory unit of work.\n"
        "It keeps rows in a dict and has no SQL.\n"
        "Put the SQL into a finder of a port, and write its in-memory twin with"
        " InMemoryRepository.all(); or test this service on SQLite. [misuse]"
    )


async def test_raw_sql_sees_pending_changes_and_commits_with_the_unit(
    sql_shop: Shop,
) -> None:
    """Contract 21: pending changes are written first, and on each call again."""
    async with raw(sql_shop) as uow:
        uow.counters.add(counter := Counter(name="a", value=1))
        connection = await uow.connection()
        assert await connection.scalar(VALUE, {"name": "a"}) == 1
        counter.value = 5
        connection = await uow.connection()
        assert await connection.scalar(VALUE, {"name": "a"}) == 5
        await connection.execute(INSERT, {"name": "b", "value": 9})
        counter.value = 6
        assert await uow.counters.count() == 2
        await uow.commit()

    assert await sql_shop.counters() == {"a": 6, "b": 9}


async def test_raw_sql_rolls_back_with_the_unit(sql_shop: Shop) -> None:
    """Contract 4: what an exception undoes includes raw statements."""
    await sql_shop.put(a=1)
    with pytest.raises(ZeroDivisionError):
        async with raw(sql_shop) as uow:
            counter = await uow.counters.get("a")
            counter.value = 2
            connection = await uow.connection()
            await connection.execute(INSERT, {"name": "b", "value": 9})
            raise ZeroDivisionError

    assert counter.value == 1
    assert await sql_shop.counters() == {"a": 1}


async def test_changes_written_to_the_raw_transaction_are_still_named(
    sql_shop: Shop,
) -> None:
    """Contract 5: leaving without commit names what was flushed as well."""
    with pytest.raises(UncommittedChangesError) as refused:
        async with raw(sql_shop) as uow:
            uow.counters.add(Counter(name="a"))
            await uow.connection()

    assert refused.value.changes == ("added Counter 'a'",)
    assert await sql_shop.counters() == {}


async def test_a_session_joins_the_same_transaction(sql_shop: Shop) -> None:
    """Contract 21: an ORM session, or a library that wants one."""
    async with raw(sql_shop) as uow:
        uow.counters.add(Counter(name="a", value=1))
        session = await uow.session()
        await session.execute(ADD, {"name": "a"})
        assert await session.scalar(VALUE, {"name": "a"}) == 2
        await uow.commit()

    assert await sql_shop.counters() == {"a": 2}


@pytest.mark.parametrize("handle", ["connection", "session"])
@pytest.mark.parametrize("verb", ["commit", "rollback", "close"])
async def test_the_handles_cannot_end_the_transaction(
    sql_shop: Shop, handle: str, verb: str
) -> None:
    """Contract 28: the unit alone commits, and still can."""
    async with raw(sql_shop) as uow:
        uow.counters.add(Counter(name="a"))
        raw_handle = await getattr(uow, handle)()
        with pytest.raises(MisuseError) as refused:
            await getattr(raw_handle, verb)()
        await uow.commit()

    assert str(refused.value) == (
        f"{handle}.{verb}() was called on a handle of a unit of work.\n"
        "The unit ends its transaction itself, completely or not at all.\n"
        "Call `await uow.commit()`; for a part that may fail, begin_nested(). [misuse]"
    )
    assert await sql_shop.counters() == {"a": 0}


async def test_a_swallowed_error_dooms_the_whole_unit(
    sql_shop: Shop, failing: TextClause
) -> None:
    """Contract 28: commit raises, and zero rows are there, on every database."""
    async with raw(sql_shop) as uow:
        uow.counters.add(Counter(name="a"))
        connection = await uow.connection()
        await connection.execute(INSERT, {"name": "b", "value": 1})
        with suppress(exc.DBAPIError):
            await connection.execute(failing)
        with pytest.raises(PersistenceError) as refused:
            await uow.commit()

    assert uow.outcome is Outcome.ROLLED_BACK
    assert refused.value.__cause__ is not None
    assert await sql_shop.counters() == {}
    await sql_shop.put(c=1)
    assert await sql_shop.counters() == {"c": 1}


async def test_a_swallowed_error_dooms_only_its_savepoint(
    sql_shop: Shop, failing: TextClause
) -> None:
    """Contract 28: a nested scope that is undone takes its failure along."""
    async with raw(sql_shop) as uow:
        connection = await uow.connection()
        await connection.execute(INSERT, {"name": "a", "value": 1})
        with suppress(exc.DBAPIError):
            async with uow:
                await connection.execute(INSERT, {"name": "b", "value": 1})
                await connection.execute(failing)
        await uow.commit()

    assert await sql_shop.counters() == {"a": 1}


async def test_a_nested_scope_with_a_swallowed_error_cannot_be_kept(
    sql_shop: Shop, failing: TextClause
) -> None:
    """Contract 28: its commit raises; the outer block goes on."""
    async with raw(sql_shop) as uow:
        connection = await uow.connection()
        await connection.execute(INSERT, {"name": "a", "value": 1})
        with pytest.raises(PersistenceError):
            async with uow:
                with suppress(exc.DBAPIError):
                    await connection.execute(failing)
                await uow.commit()
        await uow.commit()

    assert await sql_shop.counters() == {"a": 1}


async def test_a_savepoint_of_ones_own_redeems_its_failure(
    sql_shop: Shop, failing: TextClause
) -> None:
    """Contract 28: begin_nested, failed and rolled back, is no failure of the unit."""
    async with raw(sql_shop) as uow:
        connection = await uow.connection()
        await connection.execute(INSERT, {"name": "a", "value": 1})
        with suppress(exc.DBAPIError):
            async with connection.begin_nested():
                await connection.execute(failing)
        await uow.commit()

    assert await sql_shop.counters() == {"a": 1}


async def test_every_nested_scope_is_a_savepoint_once_sql_is_open(
    sql_shop: Shop,
) -> None:
    """Contract 6: undone raw statements and undone changes go together."""
    await sql_shop.put(a=1)
    async with raw(sql_shop) as uow:
        counter = await uow.counters.get("a")
        counter.value = 10
        connection = await uow.connection()
        async with uow:
            counter.value = 20
            uow.counters.add(Counter(name="b"))
            await uow.connection()
            await connection.execute(INSERT, {"name": "c", "value": 1})
            await uow.rollback()
        assert counter.value == 10
        assert await connection.scalar(VALUE, {"name": "a"}) == 10
        async with uow:
            await connection.execute(INSERT, {"name": "d", "value": 1})
            await uow.commit()
        await uow.commit()

    assert await sql_shop.counters() == {"a": 10, "d": 1}


async def test_a_scope_that_opens_sql_itself_is_undone_with_it(sql_shop: Shop) -> None:
    """Contract 6: what was pending outside stays pending."""
    async with raw(sql_shop) as uow:
        uow.counters.add(Counter(name="outer"))
        async with uow:
            uow.counters.add(Counter(name="inner"))
            connection = await uow.connection()
            await connection.execute(INSERT, {"name": "raw", "value": 1})
            await uow.rollback()
        await uow.commit()

    assert await sql_shop.counters() == {"outer": 0}


@pytest.mark.parametrize("isolation", ["snapshot", "serializable"])
async def test_a_snapshot_unit_opens_sql_before_it_reads(
    sql_shop: Shop, isolation: Any
) -> None:
    """Contract 21: later, its snapshot would not fit the transaction."""
    await sql_shop.put(a=1)
    async with raw(sql_shop, isolation=isolation) as uow:
        connection = await uow.connection()
        assert (await uow.counters.get("a")).value == 1
        await connection.execute(INSERT, {"name": "b", "value": 1})
        await uow.commit()
    async with raw(sql_shop, isolation=isolation) as uow:
        await uow.counters.get("a")
        with pytest.raises(MisuseError, match="after it had read"):
            await uow.connection()

    assert await sql_shop.counters() == {"a": 1, "b": 1}


async def test_nothing_is_left_in_the_pool(sql_shop: Shop) -> None:
    """Contract 29: neither a transaction nor a connection, however a unit ends."""
    for end in ("commit", "rollback", "leave", "fail"):
        with suppress(ZeroDivisionError):
            async with raw(sql_shop) as uow:
                connection = await uow.connection()
                await connection.execute(INSERT, {"name": end, "value": 1})
                if end == "fail":
                    raise ZeroDivisionError
                if end != "leave":
                    await getattr(uow, end)()

    database: Any = sql_shop.database
    assert database.engine.sync_engine.pool.checkedout() == 0
    assert await sql_shop.counters() == {"commit": 1}


async def test_the_database_refuses_the_writes_of_a_read_only_unit(
    sql_shop: Shop,
) -> None:
    """Contract 11: the raw hatch of a read-only unit cannot write either."""
    await sql_shop.store(Counter(name="a"))
    with pytest.raises((exc.DBAPIError, PersistenceError)):
        async with raw(sql_shop, read_only=True) as uow:
            connection = await uow.connection()
            await connection.execute(text("DELETE FROM counter"))
    async with sql_shop.unit() as uow:
        assert await uow.counters.exists(Counter.name == "a")
        (await uow.counters.get("a")).value = 1
        await uow.commit()
