"""Requests over sockets: uvicorn, three frameworks, SQLite and PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
import websockets
from sqlalchemy import Engine, event

from tests.shop import ShopUnitOfWork
from tests.storages import STORAGES, Servers
from tests.web import FRAMEWORKS, KEYS, NOTE, Site, serving, site_schema
from unitwork import Outcome, UnitOfWorkClosedError

FILE, SERVER = "sqlite", "postgresql-asyncpg"


@pytest.fixture(params=[FILE, SERVER])
async def site(request: pytest.FixtureRequest, servers: Servers) -> AsyncIterator[Site]:
    """A fresh site, whose log hears every statement."""
    storage: Any = STORAGES[request.param](servers)
    async with storage.database(site_schema()) as database:
        async with database.engine.begin() as connection:
            await connection.exec_driver_sql(NOTE)
        made = Site(database, storage.unit(ShopUnitOfWork))
        with ExitStack() as hearing:

            def note(*call: Any) -> None:
                made.happened(call[2])

            event.listen(Engine, "before_cursor_execute", note)
            hearing.callback(event.remove, Engine, "before_cursor_execute", note)
            yield made


@pytest.fixture(params=FRAMEWORKS)
async def address(request: pytest.FixtureRequest, site: Site) -> AsyncIterator[str]:
    """Each framework in turn, on a free port."""
    app = FRAMEWORKS[request.param](site, idempotency=KEYS)
    async with serving(site.logging(app)) as where:
        yield where


@pytest.fixture
async def client(address: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        base_url=f"http://{address}", trust_env=False
    ) as client:
        yield client


async def test_a_commit_that_fails_is_a_problem_and_stores_nothing(
    client: httpx.AsyncClient, site: Site
) -> None:
    """Contract 38: a deferred foreign key fails at COMMIT, after the handler."""
    reply = await client.post("/fail-at-commit/a")
    assert (reply.status_code, reply.json()["title"]) == (500, "Reference violation")
    assert reply.headers["content-type"] == "application/problem+json"
    assert "I should think" not in reply.text
    assert await site.counters() == {}
    assert site.lent() == 0


async def test_the_commit_precedes_the_first_message(
    client: httpx.AsyncClient, site: Site
) -> None:
    """Contract 38: in the order in which both happened."""
    site.log.clear()
    assert (await client.post("/add/a")).status_code == 201
    ends = [what for what in site.log if what in ("COMMIT", "http.response.start")]
    assert ends == ["COMMIT", "http.response.start"]
    assert await site.counters() == {"a": 0}


async def test_a_redirection_commits(client: httpx.AsyncClient, site: Site) -> None:
    """Contract 38: the usual answer to a form."""
    assert (await client.post("/see-other/a")).status_code == 303
    assert await site.counters() == {"a": 0}


async def test_a_refusal_by_an_exception_handler_rolls_back(
    client: httpx.AsyncClient, site: Site
) -> None:
    """Contract 38: the middleware sees no exception, only the status."""
    reply = await client.post("/refuse/a")
    assert (reply.status_code, reply.text) == (409, "taken")
    assert await site.counters() == {}
    assert site.lent() == 0


async def test_what_leaves_the_application_is_a_problem(
    client: httpx.AsyncClient, site: Site
) -> None:
    """Contract 38: no framework answers an error of the library by itself."""
    reply = await client.post("/look-up/a")
    assert (reply.status_code, reply.json()["detail"]) == (
        404,
        "There is no Counter with the key 'a'.",
    )
    assert site.lent() == 0


@pytest.mark.parametrize(("operation", "body"), [("stream", "ab"), ("task", "")])
async def test_what_goes_on_after_the_start_finds_the_unit_closed(
    client: httpx.AsyncClient, site: Site, operation: str, body: str
) -> None:
    """Contract 39: streams and background tasks; nothing stays out of the pool."""
    assert (await client.post(f"/{operation}/a")).text == body
    closed = await site.met.get()  # the client has its answer before the task runs
    assert isinstance(closed, UnitOfWorkClosedError)
    assert closed.outcome is Outcome.COMMITTED
    assert await site.counters() == {"a": 0}
    assert site.lent() == 0


async def test_a_websocket_holds_no_transaction_between_messages(
    address: str, site: Site
) -> None:
    """Contract 39: each message has a unit, which has ended when it is answered."""
    async with websockets.connect(f"ws://{address}/messages", proxy=None) as talk:
        for number in "123":
            await talk.send("a")
            assert await talk.recv() == number
            assert site.lent() == 0
            assert await in_transaction(site) == 0
    assert await site.counters() == {"a": 3}


async def in_transaction(site: Site) -> int:
    """Count the other connections that are in a transaction; a file shows none."""
    if not site.database.engine.url.drivername.startswith("postgresql"):
        return 0
    async with site.database.engine.connect() as connection:
        found = await connection.exec_driver_sql(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
        )
        return int(found.scalar_one())


# ── clients that are cut off ────────────────────────────────────────────────────


@pytest.mark.parametrize("operation", ["count", "count-by-use"])
async def test_a_request_that_is_repeated_after_a_cut_takes_effect_once(
    address: str, client: httpx.AsyncClient, site: Site, operation: str
) -> None:
    """Contract 34, 38: cut at 10 points of the request, and at 10 of its serving."""
    bodies = []
    for point in range(20):
        path, key = f"/{operation}/c{point}", {"Idempotency-Key": f"key-{point}"}
        await cut(address, site, path, point)
        first, again = [await client.post(path, headers=key) for _ in range(2)]
        assert first.status_code == 201, first.text
        assert again.headers["idempotent-replayed"] == "true"
        assert first.content == again.content
        bodies.append(first.text)
    assert bodies == ["1"] * 20
    assert await site.counters() == {f"c{point}": 1 for point in range(20)}


async def cut(address: str, site: Site, path: str, point: int) -> None:
    """Send a request, and cut the connection at a point of it."""
    lines = (
        f"POST {path} HTTP/1.1",
        "Host: a",
        f"Idempotency-Key: key-{point}",
        "Content-Length: 0",
        "Connection: close",
    )
    host, _, port = address.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    request = "".join(f"{line}\r\n" for line in (*lines, "")).encode()
    if point < 10:
        writer.write(request[: len(request) * point // 10])
        await writer.drain()
        writer.transport.abort()
        return

    def abort_at(number: int) -> None:
        if number == point - 9:
            writer.transport.abort()

    site.log.clear()
    site.on_event = abort_at
    writer.write(request)
    try:
        await reader.read()
    except ConnectionError:
        pass  # that is the cut
    finally:
        writer.transport.abort()
        site.on_event = float
