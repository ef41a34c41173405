"""Contract 10, 27: the connection breaks while MariaDB commits.

What PostgreSQL can be made to do by a trigger that ends its own session, in
tests/contract/test_failures.py, MariaDB cannot: nothing runs in its COMMIT.
"""

from typing import Any

import pytest

from tests.faults.proxy import Lost, losing
from tests.shop import Counter, Shop, ShopUnitOfWork, open_shop, shop_schema
from tests.storages import STORAGES, Servers
from unitwork import CommitOutcomeUnknownError, Outcome
from unitwork.adapters.sqlalchemy import PoolOptions, SqlAlchemyDatabase


@pytest.mark.parametrize(
    ("lost", "stored"), [("request", dict[str, int]()), ("reply", {"x": 0})]
)
async def test_a_connection_that_breaks_in_commit_leaves_the_outcome_unknown(
    servers: Servers, lost: Lost, stored: dict[str, int]
) -> None:
    """Contract 10, 27: the same error, and either may be the truth."""
    storage = STORAGES["mariadb"](servers)
    unit = storage.unit(ShopUnitOfWork)  # type: ignore[type-abstract]  # a port
    async with open_shop(storage) as shop:
        known: Any = shop.database
        async with losing(lost, known.engine.url) as url:
            pool = PoolOptions(size=1, overflow=0)
            database = SqlAlchemyDatabase(shop_schema(), url, pool=pool)
            async with unit(database) as uow:
                uow.counters.add(Counter(name="x"))
                with pytest.raises(CommitOutcomeUnknownError) as unknown:
                    await uow.commit()
            assert await Shop(database, unit).counters() == stored
            await database.dispose()

    assert uow.outcome is unknown.value.outcome is Outcome.UNKNOWN
    assert unknown.value.__cause__ is not None
