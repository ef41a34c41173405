"""A slice of an ordered result."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True)
class Page(Generic[T]):
    """Hold one page of a query, and where it stands in the whole.

    A frozen dataclass, so that web frameworks serialise `Page[UserOut]` as it is.

    Contract: 23.
    """

    items: list[T]
    total: int
    """How many rows the query has on all pages, as of the moment of reading."""
    number: int
    """Which page this is, from 1."""
    size: int
    """How many items a full page holds, from 1."""

    @property
    def pages(self) -> int:
        """Count the pages of the whole result; 0 when it is empty."""
        return -(-self.total // self.size)

    @property
    def has_next(self) -> bool:
        """Tell whether a page follows."""
        return self.number < self.pages

    @property
    def has_previous(self) -> bool:
        """Tell whether a page precedes that is not empty."""
        return 1 < self.number <= self.pages + 1 and self.total > 0

    def map(self, convert: Callable[[T], U]) -> "Page[U]":
        """Return the same page with every item converted."""
        items = [convert(item) for item in self.items]
        return Page(items, self.total, self.number, self.size)
