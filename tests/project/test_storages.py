"""The storages of the tests: whatever one test leaves behind, the next starts clean."""

from contextlib import ExitStack
from typing import Any

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from tests.shop import Counter, ShopUnitOfWork, open_shop, shop_schema
from tests.storages import Servers, SqlStorage, Storage, missing
from unitwork.adapters.mapping import Schema


async def tables(connection: AsyncConnection) -> set[str]:
    return await connection.run_sync(lambda c: set(inspect(c).get_table_names()))


async def test_rows_do_not_reach_the_next_test(storage: Storage) -> None:
    """Tables are kept for the same schema; their rows are not."""
    for _ in range(2):
        async with open_shop(storage) as shop:
            assert await shop.counters() == {}
            await shop.store(Counter(name="left behind"))


async def test_tables_do_not_reach_the_next_test(sql_storage: SqlStorage) -> None:
    """A test that altered tables is found out, and gives way to new ones."""
    async with open_shop(sql_storage):
        pass
    for _ in range(2):
        async with sql_storage.fresh(shop_schema()) as (url, ready):
            engine = create_async_engine(url)
            async with engine.begin() as connection:
                assert "stray" not in await tables(connection)
                await connection.execute(text("CREATE TABLE stray (id INTEGER)"))
            await engine.dispose()
    assert not ready or url.get_backend_name() == "sqlite"


async def test_another_schema_finds_none_of_the_tables(sql_storage: SqlStorage) -> None:
    """Each schema starts in an empty database."""
    async with open_shop(sql_storage):
        pass
    async with sql_storage.fresh(Schema(Counter)) as (url, ready):
        engine = create_async_engine(url)
        async with engine.connect() as connection:
            assert await tables(connection) == set()
        await engine.dispose()
    assert not ready


def test_a_port_has_one_unit_class_for_each_storage(storage: Storage) -> None:
    """Making classes is slow, and their repositories are the same."""
    port: Any = ShopUnitOfWork
    assert storage.unit(port) is storage.unit(port)


def test_a_service_that_must_answer_fails_the_test(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On CI nothing is skipped for want of a server; elsewhere it is, with a reason."""
    monkeypatch.setenv("UNITWORK_REQUIRE_SERVICES", "1")
    with pytest.raises(pytest.fail.Exception, match="Oracle is not there: why"):
        missing("Oracle", "why")

    monkeypatch.delenv("UNITWORK_REQUIRE_SERVICES")
    with pytest.raises(pytest.skip.Exception, match="Oracle is not there: why"):
        missing("Oracle", "why")


def test_a_server_of_the_environment_is_asked_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where nothing listens, the reason names the address."""
    monkeypatch.delenv("UNITWORK_REQUIRE_SERVICES", raising=False)
    monkeypatch.setenv("UNITWORK_MARIADB_URL", "mysql+asyncmy://root@127.0.0.1:1/x")
    with pytest.raises(pytest.skip.Exception, match=r"127\.0\.0\.1:1/x"):
        _ = Servers(ExitStack()).mariadb
