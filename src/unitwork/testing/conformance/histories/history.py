"""A history: what concurrent units of work did, saw and became, as data."""

import json
from collections.abc import Sequence
from typing import Any, Literal, Self

import attrs

from unitwork.adapters.making import IsolationName
from unitwork.domain.outcome import Outcome

Kind = Literal["read", "append", "list", "join", "leave"]
"""The first two are of a log, the others of a group."""


@attrs.frozen
class Operation:
    """One thing that a unit did."""

    kind: Kind
    place: str
    """Which log or group."""
    value: int | None = None
    """What was appended; who joined or left."""
    seen: tuple[int, ...] | None = None
    """What a read or a list gave, with the unit's own changes."""

    def __str__(self) -> str:
        """Say it shortly."""
        if self.seen is None:
            return f"{self.kind} {self.place} {self.value}"
        return f"{self.kind} {self.place} -> {list(self.seen)}"


@attrs.frozen
class Transaction:
    """One unit of work, after its end."""

    number: int
    outcome: Outcome
    operations: tuple[Operation, ...]
    began: int
    """When it was opened, by a clock that ticks once for every event."""
    ended: int
    error: str = ""
    """The name of the error that ended it."""

    def __str__(self) -> str:
        """Show it in one line."""
        done = "; ".join(map(str, self.operations)) or "nothing"
        return f"T{self.number} ({self.outcome.value}): {done}"


@attrs.frozen
class History:
    """All units of a run, in the order of their ends."""

    level: IsolationName
    transactions: tuple[Transaction, ...]

    def with_outcome(self, outcome: Outcome) -> list[Transaction]:
        """Return the units that ended so."""
        return [t for t in self.transactions if t.outcome is outcome]

    def to_json(self) -> str:
        """Write it down: a line for each unit, after one for the level."""
        lines = [json.dumps(self.level)]
        lines += [json.dumps(_plain(each)) for each in self.transactions]
        return "\n".join(lines)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote."""
        level, *lines = map(json.loads, text.splitlines())
        return cls(level, tuple(map(_transaction, lines)))


def _plain(transaction: Transaction) -> list[Any]:
    operations = [attrs.astuple(each) for each in transaction.operations]
    outcome, times = transaction.outcome.value, (transaction.began, transaction.ended)
    return [transaction.number, outcome, *times, transaction.error, *operations]


def _transaction(plain: Sequence[Any]) -> Transaction:
    number, outcome, began, ended, error, *operations = plain
    done = tuple(
        Operation(kind, place, value, None if seen is None else tuple(seen))
        for kind, place, value, seen in operations
    )
    return Transaction(number, Outcome(outcome), done, began, ended, error)
