"""What a middleware was told, once, at start."""

from collections.abc import Callable, Mapping

import attrs

from unitwork.application.hosting import HostedUnitOfWork, check_factory, hosted
from unitwork.domain.errors import MisuseError
from unitwork.domain.unit_of_work import AbstractUnitOfWork
from unitwork.entrypoints.asgi.idempotency import Idempotency
from unitwork.entrypoints.asgi.policy import Policy
from unitwork.entrypoints.asgi.types import App

_WRITE = "make=lambda: SqlAlchemyStock(database)"
_ONCE = "idempotency=Idempotency()"
_STATUSES = "statuses={OutOfStock: 409}: classes of errors, with statuses 400 to 599"
_ERRORS = range(400, 600)


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

    def __attrs_post_init__(self) -> None:
        check_factory(self.make, by="middleware", write=_WRITE)
        _check("policy", self.policy, Policy, "policy=Policy()")
        if self.idempotency is not None:
            _check("idempotency", self.idempotency, Idempotency, _ONCE)
        _check("statuses", self.statuses, Mapping, _STATUSES)
        for status in self.statuses.values():
            _check("statuses", status, int, _STATUSES)
            if not _ERRORS.start <= status < _ERRORS.stop:
                raise _wrong("statuses", status, _STATUSES)

    def fresh(self) -> HostedUnitOfWork:
        """Make a handle.

        Raises:
            MisuseError: the factory makes something else.
        """
        return hosted(self.make(), by="middleware", write=_WRITE)


def _check(name: str, given: object, kind: type, write: str) -> None:
    if not isinstance(given, kind) or isinstance(given, bool):
        raise _wrong(name, given, write)


def _wrong(name: str, given: object, write: str) -> MisuseError:
    return MisuseError(
        f"The middleware was given {name} with {given!r}.",
        "It would fail at each request that needs it; so it is refused at start.",
        f"Write {write}.",
    )
