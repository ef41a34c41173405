"""Run an operation until it succeeds, or there is no use in it. Contract: 33."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from functools import partial
from inspect import isawaitable
from typing import Any, Generic, TypeVar

import attrs

from unitwork.application.hosting import HostedUnitOfWork, Terms, take_back
from unitwork.application.keys import Found, KeyedOperation
from unitwork.application.retry import RetryPolicy
from unitwork.domain.errors import MisuseError, PersistenceError
from unitwork.domain.outcome import Outcome

R = TypeVar("R")
_log = logging.getLogger("unitwork")
_NOT_APPLIED = (Outcome.NEW, Outcome.ROLLED_BACK)


@attrs.define
class Attempts(Generic[R]):
    """The attempts of one run, each with a fresh unit."""

    make: Callable[[], HostedUnitOfWork]
    call: Callable[[HostedUnitOfWork], Awaitable[R]]
    policy: RetryPolicy
    keyed: KeyedOperation | None = None
    read_only: bool = False
    effects: Outcome = Outcome.NEW
    """What became of the last attempt's writes."""
    _failed: list[Exception] = attrs.field(factory=list, init=False)

    @property
    def stored(self) -> Outcome:
        """Tell what became of the writes; of none that there were, too."""
        return Outcome.ROLLED_BACK if self.effects in _NOT_APPLIED else self.effects

    async def go(self) -> R:
        """Try, and try again where that is safe and may help.

        Raises:
            Exception: what the last attempt met; it holds those of earlier ones.
        """
        begun = time.monotonic()
        while True:
            try:
                return await self._attempt()
            except Exception as error:
                pause = self._pause(error, time.monotonic() - begun)
                if pause is None:
                    self._keep_earlier(error)
                    raise
                self._failed.append(error)
            await asyncio.sleep(pause)

    async def _attempt(self) -> R:
        if self.keyed is not None:
            self.effects = Outcome.NEW
            found = await self.keyed.find(self.make)
            if found is not None:
                return self._given(found)
        uow = self.make()
        claim = None if self.keyed is None else self.keyed.claim()
        uow.lend(Terms(read_only=self.read_only, claim=claim))
        try:
            result = await self._called(uow)
            await uow.conclude(commit=True, result=result)
        except BaseException as error:
            await take_back(uow, error)
            self.effects = uow.effects
            found = await self._found_after(error)
            if found is None:
                raise
            return self._given(found)
        self.effects = uow.effects
        if uow.claimed and self.keyed is not None:
            await finish(self.keyed, self.make, result, self.policy)
        return result

    async def _called(self, uow: HostedUnitOfWork) -> R:
        called = self.call(uow)
        if not isawaitable(called):
            raise MisuseError(
                f"An operation returned {called!r}, which cannot be awaited.",
                "An operation is an async function; its first parameter is the unit.",
                "Write `async def`.",
            )
        return await called

    async def _found_after(self, error: BaseException) -> Found | None:
        """Look whether what failed had met its own effects, or a faster twin."""
        applied = self.effects is Outcome.COMMITTED  # by this attempt, so it passes
        if self.keyed is None or applied or not isinstance(error, Exception):
            return None
        return await self.keyed.find(self.make)

    def _given(self, found: Found) -> R:
        self.effects = Outcome.COMMITTED
        given: R = found.result
        return given

    def _pause(self, error: Exception, spent: float) -> float | None:
        """Tell how long to wait before the next attempt, or None: there is none."""
        unknown = self.effects is Outcome.UNKNOWN and self.keyed is not None
        helpful = unknown or getattr(error, "retryable", False)
        if not helpful or not (unknown or self.effects in _NOT_APPLIED):
            return None
        return self.policy.pause(len(self._failed) + 1, spent)

    def _keep_earlier(self, error: Exception) -> None:
        for number, earlier in enumerate(self._failed, 1):
            error.add_note(f"Attempt {number} met {type(earlier).__name__}: {earlier}")
        if isinstance(error, PersistenceError):
            error.earlier_attempts = tuple(self._failed)


async def finish(
    keyed: KeyedOperation,
    make: Callable[[], HostedUnitOfWork],
    result: object,
    policy: RetryPolicy,
) -> None:
    """Store a result, if that is possible; the effects are there anyhow."""
    store: Any = partial(keyed.finish, result=result)
    try:
        await Attempts(make, store, policy).go()
    except Exception:  # noqa: BLE001 - the operation has taken effect, and says so
        _log.warning("The result of an operation was not stored", exc_info=True)
