"""A unit that an entry point lends to one operation. Contract: 3, 34, 39."""

from typing import TYPE_CHECKING, Any

from unitwork.adapters.mapping.schema import Schema
from unitwork.adapters.workspace import Workspace
from unitwork.application.hosting import Terms
from unitwork.application.operations import OperationRecord
from unitwork.domain.errors import MisuseError
from unitwork.domain.outcome import Outcome
from unitwork.domain.unit_of_work import UNSTATED

if TYPE_CHECKING:
    from collections.abc import Callable

    from unitwork.adapters.mapping.description import AggregateMapping
    from unitwork.domain.repository import AbstractRepository


class Lending:
    """What became of everything that one operation did with a unit."""

    def __init__(self, terms: Terms) -> None:
        """Begin: nothing was done yet."""
        self.terms = terms
        self.concluded = False
        self.by_use: Workspace | None = None
        """What use without a block has opened."""
        self.claimed = False
        """Whether the claim is stored without its result."""
        self.spent = False
        """Whether a commit has stored the claim."""
        self._ended: set[Outcome] = set()

    def took(self, outcome: Outcome) -> None:
        """Take note of what a unit came to."""
        self._ended.add(outcome)

    def effects(self, now: Outcome) -> Outcome:
        """Sum it up.

        Args:
            now: the outcome of the unit that was opened last.
        """
        for outcome in (Outcome.UNKNOWN, Outcome.COMMITTED):
            if outcome in self._ended:
                return outcome
        return Outcome.ROLLED_BACK if now is Outcome.COMMITTED else now

    async def claim(
        self,
        operations: "Callable[[], AbstractRepository[OperationRecord, str]]",
        result: object,
    ) -> object:
        """Let a commit store the operation's key, once, if it has one.

        Returns:
            What the commit says of the result, if that is one of the claim's.

        Raises:
            MisuseError: a commit has stored it; the second one would not be covered.
        """
        claim = self.terms.claim
        if claim is None:
            return result
        if self.spent:
            raise MisuseError(
                "An operation with a key was about to commit a second time.",
                "One commit stores its key: a repetition would not repeat the other.",
                "Do all in one block, or run the second part under a key of its own.",
            )
        heard = result if isinstance(result, claim.results) else UNSTATED
        records, record = operations(), claim.record(heard)
        if claim.replaces:
            expired = await records.find(claim.key)
            if expired is not None:
                records.remove(expired)
        records.add(record)
        return heard

    def stored(self, *, applied: bool, result: object) -> None:
        """Take note of a commit that has succeeded.

        Args:
            applied: whether anything was stored, or told.
            result: what the claim holds.
        """
        if applied:
            self.took(Outcome.COMMITTED)
        if self.terms.claim is not None:
            self.spent = True
            self.claimed = result is UNSTATED


def records_mapping(schema: Schema) -> "AggregateMapping":
    """Return where operations are recorded.

    Raises:
        MisuseError: nowhere.
    """
    known: Any = {mapping.aggregate: mapping for mapping in schema.mappings}
    if OperationRecord not in known:
        raise MisuseError(
            "The schema has no table for operation keys.",
            "The key is stored in the same commit as the effects of its operation.",
            "Add it: Schema(YourAggregate, OperationRecord), from unitwork.application;"
            " then migrate.",
        )
    found: AggregateMapping = known[OperationRecord]
    return found


def no_loan(what: str, remedy: str) -> MisuseError:
    """Make the refusal to lend, or to take back."""
    return MisuseError(
        f"A unit of work {what}.",
        "An entry point lends a handle that is not open to one operation.",
        remedy,
    )
