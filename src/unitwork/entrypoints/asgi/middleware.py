"""The middleware: pure ASGI, lazy, replaceable in what it decides. Contract: 38, 39."""

import attrs

from unitwork.entrypoints.asgi.exchange import Exchange
from unitwork.entrypoints.asgi.host import Host
from unitwork.entrypoints.asgi.keyed import KeyedExchange
from unitwork.entrypoints.asgi.types import Receive, Scope, Send


@attrs.frozen
class UnitOfWorkMiddleware(Host):
    """Lend each request a unit of work, and commit it before its response begins.

        app.add_middleware(UnitOfWorkMiddleware, make=lambda: SqlAlchemyStock(database))

    A handler asks for the unit by `unit_of`. It is not open: a service's own block
    commits. Use without a block opens it; then the status of the response decides.
    Errors of the library and of the domain that leave the application are answered by
    problem documents.

    Cost: 1 microsecond where nobody asks for the unit.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, one connection, or the life of the application."""
        if scope["type"] != "http":
            if scope["type"] == "websocket":
                Exchange(self, scope, send)  # for those of its messages
            await self.app(scope, receive, send)
            return
        exchange: Exchange
        keys = self.idempotency
        if keys and keys.concerns(scope) and not self.policy.reads_only(scope):
            keyed = KeyedExchange(self, scope, send)
            again = await keyed.prepare(scope, receive)
            if again is None:
                return
            receive, exchange = again, keyed
        else:
            exchange = Exchange(self, scope, send)
        try:
            await self.app(scope, receive, exchange.send)
        except BaseException as error:
            if not await exchange.answered(error):
                raise
        else:
            if exchange.uow is not None:
                await exchange.close()
