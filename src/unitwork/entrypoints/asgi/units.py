"""How handlers come by units. Contract: 3, 39."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Protocol, TypeVar, cast

from unitwork.application.hosting import Terms, take_back
from unitwork.domain.errors import MisuseError
from unitwork.domain.unit_of_work import AbstractUnitOfWork
from unitwork.entrypoints.asgi.exchange import KEY, Exchange
from unitwork.entrypoints.asgi.types import Scope

U = TypeVar("U", bound=AbstractUnitOfWork)


class Connection(Protocol):
    """A request or a websocket of a framework: it has a scope."""

    @property
    def scope(self) -> Any:
        """The scope of ASGI."""


def unit_of(connection: Connection | Scope, port: Callable[..., U]) -> U:
    """Return the unit of a request: the same object each time, not open at first.

    Args:
        connection: a request of Starlette, FastAPI or Litestar, or a scope.
        port: the class of the port.

    Raises:
        UnitOfWorkClosedError: the response has begun before it was first asked for.
        MisuseError: no middleware lends units of this port, or this is a websocket.
    """
    scope = _scope_of(connection)
    exchange = _exchange(scope, port)
    if scope["type"] == "websocket":
        raise MisuseError(
            "A websocket has no unit of work of its own.",
            "It lasts for hours; a unit is one operation: that of one message.",
            "Write `async with new_unit(websocket, Port) as uow:` for each message.",
        )
    return _checked(exchange.unit(scope), port)


@asynccontextmanager
async def new_unit(
    connection: Connection | Scope, port: Callable[..., U], *, read_only: bool = False
) -> AsyncIterator[U]:
    """Lend a unit beside that of the request, and end it with the block.

        async with new_unit(websocket, StockUnitOfWork) as uow:
            reference = await allocate(uow, **message)
        await websocket.send_text(reference)

    For one message of a websocket, for the body of a stream, for a background task. As
    in a request, a service's own block commits; what use without a block has opened is
    committed at the end, and rolled back after an exception.

    Raises:
        PersistenceError: as commit() does.
        MisuseError: no middleware lends units of this port.
    """
    scope = _scope_of(connection)
    uow = _exchange(scope, port).host.fresh()
    uow.lend(Terms(read_only=read_only))
    try:
        yield _checked(uow, port)
    except BaseException as error:
        await take_back(uow, error)
        raise
    await uow.conclude(commit=True)


def _scope_of(connection: Any) -> Scope:
    scope: Scope = getattr(connection, "scope", connection)
    return scope


def _exchange(scope: Scope, port: Any) -> Exchange:
    exchange: Exchange | None = scope.get(KEY)
    while exchange is not None:
        lends: Any = exchange.host.port
        if lends is None or issubclass(lends, port):
            return exchange
        exchange = exchange.outer
    raise MisuseError(
        f"There is no unit of work of {port.__name__} for this request.",
        "A UnitOfWorkMiddleware round the application lends it.",
        "Write app.add_middleware(UnitOfWorkMiddleware, make=...); where there are"
        " several, say each one's port=.",
    )


def _checked(uow: AbstractUnitOfWork, port: Callable[..., U]) -> U:
    kind: Any = port
    if isinstance(uow, kind):
        found: Any = uow
        return cast("U", found)
    raise MisuseError(
        f"The middleware lends units of {type(uow).__name__}, not of {kind.__name__}.",
        "A handler gets what its middleware's factory makes.",
        "Ask for a port that it has; where there are several, say each one's port=.",
    )
