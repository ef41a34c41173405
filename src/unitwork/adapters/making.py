"""What a unit of work is made with, checked."""

from typing import Literal

from unitwork.adapters.storage import Isolation, UnitOptions
from unitwork.domain.errors import MisuseError

IsolationName = Literal["read_committed", "snapshot", "serializable"]


def no_database(unit: type, given: object) -> MisuseError:
    """Make the refusal of what is no database object."""
    return MisuseError(
        f"{unit.__name__} was given an object of {type(given).__name__}.",
        "A unit keeps its aggregates in a database object, which is made once.",
        f"Write {unit.__name__}(InMemoryDatabase(schema)), or the same with a"
        " SqlAlchemyDatabase(schema, url).",
    )


_OPTIONS = {
    (level.value, read_only): UnitOptions(level, read_only)
    for level in Isolation
    for read_only in (False, True)
}


def checked_options(isolation: str, *, read_only: bool) -> UnitOptions:
    """Return the options, by their names.

    Raises:
        MisuseError: there is no such isolation level.
    """
    try:
        return _OPTIONS[isolation, bool(read_only)]
    except (KeyError, TypeError):
        levels = ", ".join(repr(level.value) for level in Isolation)
        raise MisuseError(
            f"isolation={isolation!r} is no isolation level.",
            f"The levels are {levels}.",
            "Choose one of them; 'read_committed' is the default.",
        ) from None
