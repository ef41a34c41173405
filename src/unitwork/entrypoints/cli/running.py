"""Run one operation to an outcome that is known, whatever comes meanwhile.

Contract: 40.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from inspect import isawaitable
from typing import Any, Generic, TypeVar

import attrs

from unitwork.adapters.unit_of_work import TrackingUnitOfWork
from unitwork.application.hosting import HostedUnitOfWork
from unitwork.application.retry import RetryPolicy
from unitwork.application.runner import Runner
from unitwork.domain.errors import PersistenceError
from unitwork.domain.outcome import Outcome
from unitwork.domain.unit_of_work import AbstractUnitOfWork
from unitwork.entrypoints.cli.stopping import Stopping

R = TypeVar("R")


@attrs.frozen
class Report(Generic[R]):
    """What became of an operation."""

    outcome: Outcome
    returned: Sequence[R]
    """What it returned, if it did."""
    error: BaseException | None = None
    begun: bool = True
    """Whether it had a unit."""
    called: bool = True
    """Whether it was called; not where its key was found."""
    stopped_by: int | None = None
    """The signal that ended it."""


class Watched(partial[Awaitable[R]]):
    """An operation whose last result is kept: its commit may be interrupted."""

    called = False
    returned: Sequence[R] = ()

    def __call__(self, /, *args: Any, **kwargs: Any) -> Awaitable[R]:
        """Call it."""
        self.called, self.returned = True, ()
        called: Any = super().__call__(*args, **kwargs)
        kept: Awaitable[R] = self._kept(called) if isawaitable(called) else called
        return kept

    async def _kept(self, called: Awaitable[R]) -> R:
        result = await called
        self.returned = (result,)
        return result


class Units:
    """The units that a runner makes, so that their outcomes can be told."""

    def __init__(self, runner: Runner[Any]) -> None:
        """Make none yet."""
        self._make = runner.make
        self.runner = attrs.evolve(runner, make=self.make)
        self.made: list[HostedUnitOfWork] = []

    def make(self) -> Any:
        """Make one."""
        made = self._make()
        if isinstance(made, HostedUnitOfWork):  # the runner refuses anything else
            self.made.append(made)
        return made

    def outcome(self, error: BaseException) -> Outcome:
        """Tell what became of all attempts together, when the last one failed."""
        ended = [made.effects for made in self.made]
        if isinstance(error, PersistenceError):
            ended.append(error.outcome)
        for outcome in (Outcome.COMMITTED, Outcome.UNKNOWN):
            if outcome in ended:
                return outcome
        return Outcome.ROLLED_BACK

    async def dispose(self) -> None:
        """Wait for what runs after commits, and close the pools of this event loop.

        What cannot be closed ends with the process; the outcome stands.
        """
        databases = [
            made.database for made in self.made if isinstance(made, TrackingUnitOfWork)
        ]
        for database in dict.fromkeys(databases):
            await database.settle()
            dispose = getattr(database, "dispose", None)
            if dispose is not None:
                with suppress(Exception):
                    await dispose()


def run_to_its_end(
    runner: Runner[Any],
    call: Callable[[Runner[Any], Watched[R]], Awaitable[R]],
    operation: Callable[..., Awaitable[R]],
    stopping: Stopping,
) -> Report[R]:
    """Run an operation in an event loop of its own.

    Args:
        runner: makes its units.
        call: runs the operation that it is given by the runner that it is given.
        operation: what runs.
        stopping: what signals do.

    Raises:
        StoppedError: a signal came before it began.
    """
    units, watched = Units(runner), Watched(operation)

    async def work() -> R:
        stopping.watch()
        try:
            return await call(units.runner, watched)
        finally:
            stopping.decided()
            await units.dispose()

    try:
        result = asyncio.run(work())
    except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - it is told
        return _failed(units, watched, error, stopping)
    return Report(Outcome.COMMITTED, (result,), called=watched.called)


def _failed(
    units: Units, watched: Watched[R], error: BaseException, stopping: Stopping
) -> Report[R]:
    outcome = units.outcome(error)
    cancelled = isinstance(error, asyncio.CancelledError)
    by = stopping.received if cancelled else None
    committed = by is not None and outcome is Outcome.COMMITTED
    return Report(
        outcome,
        watched.returned if committed else (),
        error,
        begun=bool(units.made),
        called=watched.called,
        stopped_by=by,
    )


def handles(make: Callable[[], AbstractUnitOfWork] | Runner[Any]) -> Runner[Any]:
    """Return a runner of what makes units; one that is made so tries only once."""
    if isinstance(make, Runner):
        return make
    return Runner(make, retry=RetryPolicy(attempts=1))
