"""A client of ASGI applications without a server: it keeps every message."""

import json
from collections.abc import Iterable
from typing import Any

import attrs

from tests.shop import ShopUnitOfWork
from unitwork import all_of
from unitwork.adapters.memory import InMemoryDatabase, InMemoryUnitOfWork
from unitwork.entrypoints.asgi import UnitOfWorkMiddleware
from unitwork.entrypoints.asgi.types import App, Message


@attrs.define
class Answer:
    """What came out of an application, in order."""

    messages: list[Message] = attrs.field(factory=list)

    @property
    def status(self) -> int:
        status: int = self.messages[0]["status"]
        return status

    @property
    def headers(self) -> dict[str, str]:
        return {n.decode(): v.decode() for n, v in self.messages[0]["headers"]}

    @property
    def body(self) -> bytes:
        return b"".join(message["body"] for message in self.messages[1:])

    @property
    def problem(self) -> dict[str, Any]:
        assert self.headers["content-type"] == "application/problem+json"
        assert int(self.headers["content-length"]) == len(self.body)
        found: dict[str, Any] = json.loads(self.body)
        assert found["status"] == self.status
        return found

    @property
    def type(self) -> str:
        kind: str = self.problem["type"]
        return kind.removeprefix("urn:problem:")


def http_scope(
    method: str, path: str = "/", *, query: str = "", **headers: str
) -> dict[str, Any]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": [(n.encode(), v.encode("latin-1")) for n, v in named.items()],
    }


async def ask(
    app: App,
    scope: dict[str, Any],
    body: Iterable[bytes] = (b"",),
    answer: Answer | None = None,
) -> Answer:
    """Send a request, in as many pieces as are given."""
    answer = Answer() if answer is None else answer
    *first, last = body
    pieces = iter([*((piece, True) for piece in first), (last, False)])

    async def receive() -> Message:
        piece, more = next(pieces, (None, False))
        if piece is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": piece, "more_body": more}

    async def send(message: Message) -> None:
        answer.messages.append(message)

    await app(scope, receive, send)
    return answer


async def respond(send: Any, status: int = 200, *body: bytes, **headers: str) -> None:
    """Answer, in as many pieces as are given."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    pairs = [(name.encode(), value.encode()) for name, value in named.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    *first, last = body or (b"",)
    for piece in first:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": last})


class InMemoryShop(InMemoryUnitOfWork, ShopUnitOfWork): ...


@attrs.define
class Served:
    """Applications are served by it, each behind a middleware of its own."""

    database: InMemoryDatabase
    made: list[InMemoryShop] = attrs.field(factory=list)

    def make(self) -> InMemoryShop:
        self.made.append(InMemoryShop(self.database))
        return self.made[-1]

    def behind(self, app: App, **options: Any) -> UnitOfWorkMiddleware:
        return UnitOfWorkMiddleware(app, self.make, **options)

    async def ask(self, app: App, method: str = "POST", **options: Any) -> Answer:
        return await ask(self.behind(app, **options), http_scope(method))

    async def counters(self) -> dict[str, int]:
        async with InMemoryShop(self.database) as uow:
            found = await uow.counters.matching(all_of())
        return {counter.name: counter.value for counter in found}
