"""What handlers are given has the type of the port they ask for."""

from typing import assert_type

from starlette.applications import Starlette
from starlette.requests import Request

from unitwork import AbstractRepository, AbstractUnitOfWork, AggregateRoot, Key
from unitwork.adapters.memory import InMemoryDatabase, InMemoryUnitOfWork
from unitwork.entrypoints.asgi import (
    Idempotency,
    UnitOfWorkMiddleware,
    expected_version,
    new_unit,
    unit_of,
)


class Batch(AggregateRoot):
    reference: Key[str]


class StockUnitOfWork(AbstractUnitOfWork):
    batches: AbstractRepository[Batch, str]


class InMemoryStock(InMemoryUnitOfWork, StockUnitOfWork): ...


async def right(request: Request, database: InMemoryDatabase) -> None:
    assert_type(unit_of(request, StockUnitOfWork), StockUnitOfWork)
    assert_type(unit_of(request.scope, StockUnitOfWork), StockUnitOfWork)
    async with new_unit(request, StockUnitOfWork, read_only=True) as uow:
        assert_type(uow, StockUnitOfWork)
    assert_type(expected_version(request.headers.get("if-match")), int | None)
    Starlette().add_middleware(
        UnitOfWorkMiddleware,
        make=lambda: InMemoryStock(database),
        port=StockUnitOfWork,
        idempotency=Idempotency(),
    )


async def wrong(request: Request) -> None:
    unit_of(request)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    unit_of(request, Batch)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
    UnitOfWorkMiddleware(Starlette(), Batch)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
