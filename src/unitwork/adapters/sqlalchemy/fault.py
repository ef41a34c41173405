"""What a database said went wrong, in the words of no particular one."""

from enum import Enum, auto

import attrs


class Kind(Enum):
    """What kind of failure it is."""

    UNIQUE = auto()
    REFERENCE = auto()
    CONSTRAINT = auto()
    CONFLICT = auto()
    BUSY = auto()
    TIMEOUT = auto()
    LOST = auto()
    DENIED = auto()
    FULL = auto()
    READ_ONLY = auto()
    CORRUPT = auto()
    NOT_A_DATABASE = auto()
    MISSING = auto()
    OTHER = auto()


@attrs.frozen
class Fault:
    """One failure, as far as the driver's error tells."""

    kind: Kind
    detail: str
    code: str | None = None
    constraint: str | None = None
    table: str | None = None
    """The table of the constraint."""
    columns: tuple[str, ...] = ()
    """The columns of the constraint, where there is no name."""
    of_file: bool = False
    """Whether it is about the database's file as a whole."""
