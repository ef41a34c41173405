"""FastAPI: the unit of a request as a typed dependency."""

from collections.abc import Callable
from typing import Any, TypeVar

from fastapi import Depends
from fastapi.requests import HTTPConnection

from unitwork.domain.unit_of_work import AbstractUnitOfWork
from unitwork.entrypoints.asgi.units import unit_of

U = TypeVar("U", bound=AbstractUnitOfWork)


def unit(port: Callable[..., U]) -> Any:
    """Return the dependency on the unit of the request.

        Unit = Annotated[StockUnitOfWork, unit(StockUnitOfWork)]

        @app.post("/allocations")
        async def post(uow: Unit, sku: str) -> str: ...

    The middleware commits, before the response begins; so there is nothing to do when
    the dependency's scope ends, and every handler and dependency of a request is given
    the same object.
    """

    async def lent(connection: HTTPConnection) -> U:
        return unit_of(connection, port)

    return Depends(lent)
