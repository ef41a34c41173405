"""What became of a unit of work."""

from enum import Enum


class Outcome(Enum):
    """Tell what is known of a unit of work: the truth, or UNKNOWN.

    Contract: 10.
    """

    NEW = "new"
    """Not opened yet."""
    ACTIVE = "active"
    """Open: nothing is durable."""
    COMMITTED = "committed"
    """Durable, as the server says."""
    ROLLED_BACK = "rolled back"
    """Nothing of the unit was or will be applied."""
    UNKNOWN = "unknown"
    """The storage was lost while it committed; nobody can tell yet."""
