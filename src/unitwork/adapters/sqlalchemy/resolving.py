"""What became of a COMMIT whose answer was lost. Contract: 30, 31.

Whoever gets the locks that a transaction held knows that it has ended. So each question
takes one, and waits for it: a read without would say "not there" of what is applied a
moment later.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

import attrs

from unitwork.adapters.mapping.description import AggregateMapping
from unitwork.adapters.sqlalchemy.gateway import Gateway
from unitwork.adapters.sqlalchemy.phase import Begin, Phase
from unitwork.adapters.storage import ChangeSet, Delete, Insert, Isolation, Write
from unitwork.application.operations import OperationRecord
from unitwork.domain.constraint_errors import (
    ReferenceViolationError,
    UniqueViolationError,
)
from unitwork.domain.errors import PersistenceError
from unitwork.domain.outcome import Outcome

T = TypeVar("T")
_log = logging.getLogger("unitwork")
_PAUSE_SECONDS = 0.05
_BEGIN = Begin(Isolation.READ_COMMITTED, writes=True)


@attrs.define
class Trace:
    """What a unit wrote to one aggregate: how its row shows whether it is stored."""

    mapping: AggregateMapping
    key: Any
    before: int | None
    """The version that it had guarded; None of what it had added."""
    after: int | None
    """The version that it wrote; None of what it removed."""
    added: Insert | None


@attrs.frozen
class LostCommit:
    """A COMMIT that nobody has answered."""

    traces: tuple[Trace, ...]
    session: int | None
    """The number of its session at the server."""


def traces_of(
    written: Sequence[tuple[ChangeSet, Mapping[int, Any]]],
) -> tuple[Trace, ...]:
    """Sum up what was written in one transaction, a change set after the other.

    Args:
        written: each with the keys that the database made.
    """
    found: dict[tuple[AggregateMapping, Any], Trace] = {}
    for changes, made in written:
        for write, key in _keyed(changes.writes, made):
            trace = found.get((write.mapping, key))
            if trace is None:
                trace = found[write.mapping, key] = _first(write, key)
            trace.after = None if isinstance(write, Delete) else changes.token
    return tuple(found.values())


def _keyed(
    writes: Sequence[Write], made: Mapping[int, Any]
) -> Iterator[tuple[Write, Any]]:
    for number, write in enumerate(writes):
        yield write, made.get(number, write.key)


def _first(write: Write, key: Any) -> Trace:
    if isinstance(write, Insert):
        generated = write.key is None
        return Trace(write.mapping, key, None, None, None if generated else write)
    return Trace(write.mapping, key, write.version, None, None)


class Resolver:
    """Ask, until there is an answer, or no time left."""

    def __init__(self, gateway: Gateway, seconds: float) -> None:
        """Take what statements go through.

        Args:
            gateway: to the database.
            seconds: how long it may take.
        """
        self._gateway = gateway
        self._seconds = seconds

    async def outcome(self, lost: LostCommit) -> Outcome:
        """Return COMMITTED, ROLLED_BACK, or UNKNOWN; never a guess."""
        found = Outcome.UNKNOWN
        try:
            async with asyncio.timeout(self._seconds):
                found = await self._until_answered(lost)
        except TimeoutError:
            pass
        _log.warning("A COMMIT was not answered; its outcome: %s", found.value)
        return found

    async def _until_answered(self, lost: LostCommit) -> Outcome:
        while True:
            try:
                return await self._ask(lost)
            except PersistenceError:  # the server is away, or the lock is held yet
                await asyncio.sleep(_PAUSE_SECONDS)

    async def _ask(self, lost: LostCommit) -> Outcome:
        if lost.session is not None:
            end = partial(self._gateway.dialect.end_session, lost.session)
            await self._rolled_back(end, begin=None)
        for trace in sorted(lost.traces, key=lambda trace: trace.before is None):
            found = await self._read(trace)
            if found is not None:
                return found
        return Outcome.UNKNOWN

    async def _read(self, trace: Trace) -> Outcome | None:
        """Return what one row tells; None: nothing."""
        absent = trace.added is None or await self._absent(trace.added)
        version = await self._rolled_back(
            lambda: self._gateway.writes.version(trace.mapping, trace.key)
        )
        if version is not None and version == trace.after:
            return Outcome.COMMITTED
        if trace.before is not None and version == trace.before:
            return Outcome.ROLLED_BACK
        kept = trace.mapping.aggregate is OperationRecord  # nobody removes it so soon
        unchanged = trace.added is not None and version is None and absent
        return Outcome.ROLLED_BACK if kept and unchanged else None

    async def _absent(self, added: Insert) -> bool:
        """Tell whether what was added could be added now, having waited for its end."""
        trial = ChangeSet(token=1, writes=(added,))
        try:
            await self._rolled_back(lambda: self._gateway.writes.write(trial))
        except (UniqueViolationError, ReferenceViolationError):
            return False
        return True

    async def _rolled_back(
        self, make: Callable[[], Phase[T]], begin: Begin | None = _BEGIN
    ) -> T:
        """Run a phase, and keep nothing of it."""
        driver = self._gateway.driver()
        connection, found = await driver.start(make, begin, read_only=False)
        await connection.abandon()
        return found
