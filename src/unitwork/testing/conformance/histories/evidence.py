"""What a history tells: which unit must come before which, and what is plainly wrong.

Everything is judged by its observers: units that committed, and units of an unknown
outcome that somebody saw.
"""

from collections.abc import Iterator
from enum import IntEnum

import attrs

from unitwork.domain.outcome import Outcome
from unitwork.testing.conformance.histories.history import (
    History,
    Kind,
    Operation,
    Transaction,
)
from unitwork.testing.conformance.histories.phenomena import Anomaly, Phenomenon

Place = tuple[str, int]
"""A value in a log, or a member of a group."""


class Dependency(IntEnum):
    """How one unit depends on another; of two, the weaker one tells more."""

    WW = 0
    """The second wrote over what the first had written."""
    WR = 1
    """The second saw what the first had written."""
    RW = 2
    """The first saw what the second wrote over."""
    PREDICATE_RW = 3
    """The first looked where the second put something later."""


@attrs.frozen
class Edge:
    """One unit comes before another, in any order that explains what was seen."""

    source: int
    target: int
    dependency: Dependency
    why: str


class Evidence:
    """Collect the edges and the plain anomalies of a history."""

    def __init__(self, history: History) -> None:
        """Begin with nothing but who wrote what."""
        self.anomalies: list[Anomaly] = []
        self.edges: list[Edge] = []
        self.transactions = {each.number: each for each in history.transactions}
        self._attempts: dict[tuple[Kind, Place], list[Transaction]] = {}
        self._seen: set[Place] = set()
        for transaction in history.transactions:
            for done in transaction.operations:
                if done.value is not None:
                    attempt = (done.kind, (done.place, done.value))
                    self._attempts.setdefault(attempt, []).append(transaction)
                elif transaction.outcome is Outcome.COMMITTED:
                    self._seen.update((done.place, each) for each in done.seen or ())

    def attempts(self, kind: Kind, place: str, value: int) -> list[Transaction]:
        """Return who did this, whatever became of them."""
        return self._attempts.get((kind, (place, value)), [])

    def writer(self, kind: Kind, place: str, value: int) -> Transaction | None:
        """Return who did this for good: committed, or seen by someone.

        Nobody sees a leave, so one of an unknown outcome stays in doubt.
        """
        for transaction in self.attempts(kind, place, value):
            if transaction.outcome is Outcome.COMMITTED:
                return transaction
            unknown = transaction.outcome is Outcome.UNKNOWN
            if unknown and kind != "leave" and (place, value) in self._seen:
                return transaction
        return None

    def written(self, kind: Kind) -> Iterator[Place]:
        """Go through what was done so, by anybody."""
        return (place for known, place in self._attempts if known == kind)

    def committed(self) -> Iterator[Transaction]:
        """Go through the units whose reads count."""
        for transaction in self.transactions.values():
            if transaction.outcome is Outcome.COMMITTED:
                yield transaction

    def orders(
        self,
        before: Transaction,
        after: Transaction,
        dependency: Dependency,
        why: str,
    ) -> None:
        """Note that one unit comes before another; its own work says nothing."""
        if before is not after:
            self.edges.append(Edge(before.number, after.number, dependency, why))

    def shows(self, phenomenon: Phenomenon, story: str, *who: Transaction) -> None:
        """Note an anomaly."""
        self.anomalies.append(Anomaly(phenomenon, (story,), who))

    def check_source(
        self, kind: Kind, done: Operation, value: int, reader: Transaction
    ) -> bool:
        """Tell whether a value that was seen was written for good by anybody."""
        attempts = self.attempts(kind, done.place, value)
        if not attempts:
            self.shows(
                Phenomenon.UNWRITTEN,
                f"T{reader.number} saw {value} in {done.place}; nobody wrote it",
                reader,
            )
        elif all(each.outcome is Outcome.ROLLED_BACK for each in attempts):
            self.shows(
                Phenomenon.G1A,
                f"T{reader.number} saw {value} in {done.place},"
                f" which T{attempts[0].number} rolled back",
                reader,
                attempts[0],
            )
        else:
            return True
        return False
