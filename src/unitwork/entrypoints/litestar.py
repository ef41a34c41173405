"""Litestar: the unit of a request as a dependency, errors left to the middleware."""

from collections.abc import Callable
from typing import Any, NoReturn

from litestar import Request
from litestar.di import Provide
from litestar.middleware import DefineMiddleware
from litestar.types import ExceptionHandlersMap, Scope

from unitwork.domain.unit_of_work import AbstractUnitOfWork
from unitwork.entrypoints.asgi.exchange import EXPECTED
from unitwork.entrypoints.asgi.middleware import UnitOfWorkMiddleware
from unitwork.entrypoints.asgi.units import unit_of


def unit(port: Callable[..., AbstractUnitOfWork]) -> Provide:
    """Return the dependency on the unit of the request.

    Litestar(..., dependencies={"uow": unit(StockUnitOfWork)})
    """

    async def lent(scope: Scope) -> Any:
        words: Any = scope  # a dict of its own type, with the same words
        return unit_of(words, port)

    return Provide(lent)


def middleware(
    make: Callable[[], AbstractUnitOfWork], **options: Any
) -> DefineMiddleware:
    """Return the middleware, in Litestar's words; options are those of its class.

    Litestar(..., middleware=[middleware(lambda: SqlAlchemyStock(database))])
    """
    ours: Any = UnitOfWorkMiddleware
    return DefineMiddleware(ours, make=make, **options)


def _pass_on(_: Request[Any, Any, Any], error: Exception) -> NoReturn:
    raise error


LEFT_TO_THE_MIDDLEWARE: ExceptionHandlersMap = dict.fromkeys(EXPECTED, _pass_on)
"""Let the middleware say errors as problem documents, where Litestar would say 500:

Litestar(..., exception_handlers=LEFT_TO_THE_MIDDLEWARE)
"""
