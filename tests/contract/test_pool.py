"""Whatever happened to a unit, the next one finds a clean connection.

The kit's cases say what the next unit sees; here it is given the only connection.
"""

from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.shop import Shop, open_shop
from unitwork import (
    AbstractRepository,
    AbstractUnitOfWork,
    AggregateRoot,
    Field,
    Key,
    Outcome,
    ReferenceViolationError,
)
from unitwork.adapters.mapping import Schema
from unitwork.adapters.sqlalchemy.options import PoolOptions
from unitwork.testing.conformance.cases.cancellation import (
    test_a_unit_cancelled_at_any_point_is_all_or_nothing,
    test_a_unit_cancelled_under_a_lock_is_all_or_nothing,
)
from unitwork.testing.conformance.cases.failed_units import (
    test_a_failed_unit_leaves_no_lock_to_the_next_one,
    test_a_failed_unit_leaves_nothing_to_the_next_one,
    test_a_unit_that_referred_to_nothing_leaves_nothing,
)
from unitwork.testing.conformance.cases.unit_leaving import (
    test_a_cancelled_rollback_ends_and_the_exception_passes,
)
from unitwork.testing.conformance.cases.unit_tasks import (
    test_a_block_left_while_its_owner_waits_for_storage,
)

if TYPE_CHECKING:
    from tests.storages import Servers, SqlStorage

__all__ = [
    "test_a_block_left_while_its_owner_waits_for_storage",
    "test_a_cancelled_rollback_ends_and_the_exception_passes",
    "test_a_failed_unit_leaves_no_lock_to_the_next_one",
    "test_a_failed_unit_leaves_nothing_to_the_next_one",
    "test_a_unit_cancelled_at_any_point_is_all_or_nothing",
    "test_a_unit_cancelled_under_a_lock_is_all_or_nothing",
    "test_a_unit_that_referred_to_nothing_leaves_nothing",
]
ONE = PoolOptions(size=1, overflow=0, timeout=2)


@pytest.fixture
async def shop(sql_storage: "SqlStorage") -> AsyncIterator[Shop]:
    """A shop with one connection, which nobody keeps."""
    async with open_shop(sql_storage, pool=ONE, lock_timeout=1) as opened:
        yield opened
        database: Any = opened.database
        assert database.engine.pool.checkedout() == 0


class Shelf(AggregateRoot):
    id: Key[int]


class Book(AggregateRoot):
    id: Key[int]
    shelf: Field[int]


class LibraryUnitOfWork(AbstractUnitOfWork):
    shelves: AbstractRepository[Shelf, int]
    books: AbstractRepository[Book, int]


def library() -> Schema:
    """Describe tables of a user, whose reference is checked by COMMIT."""
    from sqlalchemy import BigInteger, Column, ForeignKey, MetaData, Table

    def key() -> Column[int]:
        return Column("id", BigInteger, primary_key=True, autoincrement=False)

    def version() -> Column[int]:
        return Column("version", BigInteger, nullable=False)

    metadata = MetaData()
    shelf = Table("shelf", metadata, key(), version())
    to_shelf = ForeignKey(
        "shelf.id", name="book_shelf", deferrable=True, initially="DEFERRED"
    )
    column: Column[int] = Column("shelf", BigInteger, to_shelf, nullable=False)
    book = Table("book", metadata, key(), column, version())
    return Schema().aggregate(Shelf, table=shelf).aggregate(Book, table=book)


@pytest.fixture(params=["sqlite", "postgresql-asyncpg", "postgresql-psycopg"])
async def narrow_library(
    request: pytest.FixtureRequest, servers: "Servers"
) -> AsyncIterator[Callable[[], LibraryUnitOfWork]]:
    """Units on one connection, on each database that can defer a constraint."""
    from tests.storages import STORAGES

    storage = STORAGES[request.param](servers)
    async with storage.database(library(), pool=ONE) as database:
        unit = storage.unit(LibraryUnitOfWork)  # type: ignore[type-abstract]  # a port
        yield lambda: unit(database)


async def test_a_commit_that_fails_again_and_again_leaves_nothing_to_the_next_unit(
    narrow_library: Callable[[], LibraryUnitOfWork],
) -> None:
    """Contract 27, 29: COMMIT itself says no; the transaction is over all the same."""
    for number in range(20):
        async with narrow_library() as uow:
            uow.books.add(Book(id=number, shelf=7))
            with pytest.raises(ReferenceViolationError) as raised:
                await uow.commit()
        assert uow.outcome is raised.value.outcome is Outcome.ROLLED_BACK
        assert not raised.value.retryable
        async with narrow_library() as after:
            assert await after.books.count() == 0
            after.shelves.add(Shelf(id=number + 1000))
            await after.commit()

    async with narrow_library() as after:
        assert await after.books.count() == 0
        assert await after.shelves.count() == 20
