"""Contract 28, 29: a COMMIT that fails leaves nothing, in the pool or anywhere."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from tests.shop import Counter, ShopUnitOfWork, shop_schema
from unitwork import (
    Outcome,
    PersistenceError,
    ReferenceViolationError,
    StorageError,
    all_of,
)
from unitwork.adapters.sqlalchemy import (
    PoolOptions,
    SqlAlchemyDatabase,
    SqlAlchemyUnitOfWork,
)

TIMES = 100
OWN_TABLE = """
    CREATE TABLE note (
        counter TEXT REFERENCES counter (name) DEFERRABLE INITIALLY DEFERRED
    )
"""


class SqlShop(SqlAlchemyUnitOfWork, ShopUnitOfWork): ...


@asynccontextmanager
async def pool_of_one(folder: Path) -> AsyncIterator[SqlAlchemyDatabase]:
    database = SqlAlchemyDatabase(
        shop_schema(),
        f"sqlite+aiosqlite:///{folder / 'shop.db'}",
        pool=PoolOptions(size=1, overflow=0),
    )
    await database.create_all()
    yield database
    await database.dispose()


async def names(database: SqlAlchemyDatabase) -> list[str]:
    async with SqlShop(database) as uow:
        return [counter.name for counter in await uow.counters.matching(all_of())]


async def test_a_deferred_foreign_key_fails_at_commit_and_leaves_nothing(
    tmp_path: Path,
) -> None:
    """The next unit on the same connection sees nothing of it, and works."""
    async with pool_of_one(tmp_path) as database:
        async with database.engine.begin() as connection:
            await connection.exec_driver_sql(OWN_TABLE)
        for number in range(TIMES):
            uow = SqlShop(database)
            with pytest.raises(ReferenceViolationError):
                async with uow:
                    uow.counters.add(Counter(name=f"lost {number}"))
                    raw = await uow.connection()
                    await raw.exec_driver_sql("INSERT INTO note VALUES ('nobody')")
                    await uow.commit()
            assert uow.outcome is Outcome.ROLLED_BACK
            async with uow:
                uow.counters.add(Counter(name=f"kept {number:03}"))
                await uow.commit()

        assert await names(database) == [f"kept {number:03}" for number in range(TIMES)]
        async with database.engine.connect() as connection:
            notes = await connection.exec_driver_sql("SELECT count(*) FROM note")
            assert notes.scalar_one() == 0


async def test_an_injected_failure_of_commit_leaves_nothing(tmp_path: Path) -> None:
    """The statement COMMIT itself fails, with the transaction left open."""
    failing = False

    def fail(_: Any, __: Any, statement: str, *___: Any) -> None:
        if failing and statement == "COMMIT":
            raise OSError("injected")

    event.listen(Engine, "before_cursor_execute", fail)
    try:
        async with pool_of_one(tmp_path) as database:
            for number in range(TIMES):
                failing = True
                uow = SqlShop(database)
                with pytest.raises(PersistenceError) as refused:
                    async with uow:
                        uow.counters.add(Counter(name=f"lost {number}"))
                        await uow.commit()
                assert type(refused.value) is StorageError
                assert uow.outcome is refused.value.outcome is Outcome.ROLLED_BACK
                failing = False
                async with SqlShop(database) as uow:
                    uow.counters.add(Counter(name=f"kept {number:03}"))
                    await uow.commit()

            kept = [f"kept {number:03}" for number in range(TIMES)]
            assert await names(database) == kept
    finally:
        event.remove(Engine, "before_cursor_execute", fail)
