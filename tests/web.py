"""One site, served by three frameworks: the same operations behind real servers."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import cache, partial
from typing import Annotated, Any

import attrs
import fastapi
import litestar
import uvicorn
from litestar.background_tasks import BackgroundTask as LitestarTask
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.middleware import Middleware
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute

from tests.shop import Counter, ShopUnitOfWork
from unitwork import DomainError
from unitwork.adapters.mapping import Schema
from unitwork.adapters.sqlalchemy import SqlAlchemyDatabase
from unitwork.application import OperationRecord
from unitwork.entrypoints import fastapi as our_fastapi
from unitwork.entrypoints import litestar as our_litestar
from unitwork.entrypoints.asgi import (
    Idempotency,
    UnitOfWorkMiddleware,
    lifespan,
    new_unit,
    unit_of,
)
from unitwork.entrypoints.asgi.types import App, Message, Receive, Scope, Send

NOTE = """CREATE TABLE note (
    counter VARCHAR(255) REFERENCES counter (name) DEFERRABLE INITIALLY DEFERRED
)"""


@cache
def site_schema() -> Schema:
    """Describe what is stored: always the same object, so that tables can be kept."""
    return Schema(Counter, OperationRecord)


class TakenError(DomainError): ...


@attrs.frozen
class Reply:
    """What an operation answers, in no framework's words."""

    status: int = 201
    body: str = ""
    pieces: AsyncIterator[bytes] | None = None
    task: Callable[[], Awaitable[None]] | None = None


@attrs.define
class Site:
    """A database, the units on it, and a log of what happens."""

    database: SqlAlchemyDatabase
    unit: Callable[..., ShopUnitOfWork]
    log: list[str] = attrs.field(factory=list)
    """Statements and messages, in order."""
    met: asyncio.Queue[Exception] = attrs.field(factory=asyncio.Queue)
    """What operations met when their response had begun."""
    on_event: Callable[[int], object] = attrs.field(default=float, init=False)
    """Told how many events there were; at first, nobody."""

    def happened(self, what: str) -> None:
        self.log.append(what)
        self.on_event(len(self.log))

    def make(self) -> ShopUnitOfWork:
        return self.unit(self.database)

    def logging(self, app: App) -> App:
        """Log the messages that leave an application."""

        async def logged(scope: Scope, receive: Receive, send: Send) -> None:
            async def note(message: Message) -> None:
                self.happened(message["type"])
                await send(message)

            await app(scope, receive, note if scope["type"] == "http" else send)

        return logged

    async def counters(self) -> dict[str, int]:
        async with self.make() as uow:
            return {c.name: c.value async for c in uow.counters.stream()}

    def lent(self) -> int:
        """Count the connections that the pool has not got back."""
        pool: Any = self.database.engine.pool
        lent: int = pool.checkedout()
        return lent


# ── operations ──────────────────────────────────────────────────────────────────


Operation = Callable[[Site, ShopUnitOfWork, str], Awaitable[Reply]]


async def add(_: Site, uow: ShopUnitOfWork, name: str) -> Reply:
    uow.counters.add(Counter(name=name))
    return Reply()


async def see_other(_: Site, uow: ShopUnitOfWork, name: str) -> Reply:
    uow.counters.add(Counter(name=name))
    return Reply(303)


async def fail_at_commit(_: Site, uow: ShopUnitOfWork, name: str) -> Reply:
    uow.counters.add(Counter(name=name))
    sql: Any = uow
    connection = await sql.connection()
    await connection.exec_driver_sql("INSERT INTO note VALUES ('nobody')")
    return Reply(body="stored, I should think")


async def refuse(_: Site, uow: ShopUnitOfWork, name: str) -> Reply:
    uow.counters.add(Counter(name=name))
    await uow.counters.find("other")
    raise TakenError


async def look_up(_: Site, uow: ShopUnitOfWork, name: str) -> Reply:
    await uow.counters.get(name)
    return Reply()


async def stream(site: Site, uow: ShopUnitOfWork, name: str) -> Reply:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"a"
        await look(site, uow)
        yield b"b"

    uow.counters.add(Counter(name=name))
    return Reply(200, pieces=pieces())


async def start_task(site: Site, uow: ShopUnitOfWork, name: str) -> Reply:
    uow.counters.add(Counter(name=name))
    return Reply(202, task=partial(look, site, uow))


async def look(site: Site, uow: ShopUnitOfWork) -> None:
    try:
        await uow.counters.find("a")
    except Exception as error:  # noqa: BLE001 - the tests look at it
        site.met.put_nowait(error)


async def count(_: Site, uow: ShopUnitOfWork, name: str) -> Reply:
    """Count in a block of its own."""
    async with uow:
        counter = await uow.counters.find(name)
        if counter is None:
            uow.counters.add(counter := Counter(name=name))
        counter.value += 1
        await uow.commit()
    return Reply(body=str(counter.value))


