"""A proxy before a database server, that does something to a COMMIT."""

import asyncio
import re
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

from sqlalchemy import URL

Loss = Literal["request", "reply", "late", "silence", "slow"]
"""What happens to a COMMIT:

- request: the connection breaks before the server has it;
- reply: the server commits, and the connection breaks before the client hears of it;
- late: the connection breaks for the client; the server gets the COMMIT at `release`;
- silence: it gets lost, and nothing else happens;
- slow: the server commits, and the client never hears of it.
"""


class Proxy:
    """Passes on what clients and a server say."""

    def __init__(self, server: URL) -> None:
        """Stand before a server; listens in `proxying`."""
        self.server = server
        self.url = server
        self._armed: list[Loss] = []
        self._kept: list[tuple[StreamWriter, bytes]] = []
        self._serving: set[asyncio.Task[None]] = set()
        self._writers: list[StreamWriter] = []

    def lose(self, loss: Loss) -> None:
        """Let this happen to the next COMMIT."""
        self._armed.append(loss)

    @property
    def armed(self) -> bool:
        """Tell whether it has not happened yet."""
        return bool(self._armed)

    async def release(self) -> None:
        """Hand the server the COMMITs that were kept back; its answers are lost."""
        while self._kept:
            to_server, said = self._kept.pop()
            if not to_server.is_closing():
                to_server.write(said)
                to_server.close()

    async def serve(self, client: StreamReader, to_client: StreamWriter) -> None:
        """Serve one client to its end."""
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        from_server, to_server = await asyncio.open_connection(
            self.server.host, self.server.port
        )
        self._writers += [to_client, to_server]
        answering = asyncio.ensure_future(_pass_on(from_server, to_client))
        loss = await self._until_lost(client, to_server)
        if loss == "reply":
            answering.cancel()
            await asyncio.wait([answering])
            await from_server.read(1)
        if loss in ("silence", "slow"):
            answering.cancel()
            await client.read()  # until the client gives up
        if loss not in ("late", "silence"):
            to_server.close()
        to_client.close()
        answering.cancel()
        self._serving.discard(task)

    async def _until_lost(
        self, client: StreamReader, to_server: StreamWriter
    ) -> Loss | None:
        """Pass on what a client sends, up to its end or a COMMIT that is lost."""
        ears = _Ears()
        while said := await client.read(65536):
            loss = self._armed.pop() if ears.commits(said) and self._armed else None
            if loss in ("late", "silence"):
                self._kept.append((to_server, said))
            elif loss != "request":
                to_server.write(said)
            if loss is not None:
                return loss
        return None

    async def close(self) -> None:
        """Close every connection."""
        for writer in self._writers:
            writer.close()
        for task in tuple(self._serving):
            task.cancel()
        if self._serving:
            await asyncio.wait(self._serving)


@asynccontextmanager
async def proxying(server: URL) -> AsyncIterator[Proxy]:
    """Listen on a port of its own."""
    proxy = Proxy(server)
    listening = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    proxy.url = server.set(host="127.0.0.1", port=port)
    async with listening:
        try:
            yield proxy
        finally:
            await proxy.close()


class _Ears:
    """Hear where one client says COMMIT."""

    def __init__(self) -> None:
        self._prepared = b"\0COMMIT\0"

    def commits(self, said: bytes) -> bool:
        """Tell whether this is a COMMIT; asyncpg prepares it first, under a name."""
        named = _PREPARES.match(said)
        if named is not None:
            self._prepared = b"\0" + named[1] + b"\0"
            return False
        return said in _PLAIN or (said[:1] == b"B" and self._prepared in said)


_PLAIN = (b"Q\0\0\0\x0bCOMMIT\0", b"\x07\0\0\0\x03COMMIT")
"""As psycopg and asyncmy send it."""
_PREPARES = re.compile(rb"P.{4}(\w+)\0COMMIT\0", re.DOTALL)


async def _pass_on(source: StreamReader, target: StreamWriter) -> None:
    while data := await source.read(65536):
        target.write(data)
    target.close()
