"""Plans of faults: what goes wrong, at which commit or read. Contract: 2, 4, 10, 29."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Literal, TypeVar

import attrs

from unitwork.adapters.storage import (
    AbstractDatabase,
    AbstractStorageSession,
    ChangeSet,
)
from unitwork.domain.errors import MisuseError, PersistenceError
from unitwork.testing.faults import AbstractFault, Call
from unitwork.testing.passing import Keys, PassingSession, interposed

T = TypeVar("T")
Kind = Literal["commit", "read"]
Place = tuple[Kind, int]


@attrs.frozen
class FaultPlan:
    """Say which commits and reads go wrong, and how; the same on every storage.

        with FaultPlan().at_commit(2, lost_reply).on(database):
            ...

    Counted are the calls that reach storage, from 1, of all units that are opened in
    the block: a commit that has nothing to write is none, and a read that the unit
    answers by itself is none. A plan is a value: it may be used many times.
    """

    _planned: dict[Place, AbstractFault] = attrs.field(factory=dict)

    def at_commit(self, number: int, fault: AbstractFault) -> "FaultPlan":
        """Return a plan in which this happens, too, at the n-th commit.

        Raises:
            MisuseError: the number is out of range, or has a fault already.
        """
        return self._with(("commit", number), fault)

    def at_read(self, number: int, fault: AbstractFault) -> "FaultPlan":
        """Return a plan in which this happens, too, at the n-th read.

        A read that fails inside of a raw transaction, or of one that holds a lock,
        ends it: nothing of the unit can be committed any more.

        Raises:
            MisuseError: the number is out of range, or has a fault already, or this
                happens to commits only.
        """
        if fault.commits_only:
            raise MisuseError(
                f"{fault} was planned for a read.",
                "It is a commit whose outcome nobody knows; a read has none.",
                "Plan it with at_commit(); for a read there is `lost`.",
            )
        return self._with(("read", number), fault)

    @contextmanager
    def on(self, database: AbstractDatabase) -> Iterator[None]:
        """Let it happen to the units that are opened on a database in the block.

        Raises:
            AssertionError: the block ended, and a fault had not been reached.
        """
        __tracebackhide__ = True
        run = _Run(self._planned)
        with interposed(database, lambda inner: _FaultySession(inner, run)):
            yield
        run.require_reached()

    def _with(self, place: Place, fault: AbstractFault) -> "FaultPlan":
        kind, number = place
        if number < 1 or place in self._planned:
            raise MisuseError(
                f"{fault} was planned for {kind} {number}.",
                f"Each {kind} has one fault, and they are counted from 1.",
                "Give every fault a place of its own.",
            )
        return FaultPlan({**self._planned, place: fault})


class _Run:
    """A plan at work: what was counted, what is still to come."""

    def __init__(self, planned: dict[Place, AbstractFault]) -> None:
        self._coming = dict(planned)
        self._made: Counter[Kind] = Counter()

    async def meet(self, kind: Kind, call: Call[T]) -> T:
        """Count a call, and let happen to it what is planned for it."""
        self._made[kind] += 1
        fault = self._coming.pop((kind, self._made[kind]), None)
        return await (call.proceed() if fault is None else fault.strike(call))

    def require_reached(self) -> None:
        """Fail if something did not happen: such a test cannot fail."""
        __tracebackhide__ = True
        if not self._coming:
            return
        left = (f"{fault} at {kind} {n}" for (kind, n), fault in self._coming.items())
        raise AssertionError(
            f"The block ended before its faults: {', '.join(left)}.\n"
            f"What reached storage: {self._made['commit']} commits,"
            f" {self._made['read']} reads.\n"
            "A fault that does not happen tests nothing: plan an earlier one, or see"
            " why the code does not get there."
        )


class _FaultySession(PassingSession):
    """A session to which a plan happens."""

    def __init__(self, inner: AbstractStorageSession, run: _Run) -> None:
        super().__init__(inner)
        self._run = run
        self._ended: PersistenceError | None = None
        """What ended the transaction that is open; storage itself does not know."""

    async def reading(self, call: Callable[[], Awaitable[T]]) -> T:
        """Count a read."""
        self._require_sound()
        try:
            return await self._run.meet("read", Call(call))
        except PersistenceError as error:
            if self.transactional:
                self._ended = error
            raise

    async def apply(self, changes: ChangeSet) -> Keys:
        """Count a commit."""
        self._require_sound()
        passing = super().apply
        return await self._run.meet("commit", Call(lambda: passing(changes), changes))

    def _require_sound(self) -> None:
        if self._ended is not None:
            raise self._ended
