"""Look operations up by their keys, and store what they return. Contract: 34."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol, Self

import attrs

from unitwork.application.asked import asked
from unitwork.application.encoding import ResultCodec, fingerprint
from unitwork.application.hosting import HostedUnitOfWork
from unitwork.application.operations import (
    DAY,
    Claim,
    OperationRecord,
    checked_key,
    utc_now,
)
from unitwork.domain.errors import MisuseError
from unitwork.domain.json_value import JsonValue
from unitwork.domain.operation_errors import (
    OperationKeyReusedError,
    OperationResultMissingError,
)
from unitwork.domain.unit_of_work import UNSTATED

LONGEST_KEEP = timedelta(days=365_000)
PAUSES = (0.005, 0.01, 0.02, 0.04, 0.08, 0.16, *[0.25] * 7, 0)
"""Seconds between looks at a result that is about to be stored: two in all."""


@attrs.frozen
class OperationKey:
    """What a caller says so that an operation takes effect once."""

    key: str = attrs.field(converter=checked_key)
    request: object = UNSTATED
    """What identifies the request; otherwise the arguments do."""
    keep: timedelta = DAY
    """For how long the result is kept; longer than anybody repeats the request."""

    def __attrs_post_init__(self) -> None:
        keep = self.keep
        if not isinstance(keep, timedelta) or not timedelta() < keep <= LONGEST_KEEP:
            raise MisuseError(
                f"keep={self.keep!r} is no time to keep a result for.",
                "Whoever repeats the request later than that has it done again.",
                "Give a timedelta that is longer than any caller repeats for, up to"
                f" {LONGEST_KEEP.days:,} days.",
            )


@attrs.frozen
class Found:
    """The result of an operation that took effect before."""

    result: Any


class AbstractCodec(Protocol):
    """Turns results into JSON and back."""

    def encode(self, result: Any, /) -> JsonValue:
        """Return a result as JSON."""

    def decode(self, kept: JsonValue, /) -> Any:
        """Return the result again."""


@attrs.define
class KeyedOperation:
    """One operation under its key."""

    _key: OperationKey
    _request: str
    """The fingerprint of what is asked for."""
    _codec: AbstractCodec
    _results: type = object
    """Of what class they are, where only the entry point knows them."""
    _replaces: bool = attrs.field(default=False, init=False)

    @classmethod
    def of(
        cls,
        key: OperationKey,
        operation: Callable[..., Any],
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
    ) -> Self:
        """Take the fingerprint of a call.

        Raises:
            MisuseError: the arguments, or what is returned, cannot be kept; or it is a
                lambda.
        """
        said = key.request
        if said is UNSTATED:
            said = asked(operation, args, kwargs)
        return cls(key, fingerprint(operation, said), ResultCodec(operation))

    def claim(self) -> Claim:
        """Return what a unit stores with the effects."""
        return Claim(
            key=self._key.key,
            request=self._request,
            expires=utc_now() + self._key.keep,
            encode=self._codec.encode,
            replaces=self._replaces,
            results=self._results,
        )

    async def find(self, make: Callable[[], HostedUnitOfWork]) -> Found | None:
        """Return the result, if the operation has taken effect.

        Cost: a statement; again and again for two seconds, while whoever runs the
        operation has committed it, and has not stored its result.

        Raises:
            OperationKeyReusedError: the key stands for another request.
            OperationResultMissingError: the result was not stored in time.
        """
        for pause in PAUSES:
            record = await self._record(make())
            if record is None:
                return None
            if record.finished:
                return Found(self._codec.decode(record.result))
            await asyncio.sleep(pause)
        raise OperationResultMissingError(self._key.key)

    async def _record(self, uow: HostedUnitOfWork) -> OperationRecord | None:
        async with uow:
            record = await uow.operations().find(self._key.key)
        self._replaces = record is not None and record.expires <= utc_now()
        if record is None or self._replaces:
            return None
        if record.request != self._request:
            raise OperationKeyReusedError(self._key.key)
        return record

    async def finish(self, uow: HostedUnitOfWork, result: object) -> None:
        """Store the result of an operation that has committed without it."""
        async with uow:
            record = await uow.operations().get(self._key.key)
            record.result, record.finished = self._codec.encode(result), True
            await uow.commit()


async def purge(
    uow: HostedUnitOfWork, *, now: datetime | None = None, limit: int = 1000
) -> int:
    """Remove records of operations that have expired, the oldest first.

    Args:
        uow: not open.
        now: the time; default: the clock's.
        limit: how many at most, so that the commit stays small.

    Returns:
        How many were removed; fewer than `limit` when nothing is left.
    """
    moment = utc_now() if now is None else now
    async with uow:
        records = uow.operations()
        expired = await records.matching(
            OperationRecord.expires <= moment,
            order_by=OperationRecord.expires.asc(),
            limit=limit,
        )
        for record in expired:
            records.remove(record)
        await uow.commit()
    return len(expired)
