"""The shape of an aggregate: what its classes hold, before tables are laid out."""

from collections.abc import Callable, Iterator
from typing import Any

import attrs

from unitwork.adapters.mapping.types import ColumnType

Names = tuple[str, ...]


@attrs.frozen
class Spot:
    """Where an attribute stands, as seen from each class that a path may begin at.

    `Order.total[Money.amount]` and `Money.amount` both mean the amount of a total: the
    views are (Order, ("total", "amount")) and (Money, ("amount",)).
    """

    views: tuple[tuple[type, Names], ...]

    @classmethod
    def at(cls, owner: type) -> "Spot":
        """Begin at a class with tables of its own."""
        return cls(((owner, ()),))

    def part(self, name: str) -> "Spot":
        """Go to an attribute."""
        return Spot(tuple((owner, (*names, name)) for owner, names in self.views))

    def inside(self, value: type) -> "Spot":
        """Enter the value that stands here."""
        return Spot((*self.views, (value, ())))

    def __str__(self) -> str:
        """Show the attribute of the innermost class: `Money.amount`."""
        owner, names = self.views[-1]
        return f"{owner.__name__}.{'.'.join(names)}"


@attrs.frozen
class Scalar:
    """One column."""

    spot: Spot
    type: ColumnType
    nullable: bool
    said: bool
    """The type was given by columns=, and not derived."""


@attrs.frozen
class Composite:
    """An object with attributes: a root, an entity, or an embedded value."""

    cls: type
    parts: "tuple[tuple[str, Scalar | Composite | Collection], ...]"
    """The key first, if there is one."""
    key: str | None = None
    nullable: bool = False
    generated: bool = False
    transient: tuple[tuple[str, Callable[[], Any]], ...] = ()
    """Attributes that are not persisted, and what makes their values."""

    def leaves(
        self, names: Names = (), *, nullable: bool = False
    ) -> Iterator[tuple[Names, Scalar, bool]]:
        """Go through the columns: names, what it is, and whether it may be null."""
        for name, part in self.parts:
            if isinstance(part, Scalar):
                yield (*names, name), part, nullable or part.nullable
            elif isinstance(part, Composite):
                inner = nullable or part.nullable
                yield from part.leaves((*names, name), nullable=inner)

    def collections(self) -> "Iterator[tuple[str, Collection]]":
        """Go through the collections, by attribute."""
        for name, part in self.parts:
            if isinstance(part, Collection):
                yield name, part

    @property
    def required(self) -> Names | None:
        """Name the first column that is None only if all of the value is."""
        for name, part in self.parts:
            if isinstance(part, Scalar) and not part.nullable:
                return (name,)
            if isinstance(part, Composite) and not part.nullable and part.required:
                return (name, *part.required)
        return None


@attrs.frozen
class Collection:
    """A list, dict or set that the aggregate owns."""

    spot: Spot
    container: type
    item: Scalar | Composite
    key: Scalar | None = None
    """Of a dict."""

    def leaves(self) -> Iterator[tuple[Names, Scalar, bool]]:
        """Go through the columns of an item."""
        if isinstance(self.item, Scalar):
            yield (), self.item, self.item.nullable
        else:
            yield from self.item.leaves()

    @property
    def keyed(self) -> bool:
        """Tell whether the items are entities that have a key."""
        return isinstance(self.item, Composite) and self.item.key is not None


Node = Scalar | Composite | Collection
