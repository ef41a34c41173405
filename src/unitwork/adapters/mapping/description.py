"""What a schema says of an aggregate, as data: tables, columns, constraints.

A *row* is a tuple of canonical values, one for each column of its table. A *state* is
a whole aggregate: for each of its tables, in order, a tuple of rows. Table 0 is the
root's and has one row, whose column 0 is the key. A row of a child table begins with
the columns that identify it inside its aggregate (`key_size` of them); the root's key
is not repeated in it - storages add it as the column `owner_column`.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import attrs

from unitwork.domain.errors import MisuseError
from unitwork.domain.specification import Member

if TYPE_CHECKING:
    from unitwork.adapters.mapping.types import ColumnType

Row = tuple[Any, ...]
State = tuple[tuple[Row, ...], ...]


class Dump(Protocol):
    """Make the canonical state of an aggregate. Refuses what it must not hold."""

    def __call__(self, aggregate: Any, known: State = ..., /) -> State:
        """Return the state; a key not assigned yet is None.

        Args:
            aggregate: of the mapping's class.
            known: a state of it. What is the very same object as there, in the same
                column, is canonical: it is not looked at.
        """
        ...


def with_key(state: State, key: Any) -> State:
    """Return a state whose root has the key that the database made."""
    return ((key, *state[0][0][1:]),), *state[1:]


@attrs.frozen
class Column:
    """One column."""

    name: str
    type: "ColumnType"
    nullable: bool
    names: tuple[str, ...]
    """Where its value is on the root or child object: ("total", "amount")."""
    source: Any = attrs.field(default=None, repr=False, eq=False)
    """The user's own column, where the schema was given a table."""


@attrs.frozen
class Table:
    """One table of an aggregate: the root's, or that of one kind of children."""

    name: str
    columns: tuple[Column, ...]
    key_size: int
    """How many leading columns identify a row inside its aggregate; 1 for the root."""
    owner_column: str = ""
    """In a child table, the name of the column with the root's key; first of all."""
    source: Any = attrs.field(default=None, repr=False, eq=False)
    """The user's own table, where the schema was given one."""


@attrs.frozen(eq=False)
class Unique:
    """Columns of the root's table whose values together are taken once.

    Rows in which any of them is None never clash. Compared by identity: constraints of
    two tables may have one name.
    """

    name: str
    columns: tuple[int, ...]
    fields: tuple[str, ...]


@attrs.frozen
class Reference:
    """A column, of any table of the aggregate, that holds another root's key."""

    name: str
    table: int
    column: int
    target: type
    fields: tuple[str, ...]


@attrs.frozen
class SortTerm:
    """Order by a column of the root's table."""

    column: int
    descending: bool
    nulls_first: bool


@attrs.frozen(eq=False)
class AggregateMapping:
    """How one class of aggregates is stored. Compared by identity."""

    aggregate: type
    position: int
    """Targets of references come before what refers to them, where that is possible."""
    tables: tuple[Table, ...]
    key_attribute: str
    generated: bool
    """Whether the database makes the key."""
    version_column: str
    uniques: tuple[Unique, ...]
    references: tuple[Reference, ...]
    comparable: bool
    """Whether equal attributes mean an equal state, so that equality may be trusted."""
    dump: Dump = attrs.field(repr=False)
    load: Callable[[State], Any] = attrs.field(repr=False)
    """Make an aggregate, without its converters, validators and `__init__`."""
    columns: dict[tuple[str, ...], int] = attrs.field(repr=False)
    """Positions in the root's row by attribute names."""
    containers: Callable[[Any], list[Any]] | None = attrs.field(repr=False)
    """List what can change in a loaded aggregate; None: look at every value."""
    key: Column = attrs.field(init=False, repr=False)
    """The column of the key."""

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "key", self.tables[0].columns[0])

    def position_of(self, path: Member[Any]) -> int:
        """Return where in the root's row a path's value stands.

        Raises:
            MisuseError: the path is of another class, or no single column.
        """
        if not issubclass(self.aggregate, path.owner):
            raise MisuseError(
                f"{path!r} is no attribute of {self.aggregate.__name__}.",
                f"This repository holds {self.aggregate.__name__} aggregates.",
                f"Begin the expression at {self.aggregate.__name__}.",
            )
        try:
            return self.columns[path.names]
        except KeyError:
            raise MisuseError(
                f"{path!r} is not one column.",
                "Only fields of the root, and parts of embedded values, can be"
                " compared and ordered by.",
                "Name a part of the value (`Order.total[Money.amount]`), or decide it"
                " in the domain.",
            ) from None
