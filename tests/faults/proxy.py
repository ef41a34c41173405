"""A proxy before a MariaDB server, that breaks the connection of whoever commits."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

from sqlalchemy import URL

Lost = Literal["request", "reply"]


@asynccontextmanager
async def losing(lost: Lost, server: URL) -> AsyncIterator[URL]:
    """Give the URL of a proxy that loses COMMIT, or the server's reply to it."""
    served: list[asyncio.Task[None]] = []

    async def serve(client: StreamReader, to_client: StreamWriter) -> None:
        from_server, to_server = await asyncio.open_connection(server.host, server.port)
        answering = asyncio.create_task(_pass_on(from_server, to_client))
        served.append(asyncio.ensure_future(_until_commit(client, to_server)))
        await asyncio.wait([served[-1]])
        answering.cancel()
        await asyncio.wait([answering])
        if lost == "reply" and not client.at_eof():
            to_server.write(_COMMIT)
            await from_server.read(1)
        for end in (to_server, to_client):
            end.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listening:
        yield server.set(host="127.0.0.1", port=listening.sockets[0].getsockname()[1])
        await asyncio.wait(served)


_COMMIT = b"\x07\0\0\0\x03COMMIT"
"""The whole packet: its length, its number, that it is a query, and the query."""


async def _until_commit(client: StreamReader, to_server: StreamWriter) -> None:
    """Pass on what a client sends, up to its end or the COMMIT of what it inserted."""
    inserted = False
    while sent := await client.read(65536):
        if inserted and sent == _COMMIT:
            return
        inserted = inserted or b"INSERT" in sent
        to_server.write(sent)


async def _pass_on(source: StreamReader, target: StreamWriter) -> None:
    while data := await source.read(65536):
        target.write(data)
