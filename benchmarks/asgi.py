"""The middleware beside none at all, and beside BaseHTTPMiddleware.

A request is a call of an ASGI application that answers at once; no server, no socket.
"""

import time
from functools import partial
from typing import Any

from starlette.middleware.base import BaseHTTPMiddleware

from benchmarks.shop import InMemoryShop, schema
from unitwork.adapters.memory import InMemoryDatabase
from unitwork.entrypoints.asgi import UnitOfWorkMiddleware, unit_of
from unitwork.entrypoints.asgi.types import App, Message, Receive, Scope, Send

START = {"type": "http.response.start", "status": 200, "headers": []}
BODY = {"type": "http.response.body", "body": b""}


async def nothing(_: Scope, __: Receive, send: Send) -> None:
    await send(START)
    await send(BODY)


async def asking(scope: Scope, _: Receive, send: Send) -> None:
    unit_of(scope, InMemoryShop)
    await send(START)
    await send(BODY)


async def passing(request: Any, call_next: Any) -> Any:
    return await call_next(request)


async def receive() -> Message:
    return {"type": "http.request"}


async def drop(_: Message) -> None: ...


async def seconds(app: App, number: int) -> float:
    begun = time.perf_counter()
    for _ in range(number):
        scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
        await app(scope, receive, drop)
    return (time.perf_counter() - begun) / number


async def compare(rounds: int) -> None:
    """Print what each adds to the application: the best of many short rounds."""
    database = InMemoryDatabase(schema())
    make = partial(InMemoryShop, database)
    apps: dict[str, tuple[App, int]] = {
        "no middleware": (nothing, 1000),
        "UnitOfWorkMiddleware, nobody asks": (
            UnitOfWorkMiddleware(nothing, make),
            1000,
        ),
        "UnitOfWorkMiddleware, not opened": (UnitOfWorkMiddleware(asking, make), 500),
        "BaseHTTPMiddleware": (BaseHTTPMiddleware(nothing, passing), 50),
    }
    best = dict.fromkeys(apps, float("inf"))
    for _ in range(rounds):
        for name, (app, number) in apps.items():
            best[name] = min(best[name], await seconds(app, number))
    print("\nASGI: microseconds that a middleware adds to a request; x the first")
    bare = best.pop("no middleware")
    ours = next(iter(best.values())) - bare
    for name, taken in best.items():
        print(f"  {name:36}{(taken - bare) * 1e6:11.1f}{(taken - bare) / ours:9.1f}x")
