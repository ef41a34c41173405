"""The services of the allocation example, on the in-memory storage and on SQLite."""

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from examples.allocation import services
from examples.allocation.adapters import (
    InMemoryStock,
    SqlAlchemyStock,
    in_memory,
    sqlalchemy,
)
from examples.allocation.domain import (
    AlreadyAllocatedError,
    BatchExistsError,
    NotAllocatedError,
    OutOfStock,
    StockUnitOfWork,
    UnknownSkuError,
)


@pytest.fixture(params=["memory", "sqlite"])
async def uow(
    request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[StockUnitOfWork]:
    database: Any = in_memory()
    unit: Any = InMemoryStock
    if request.param == "sqlite":
        database = sqlalchemy(f"sqlite+aiosqlite:///{tmp_path / 'stock.db'}")
        unit = SqlAlchemyStock
    await database.create_all()
    yield unit(database)
    await database.dispose()


async def test_stock_in_hand_goes_first_and_then_what_arrives_first(
    uow: StockUnitOfWork,
) -> None:
    await services.add_batch(uow, "late", "LAMP", 5, date(2027, 2, 1))
    await services.add_batch(uow, "soon", "LAMP", 5, date(2027, 1, 1))
    await services.add_batch(uow, "here", "LAMP", 5)

    got = [await services.allocate(uow, f"order-{n}", "LAMP", 4) for n in range(4)]

    assert got == ["here", "soon", "late", None]


async def test_an_order_that_cannot_be_served_is_noted(uow: StockUnitOfWork) -> None:
    await services.add_batch(uow, "here", "LAMP", 5)

    assert await services.allocate(uow, "order-1", "LAMP", 7) is None
    assert uow.events == (OutOfStock("order-1", "LAMP", 7),)
    assert await services.missing(uow, "LAMP") == 7


async def test_the_read_model_follows_what_is_allocated(uow: StockUnitOfWork) -> None:
    await services.add_batch(uow, "lamps", "LAMP", 5)
    await services.add_batch(uow, "vases", "VASE", 5)
    await services.allocate(uow, "order-1", "LAMP", 1)
    await services.allocate(uow, "order-1", "VASE", 1)
    assert await services.allocations(uow, "order-1") == {
        "LAMP": "lamps",
        "VASE": "vases",
    }

    await services.deallocate(uow, "order-1", "LAMP")

    assert await services.allocations(uow, "order-1") == {"VASE": "vases"}
    assert await services.allocations(uow, "order-2") == {}


async def test_a_batch_that_shrinks_gives_up_its_latest_orders(
    uow: StockUnitOfWork,
) -> None:
    await services.add_batch(uow, "here", "LAMP", 6)
    for order in ("order-1", "order-2", "order-3"):
        await services.allocate(uow, order, "LAMP", 2)

    await services.change_quantity(uow, "here", "LAMP", 3)

    served = [await services.allocations(uow, f"order-{n}") for n in (1, 2, 3)]
    assert served == [{"LAMP": "here"}, {}, {}]


async def test_what_the_domain_refuses_leaves_nothing(uow: StockUnitOfWork) -> None:
    await services.add_batch(uow, "here", "LAMP", 6)
    await services.allocate(uow, "order-1", "LAMP", 2)

    for refused, kind in (
        (services.add_batch(uow, "here", "LAMP", 6), BatchExistsError),
        (services.allocate(uow, "order-1", "LAMP", 2), AlreadyAllocatedError),
        (services.allocate(uow, "order-1", "SOFA", 2), UnknownSkuError),
        (services.deallocate(uow, "order-2", "LAMP"), NotAllocatedError),
    ):
        with pytest.raises(kind):
            await refused

    async with uow:
        product = await uow.products.get("LAMP")
        assert [batch.available for batch in product.batches] == [4]
