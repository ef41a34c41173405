"""Run operations, each in a unit of work of its own. Contract: 3, 32-34."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from inspect import iscoroutine
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

import attrs

from unitwork.application.attempts import Attempts
from unitwork.application.hosting import HostedUnitOfWork, check_factory, hosted
from unitwork.application.keys import KeyedOperation, OperationKey
from unitwork.application.operations import DAY
from unitwork.application.retry import RetryPolicy
from unitwork.domain.errors import MisuseError
from unitwork.domain.operation_errors import DeadlineExceededError
from unitwork.domain.unit_of_work import UNSTATED, AbstractUnitOfWork

U = TypeVar("U", bound=AbstractUnitOfWork)
P = ParamSpec("P")
R = TypeVar("R")
_WRITE = "Runner(lambda: SqlAlchemyStock(database))"


def _checked_deadline(seconds: float | None) -> float | None:
    if seconds is None or (type(seconds) in (int, float) and seconds > 0):
        return seconds
    raise MisuseError(
        f"deadline={seconds!r} is no time for an operation.",
        "It counts seconds, as an int or float, more than 0.",
        "Say how long; None for any time.",
    )


def _no_operation(given: object) -> MisuseError:
    name = "operation"
    if iscoroutine(given):
        name = given.__name__
        given.close()
    return MisuseError(
        f"runner.run() was given {given!r}, which is no function.",
        "It calls the operation itself, with a fresh unit, once for each attempt.",
        f"Write runner.run({name}, ...): the function, then its further arguments.",
    )


@attrs.frozen
class Runner(Generic[U]):
    """Run operations: a fresh unit for each attempt, and an answer that is true.

        runner = Runner(lambda: SqlAlchemyStock(database))
        reference = await runner.run(allocate, "order-1", "LAMP", 2)
        await runner.keyed("message-7").run(allocate, "order-1", "LAMP", 2)  # once

    An operation is an async function whose first parameter is the unit; it gets a
    handle that is not open, as in its tests. Its own block commits; what it did to the
    unit without a block, the Runner commits when it returns.
    """

    make: Callable[[], U]
    """Makes a handle that is not open; called for each attempt."""
    retry: RetryPolicy = attrs.field(default=RetryPolicy(), kw_only=True)
    deadline: float | None = attrs.field(
        default=None, kw_only=True, converter=_checked_deadline
    )
    """Seconds for the whole operation, all attempts together; None: any number."""
    read_only: bool = attrs.field(default=False, kw_only=True)
    """Lend only units that refuse to write."""
    key: OperationKey | None = attrs.field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        check_factory(self.make, by="runner", write=_WRITE)
        if not isinstance(self.retry, RetryPolicy):
            raise MisuseError(
                f"retry={self.retry!r} is no policy.",
                "It says how often, and for how long, an operation is tried.",
                "Write RetryPolicy(attempts=3); attempts=1 for no retries.",
            )

    def keyed(
        self, key: str, *, request: object = UNSTATED, keep: timedelta = DAY
    ) -> "Runner[U]":
        """Return a runner whose next operation takes effect once. Contract: 34.

        The key is stored in the same commit as the effects. Whoever runs the operation
        again under it, now or later, gets the stored result: what `commit(result=...)`
        was given, or else what the operation returned.

        Args:
            key: what identifies the request, at most 255 characters.
            request: what the request is, if it is not the operation's arguments; the
                key is refused for another one.
            keep: for how long the result is kept.

        Cost: a statement before the operation, a row in its commit; and a commit more
            where the operation commits by itself, without `result`.
        """
        return attrs.evolve(self, key=OperationKey(key, request, keep))

    def within(self, seconds: float) -> "Runner[U]":
        """Return a runner with another deadline. Contract: 32."""
        return attrs.evolve(self, deadline=seconds)

    def retrying(self, retry: RetryPolicy) -> "Runner[U]":
        """Return a runner that tries again by another policy."""
        return attrs.evolve(self, retry=retry)

    def reading(self) -> "Runner[U]":
        """Return a runner whose operations only read."""
        return attrs.evolve(self, read_only=True)

    async def run(
        self,
        operation: Callable[Concatenate[U, P], Awaitable[R]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """Run an operation to its end.

        Tried again only where nothing of it was applied and the error is `retryable`;
        or where it has a key, which makes repeating safe.

        Returns:
            What the operation returns.

        Raises:
            MisuseError: the operation is no async function.
            DeadlineExceededError: its time was up.
            OperationKeyReusedError: the key stands for another request.
            OperationResultMissingError: it had taken effect; the result was not stored.
            Exception: what the operation, or its commit, met at last.
        """
        if not callable(operation):
            raise _no_operation(operation)
        keyed = None
        if self.key is not None:
            keyed = KeyedOperation.of(self.key, operation, args, kwargs)

        def call(uow: Any) -> Awaitable[R]:
            return operation(uow, *args, **kwargs)

        attempts = Attempts(self._hosted, call, self.retry, keyed, self.read_only)
        limit = asyncio.timeout(self.deadline)
        try:
            async with limit:
                return await attempts.go()
        except TimeoutError as late:
            if not limit.expired() or self.deadline is None:
                raise
            raise DeadlineExceededError(self.deadline, attempts.stored) from late

    def _hosted(self) -> HostedUnitOfWork:
        return hosted(self.make(), by="runner", write=_WRITE)
