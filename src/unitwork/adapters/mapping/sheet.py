"""A table in the making."""

import attrs

from unitwork.adapters.mapping.description import Column, Table
from unitwork.adapters.mapping.shape import Collection, Composite, Names, Scalar
from unitwork.adapters.mapping.user_table import UserTable


@attrs.define(eq=False)
class Sheet:
    """Collect the columns of a table, and what stands where."""

    name: str
    shape: Composite | Collection
    number: int
    parent: int = -1
    path: Names = ()
    """The attributes that lead here from the root."""
    owner_column: str = ""
    inherited: int = 0
    """How many leading columns identify the parents below the root."""
    key_size: int = 1
    columns: list[Column] = attrs.field(factory=list)
    leaves: dict[Names, int] = attrs.field(factory=dict)
    """Where the columns of an item stand, by attribute names."""
    key: int | None = None
    """Where the key of a dict stands."""
    position: int | None = None
    """Where the place in a list stands."""
    user: UserTable | None = None

    @property
    def item(self) -> Scalar | Composite:
        """Return what a row is made of."""
        return self.shape.item if isinstance(self.shape, Collection) else self.shape

    @property
    def container(self) -> type | None:
        """Return list, dict or set; None for the root."""
        return self.shape.container if isinstance(self.shape, Collection) else None

    @property
    def place(self) -> str:
        """Name the class or the collection, for mistakes."""
        if isinstance(self.shape, Collection):
            return str(self.shape.spot)
        return self.shape.cls.__name__

    def table(self) -> Table:
        """Return the finished table."""
        return Table(
            name=self.name,
            columns=tuple(self.columns),
            key_size=self.key_size,
            owner_column=self.owner_column,
            source=None if self.user is None else self.user.table,
        )