async def count_by_use(_: Site, uow: ShopUnitOfWork, name: str) -> Reply:
    """Count, and leave the commit to the middleware."""
    counter = await uow.counters.find(name)
    if counter is None:
        uow.counters.add(counter := Counter(name=name))
    counter.value += 1
    return Reply(body=str(counter.value))


OPERATIONS: dict[str, Operation] = {
    "add": add,
    "see-other": see_other,
    "fail-at-commit": fail_at_commit,
    "refuse": refuse,
    "look-up": look_up,
    "stream": stream,
    "task": start_task,
    "count": count,
    "count-by-use": count_by_use,
}


async def converse(socket_: Any, site: Site, texts: AsyncIterator[str]) -> None:
    """Answer each message by its counter's value, from a unit of its own."""
    await socket_.accept()
    async for name in texts:
        async with new_unit(socket_, ShopUnitOfWork) as uow:
            reply = await count_by_use(site, uow, name)
        await socket_.send_text(reply.body)


# ── frameworks ──────────────────────────────────────────────────────────────────


def _starlette_response(reply: Reply) -> Response:
    task = None if reply.task is None else BackgroundTask(reply.task)
    if reply.pieces is not None:
        return StreamingResponse(reply.pieces, reply.status, background=task)
    return Response(reply.body, reply.status, background=task)


async def _taken(*_: Any) -> Response:
    return Response("taken", 409)


def by_fastapi(site: Site, **options: Any) -> App:
    unit = Annotated[ShopUnitOfWork, our_fastapi.unit(ShopUnitOfWork)]
    app = fastapi.FastAPI(lifespan=lifespan(site.database))
    app.add_middleware(UnitOfWorkMiddleware, site.make, **options)
    app.add_exception_handler(TakenError, _taken)

    def route(path: str, operation: Operation) -> None:
        async def handler(uow: unit, name: str) -> Response:
            return _starlette_response(await operation(site, uow, name))

        app.post(path)(handler)

    for path, operation in OPERATIONS.items():
        route(f"/{path}/{{name}}", operation)

    async def messages(socket_: fastapi.WebSocket) -> None:
        await converse(socket_, site, socket_.iter_text())

    app.websocket("/messages")(messages)
    return app


def by_starlette(site: Site, **options: Any) -> App:
    def route(path: str, operation: Operation) -> Route:
        async def handler(request: Any) -> Response:
            uow = unit_of(request, ShopUnitOfWork)
            name = request.path_params["name"]
            return _starlette_response(await operation(site, uow, name))

        return Route(f"/{path}/{{name}}", handler, methods=["POST"])

    async def messages(socket_: Any) -> None:
        await converse(socket_, site, socket_.iter_text())

    return Starlette(
        routes=[
            *(route(path, operation) for path, operation in OPERATIONS.items()),
            WebSocketRoute("/messages", messages),
        ],
        middleware=[Middleware(UnitOfWorkMiddleware, site.make, **options)],
        exception_handlers={TakenError: _taken},
        lifespan=lifespan(site.database),
    )


def by_litestar(site: Site, **options: Any) -> App:
    def respond(reply: Reply) -> Any:
        task = None if reply.task is None else LitestarTask(reply.task)
        if reply.pieces is not None:
            return Stream(reply.pieces, status_code=reply.status, background=task)
        return litestar.Response(
            reply.body, status_code=reply.status, background=task, media_type="text"
        )

    def route(path: str, operation: Operation) -> Any:
        async def handler(
            uow: NamedDependency[ShopUnitOfWork], name: FromPath[str]
        ) -> Any:
            return respond(await operation(site, uow, name))

        return litestar.post(f"/{path}/{{name:str}}")(handler)

    async def messages(socket: litestar.WebSocket[Any, Any, Any]) -> None:
        await converse(socket, site, socket.iter_data("text"))

    def taken(*_: Any) -> Any:
        return litestar.Response("taken", status_code=409, media_type="text")

    app: Any = litestar.Litestar(
        [
            *(route(path, operation) for path, operation in OPERATIONS.items()),
            litestar.websocket("/messages")(messages),
        ],
        dependencies={"uow": our_litestar.unit(ShopUnitOfWork)},
        middleware=[our_litestar.middleware(site.make, **options)],
        exception_handlers={**our_litestar.LEFT_TO_THE_MIDDLEWARE, TakenError: taken},
        lifespan=[lifespan(site.database)],
        openapi_config=None,
    )
    made: App = app
    return made


FRAMEWORKS: dict[str, Callable[..., App]] = {
    "fastapi": by_fastapi,
    "starlette": by_starlette,
    "litestar": by_litestar,
}
KEYS = Idempotency()


@asynccontextmanager
async def serving(app: App) -> AsyncIterator[str]:
    """Serve on a free port, in this event loop; give host and port."""
    with socket.socket(proto=socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        config = uvicorn.Config(app, log_level="critical", ws="websockets-sansio")
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve([listener]))
        try:
            yield f"127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task
