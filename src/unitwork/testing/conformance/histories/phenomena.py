"""What can be wrong with a history, and what each isolation level forbids.

Source: Adya, Weak Consistency (1999); Kingsbury and Alvaro, Elle (VLDB 2020).
"""

from collections.abc import Iterable
from enum import Enum

import attrs

from unitwork.adapters.making import IsolationName
from unitwork.testing.conformance.histories.history import Transaction


class Phenomenon(Enum):
    """One kind of anomaly. The last four are cycles that only some levels forbid."""

    UNWRITTEN = "unwritten value"
    """A read gave what nobody wrote."""
    DUPLICATE = "duplicate value"
    """A read gave a value twice that was written once."""
    INCOMPATIBLE = "incompatible orders"
    """Two reads of a log are no prefixes of one order."""
    FUZZY_READ = "P2 fuzzy read"
    """What a unit had loaded or changed was otherwise when it looked again."""
    STALE_READ = "stale read"
    """A unit missed what was committed before it began."""
    LOST_UPDATE = "P4 lost update"
    """Two units changed the same version of one aggregate."""
    G0 = "G0 dirty write"
    """A cycle of writes over writes."""
    G1A = "G1a aborted read"
    """A unit saw what was rolled back."""
    G1B = "G1b intermediate read"
    """A unit saw a value that was not its writer's last."""
    G1C = "G1c circular information flow"
    """A cycle of writes and of reads of what was written."""
    G_SINGLE = "G-single read skew"
    """A cycle with one read of what was written over later."""
    G_NONADJACENT = "G-nonadjacent long fork"
    """A cycle with several such reads, never two in a row."""
    G2_ITEM = "G2-item write skew"
    """A cycle with two such reads in a row, each of an aggregate."""
    G2 = "G2 write skew by phantoms"
    """The same where a query missed what was put in later."""


_SKEWED_WRITES = {Phenomenon.G2_ITEM, Phenomenon.G2}
_SKEWED_READS = {Phenomenon.G_SINGLE, Phenomenon.G_NONADJACENT}
FORBIDDEN: dict[IsolationName, frozenset[Phenomenon]] = {
    "read_committed": frozenset(Phenomenon) - _SKEWED_READS - _SKEWED_WRITES,
    "snapshot": frozenset(Phenomenon) - _SKEWED_WRITES,
    "serializable": frozenset(Phenomenon),
}
"""What must not be found at a level. Contract: 16, 18."""
LEVELS = tuple(FORBIDDEN)


@attrs.frozen
class Anomaly:
    """One thing that is wrong with a history, and the units that show it."""

    phenomenon: Phenomenon
    story: tuple[str, ...]
    """What happened, a sentence a line."""
    transactions: tuple[Transaction, ...]

    def __str__(self) -> str:
        """Tell it to a person."""
        lines = [*self.story, *map(str, self.transactions)]
        return "\n  ".join([f"{self.phenomenon.value}:", *lines])


def forbidden(level: IsolationName, found: Iterable[Anomaly]) -> list[Anomaly]:
    """Return those of the anomalies that a level forbids."""
    return [each for each in found if each.phenomenon in FORBIDDEN[level]]
