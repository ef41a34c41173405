"""What a middleware was told, once, at start."""

from collections.abc import Callable, Mapping

import attrs

from unitwork.application.hosting import HostedUnitOfWork, hosted
from unitwork.domain.unit_of_work import AbstractUnitOfWork
from unitwork.entrypoints.asgi.idempotency import Idempotency
from unitwork.entrypoints.asgi.policy import Policy
from unitwork.entrypoints.asgi.types import App


@attrs.frozen
class Host:
    """Who lends units, and on what terms."""

    app: App
    make: Callable[[], AbstractUnitOfWork]
    """Makes a handle that is not open; called once for each request that asks."""
    policy: Policy = attrs.field(default=Policy(), kw_only=True)
    """What is committed, by status, and which requests only read."""
    port: Callable[..., AbstractUnitOfWork] | None = attrs.field(
        default=None, kw_only=True
    )
    """The port of the units, where several middlewares lend units of several ones."""
    idempotency: Idempotency | None = attrs.field(default=None, kw_only=True)
    """How requests with an Idempotency-Key take effect once; None: as all others."""
    statuses: Mapping[type[Exception], int] = attrs.field(factory=dict, kw_only=True)
    """Your own, for problem documents; they go before the library's."""
    types: str = attrs.field(default="urn:problem:", kw_only=True)
    """What stands before the code in a problem's `type`."""
    retry_after_seconds: int = attrs.field(default=1, kw_only=True)
    """What a client is told after an error that is retryable."""

    def fresh(self) -> HostedUnitOfWork:
        """Make a handle.

        Raises:
            MisuseError: the factory makes something else.
        """
        write = "make=lambda: SqlAlchemyStock(database)"
        return hosted(self.make(), by="middleware", write=write)
