"""Statements, counted."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from tests.shop import Counter, Shop, ShopUnitOfWork, open_shop, shop_schema
from tests.storages import STORAGES, InMemoryDatabase, Servers
from unitwork import UsageError
from unitwork.adapters.sqlalchemy import SqlAlchemyDatabase, SqlAlchemyUnitOfWork
from unitwork.testing import assert_statements

if TYPE_CHECKING:
    from tests.storages import Storage


class SqlShop(SqlAlchemyUnitOfWork, ShopUnitOfWork): ...


@pytest.fixture
async def shop(sql_storage: "Storage") -> AsyncIterator[Shop]:
    """A shop with one counter, on each storage that has statements."""
    async with open_shop(sql_storage) as opened:
        await opened.store(Counter(name="a"))
        yield opened


async def count(shop: Shop) -> None:
    async with shop.unit() as uow:
        (await uow.counters.get("a")).value += 1
        await uow.commit()


async def test_statements_are_counted_without_those_of_transactions(shop: Shop) -> None:
    """A read, a guard, a write; the list has BEGIN and COMMIT, too."""
    with assert_statements(3, on=shop.database, transactions=1) as sent:
        await count(shop)

    words = [statement.split()[0] for statement in sent]
    assert words[1] in ("BEGIN", "START")
    assert [words[0], *words[2:]] == ["SELECT", "SELECT", "UPDATE", "COMMIT"]


async def test_a_block_that_sends_nothing_has_no_statement(shop: Shop) -> None:
    """Not even a transaction."""
    with assert_statements(0, on=shop.database, transactions=0):
        async with shop.unit() as uow:
            await uow.commit()


async def test_savepoints_are_no_statements_and_raw_ones_are(shop: Shop) -> None:
    """On a read-only unit's pool, too, and on the engine for users."""
    database = shop.database
    assert isinstance(database, SqlAlchemyDatabase)
    with assert_statements(2, on=database, transactions=1):
        async with SqlShop(database) as uow:
            connection = await uow.connection()
            async with connection.begin_nested():
                await connection.execute(text("SELECT 1"))
            await uow.rollback()
        async with shop.unit(read_only=True) as reader:
            await reader.counters.get("a")
    with assert_statements(1, on=database):
        async with database.engine.connect() as own:
            await own.execute(text("SELECT 1"))


async def test_another_database_is_not_counted(servers: Servers) -> None:
    """Nor is the same one after the block."""
    sqlite = STORAGES["sqlite"](servers)
    async with open_shop(sqlite) as shop, open_shop(sqlite) as other:
        await shop.store(Counter(name="a"))
        with assert_statements(1, on=shop.database) as sent:
            assert await shop.counters() == {"a": 0}
            assert await other.counters() == {}
        await shop.counters()

    assert len(sent) == 1


async def test_a_wrong_number_fails_with_the_statements(servers: Servers) -> None:
    """So that the reader sees which one is too many."""
    async with open_shop(STORAGES["sqlite"](servers)) as shop:
        with (
            pytest.raises(AssertionError) as few,
            assert_statements(1, on=shop.database),
        ):
            assert shop.database is not None
        with (
            pytest.raises(AssertionError) as many,
            assert_statements(1, on=shop.database, transactions=2),
        ):
            await shop.store(Counter(name="a"))

    assert str(few.value) == "1 statements were expected, 0 in 0 were sent."
    assert str(many.value) == (
        "1 statements in 2 transactions were expected, 1 in 1 were sent:\n"
        "  BEGIN IMMEDIATE\n"
        "  INSERT INTO counter (name, value, version) VALUES (?, ?, ?)\n"
        "  COMMIT"
    )


async def test_what_fails_in_the_block_is_told_first() -> None:
    """A wrong number is no reason to hide it."""
    database = SqlAlchemyDatabase(shop_schema(), "sqlite+aiosqlite:///never.db")
    with pytest.raises(ZeroDivisionError), assert_statements(7, on=database):
        raise ZeroDivisionError


def test_the_fake_has_no_statements() -> None:
    """It says so, and what to do."""
    fake = InMemoryDatabase(shop_schema())
    with pytest.raises(UsageError) as raised, assert_statements(0, on=fake):
        raise AssertionError

    assert str(raised.value) == (
        "assert_statements() was asked to count on InMemoryDatabase.\n"
        "No statement is ever sent there, so that every number would be wrong.\n"
        "Count on a SqlAlchemyDatabase; where the plugin chooses the storage, mark the"
        " test with @pytest.mark.unitwork_on('sql'). [misuse]"
    )
