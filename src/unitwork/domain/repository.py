"""The repository port."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterable
from typing import Generic, TypeVar

from unitwork.domain.expression import Sort
from unitwork.domain.page import Page
from unitwork.domain.specification import Specification

A = TypeVar("A")
K = TypeVar("K")
Order = Sort[A] | Iterable[Sort[A]]
"""One sort term or several; the key always completes them (contract 23)."""


class AbstractRepository(ABC, Generic[A, K]):
    """Promise a collection of aggregates, as one unit of work sees it.

    Every answer is evaluated over this unit's own object for each key that it holds,
    and over storage for all other keys (contract 20). One key is one object
    (contract 12). Nothing is written before commit.

    Declare finders of your own in a subclass: those built on criteria are concrete;
    a finder that needs raw SQL is abstract, and written for each storage.

    Source: Repository (Evans, Fowler).
    """

    @abstractmethod
    def add(self, aggregate: A) -> None:
        """Put a new aggregate into the collection.

        Raises:
            UniqueViolationError: this unit already holds its key. A key that only
                storage has is found at commit.
        """

    @abstractmethod
    def remove(self, aggregate: A) -> None:
        """Take an aggregate out of the collection.

        Raises:
            MisuseError: this unit does not hold it.
        """

    @abstractmethod
    async def get(
        self, key: K, *, lock: bool = False, expected_version: int | None = None
    ) -> A:
        """Return the aggregate that has this key.

        Args:
            key: its key.
            lock: keep other writers out until this unit ends. Opens a transaction;
                in a snapshot unit only before the first read (contract 21).
            expected_version: what `version_of` gave earlier, for If-Match.

        Raises:
            AggregateNotFoundError: there is none.
            ConcurrencyConflictError: its version is not `expected_version` (then it is
                not retryable), or `lock` found another version than this unit had
                loaded.

        Cost: nothing if this unit holds it; else one read, of one statement and one
            more for each child table.
        """

    @abstractmethod
    async def find(self, key: K, *, lock: bool = False) -> A | None:
        """Return the aggregate that has this key, or None. Otherwise like `get`."""

    @abstractmethod
    async def matching(
        self,
        criterion: Specification[A],
        *,
        order_by: Order[A] = (),
        limit: int | None = None,
        offset: int = 0,
    ) -> list[A]:
        """Return the aggregates that match, in order.

        Args:
            criterion: `all_of()` matches everything.
            order_by: sort terms; the key completes them, so the order is total.
            limit: at most so many, from 0.
            offset: leave out so many first ones, from 0.
        """

    @abstractmethod
    async def first(
        self, criterion: Specification[A], *, order_by: Order[A] = ()
    ) -> A | None:
        """Return the first aggregate that matches, or None."""

    @abstractmethod
    async def count(self, criterion: Specification[A] | None = None) -> int:
        """Count the aggregates that match, without loading them; default: all."""

    @abstractmethod
    async def exists(self, criterion: Specification[A]) -> bool:
        """Tell whether any aggregate matches, without loading it."""

    @abstractmethod
    async def page(
        self,
        criterion: Specification[A] | None = None,
        *,
        order_by: Order[A] = (),
        number: int = 1,
        size: int = 20,
    ) -> Page[A]:
        """Return one page of the aggregates that match, with the true total.

        Args:
            criterion: default: all.
            order_by: as for `matching`.
            number: which page, from 1.
            size: how many a page holds, from 1.

        Cost: a count, and a `matching`.
        """

    @abstractmethod
    def stream(
        self,
        criterion: Specification[A] | None = None,
        *,
        order_by: Order[A] = (),
        chunk_size: int = 500,
    ) -> AsyncIterator[A]:
        """Go through the aggregates that match, in order, a chunk at a time.

        Each chunk is a read of its own that begins after the last key, and holds
        neither connection nor lock in between. The unit keeps what it loads.

        Args:
            criterion: default: all.
            order_by: as for `matching`.
            chunk_size: how many aggregates one read loads, from 1.
        """
