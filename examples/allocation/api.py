"""The same services over HTTP: a request is one unit of work."""

from datetime import date
from typing import Annotated

from fastapi import FastAPI
from pydantic import BaseModel

from examples.allocation import services
from examples.allocation.domain import (
    AlreadyAllocatedError,
    BatchExistsError,
    StockUnitOfWork,
    UnknownSkuError,
)
from unitwork.application import Runner
from unitwork.entrypoints.asgi import Idempotency, UnitOfWorkMiddleware
from unitwork.entrypoints.fastapi import unit

Unit = Annotated[StockUnitOfWork, unit(StockUnitOfWork)]
STATUSES = {UnknownSkuError: 404, AlreadyAllocatedError: 409, BatchExistsError: 409}


class NewBatch(BaseModel):
    reference: str
    sku: str
    purchased: int
    eta: date | None = None


class Order(BaseModel):
    order: str
    sku: str
    quantity: int


def application(runner: Runner[StockUnitOfWork]) -> FastAPI:
    """Make the application; what conflicts often is tried again, by the runner."""

    async def post_batch(uow: Unit, batch: NewBatch) -> None:
        await services.add_batch(uow, **batch.model_dump())

    async def post_allocation(order: Order) -> str | None:
        return await runner.run(services.allocate, **order.model_dump())

    async def delete_allocation(uow: Unit, order: str, sku: str) -> None:
        await services.deallocate(uow, order, sku)

    async def put_purchased(
        uow: Unit, sku: str, reference: str, purchased: int
    ) -> None:
        await services.change_quantity(uow, reference, sku, purchased)

    async def get_allocations(uow: Unit, order: str) -> dict[str, str]:
        return await services.allocations(uow, order)

    app = FastAPI(title="Stock")
    app.post("/batches", status_code=201)(post_batch)
    app.post("/allocations", status_code=201)(post_allocation)
    app.delete("/allocations/{order}/{sku}", status_code=204)(delete_allocation)
    app.put("/batches/{sku}/{reference}", status_code=204)(put_purchased)
    app.get("/allocations/{order}")(get_allocations)
    app.add_middleware(
        UnitOfWorkMiddleware,
        make=runner.make,
        statuses=STATUSES,
        idempotency=Idempotency(),
    )
    return app
