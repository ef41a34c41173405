"""Units of work that write down what they do and see."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count

from unitwork.adapters.making import IsolationName
from unitwork.adapters.storage import AbstractDatabase
from unitwork.domain.errors import PersistenceError
from unitwork.testing.conformance.histories.history import (
    History,
    Kind,
    Operation,
    Transaction,
)
from unitwork.testing.conformance.histories.ledger import (
    LedgerUnit,
    Log,
    Member,
)


class RecordedUnit:
    """One unit of work on the ledger."""

    def __init__(self, uow: LedgerUnit) -> None:
        """Record nothing yet."""
        self.uow = uow
        self.operations: list[Operation] = []

    async def read(self, place: str, *, lock: bool = False) -> tuple[int, ...]:
        """Read a log; one that is not there is empty."""
        log = await self._find(place, lock=lock)
        return () if log is None else tuple(log.values)

    async def append(self, place: str, value: int) -> None:
        """Read a log, and append a value that nobody else appends."""
        log = await self._find(place)
        if log is None:
            self.uow.logs.add(Log(name=place, values=[value]))
        else:
            log.values.append(value)
        self._note("append", place, value)

    async def list(self, group: str) -> tuple[int, ...]:
        """Query the members of a group."""
        found = await self.uow.members.matching(Member.group == group)
        seen = tuple(member.number for member in found)
        self._note("list", group, seen=seen)
        return seen

    def join(self, group: str, member: int) -> None:
        """Put a new member into a group, without looking."""
        self.uow.members.add(Member(number=member, group=group))
        self._note("join", group, member)

    async def leave(self, group: str, member: int) -> None:
        """Take a member that was listed out of its group."""
        self.uow.members.remove(await self.uow.members.get(member))
        self._note("leave", group, member)

    async def commit(self) -> None:
        """Commit."""
        await self.uow.commit()

    async def _find(self, place: str, *, lock: bool = False) -> Log | None:
        log = await self.uow.logs.find(place, lock=lock)
        self._note("read", place, seen=() if log is None else tuple(log.values))
        return log

    def _note(
        self,
        kind: Kind,
        place: str,
        value: int | None = None,
        *,
        seen: tuple[int, ...] | None = None,
    ) -> None:
        self.operations.append(Operation(kind, place, value, seen))


class Recorder:
    """Open units of one isolation level on a database, and keep their history."""

    def __init__(self, database: AbstractDatabase, level: IsolationName) -> None:
        """Begin with an empty history."""
        self._database = database
        self._level: IsolationName = level
        self._numbers, self._clock = count(1), count(1)
        self._ended: list[Transaction] = []

    @asynccontextmanager
    async def unit(self, *, read_only: bool = False) -> AsyncIterator[RecordedUnit]:
        """Open a unit; an error that storage raises ends the block, and is recorded."""
        number, began, error = next(self._numbers), next(self._clock), ""
        uow = LedgerUnit(self._database, isolation=self._level, read_only=read_only)
        unit = RecordedUnit(uow)
        try:
            async with uow:
                yield unit
        except PersistenceError as failed:
            error = type(failed).__name__
        finally:
            done = tuple(unit.operations)
            times = (began, next(self._clock))
            ended = Transaction(number, uow.outcome, done, *times, error)
            self._ended.append(ended)

    def history(self) -> History:
        """Return what has ended so far."""
        return History(self._level, tuple(self._ended))
