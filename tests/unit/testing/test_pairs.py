"""Finders in SQL and their twins in memory: equal ones pass, others are found out."""

import asyncio
from abc import abstractmethod
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import strategies as st
from sqlalchemy import text

from tests.storages import InMemoryDatabase
from unitwork import (
    AbstractRepository,
    AbstractUnitOfWork,
    AggregateRoot,
    Field,
    Key,
    UsageError,
    field,
    generated,
)
from unitwork.adapters.mapping import Schema
from unitwork.adapters.memory import InMemoryRepository, InMemoryUnitOfWork
from unitwork.adapters.sqlalchemy import (
    SqlAlchemyDatabase,
    SqlAlchemyRepository,
    SqlAlchemyUnitOfWork,
)
from unitwork.testing import verified_pair


class Book(AggregateRoot):
    isbn: Key[str]
    title: Field[str]
    year: Field[int | None] = field(default=None)


class Loan(AggregateRoot):
    id: Key[int] = generated()
    book: Field[str]


class BookRepository(AbstractRepository[Book, str]):
    @abstractmethod
    async def titled(self, part: str) -> list[Book]:
        """Return the books whose title has a part, by key."""

    @abstractmethod
    async def oldest(self, number: int) -> list[Book]:
        """Return so many books of a known year, the oldest first."""

    @abstractmethod
    async def not_of(self, year: int) -> list[Book]:
        """Return the books of another year or an unknown one, in any order."""


class LoanRepository(AbstractRepository[Loan, int]):
    @abstractmethod
    async def of_books(self) -> list[Loan]:
        """Return the loans of books that are there, by key."""

    @abstractmethod
    async def busiest(self) -> tuple[str, int] | None:
        """Return the book with the most loans, and how many they are."""


class LibraryUnitOfWork(AbstractUnitOfWork):
    books: BookRepository
    loans: LoanRepository


class MemoryBooks(BookRepository, InMemoryRepository[Book, str]):
    async def titled(self, part: str) -> list[Book]:
        return [book for book in await self.all() if part in book.title]

    async def oldest(self, number: int) -> list[Book]:
        known = [(b.year, b.isbn, b) for b in await self.all() if b.year is not None]
        return [book for _, _, book in sorted(known, key=lambda k: k[:2])[:number]]

    async def not_of(self, year: int) -> list[Book]:
        return [book for book in await self.all() if book.year != year]


class MemoryLoans(LoanRepository, InMemoryRepository[Loan, int]):
    async def of_books(self) -> list[Loan]:
        unit: Any = self._unit
        isbns = {book.isbn for book in await unit.books.all()}
        return [loan for loan in await self.all() if loan.book in isbns]

    async def busiest(self) -> tuple[str, int] | None:
        books = [loan.book for loan in await self.all()]
        if not books:
            return None
        number, book = min((-books.count(book), book) for book in books)
        return book, -number


class SqlBooks(BookRepository, SqlAlchemyRepository[Book, str]):
    _titled = "SELECT isbn FROM book WHERE instr(title, :part) > 0 ORDER BY isbn"
    _oldest = """SELECT isbn FROM book WHERE year IS NOT NULL
        ORDER BY year, isbn LIMIT :number"""
    _not_of = "SELECT isbn FROM book WHERE year IS DISTINCT FROM :year"

    async def titled(self, part: str) -> list[Book]:
        return await self.load(text(self._titled).bindparams(part=part))

    async def oldest(self, number: int) -> list[Book]:
        return await self.load(text(self._oldest).bindparams(number=number))

    async def not_of(self, year: int) -> list[Book]:
        return await self.load(text(self._not_of).bindparams(year=year))


class SqlLoans(LoanRepository, SqlAlchemyRepository[Loan, int]):
    async def of_books(self) -> list[Loan]:
        joined = "SELECT id FROM loan JOIN book ON isbn = loan.book ORDER BY id"
        return await self.load(text(joined))

    async def busiest(self) -> tuple[str, int] | None:
        unit: Any = self._unit
        connection = await unit.connection()
        rows = await connection.execute(
            text("SELECT book, count(*) FROM loan GROUP BY 1 ORDER BY 2 DESC, 1")
        )
        row = rows.first()
        return None if row is None else tuple(row)


class MemoryLibrary(
    InMemoryUnitOfWork, LibraryUnitOfWork, repositories=[MemoryBooks, MemoryLoans]
): ...


def sql_library(books: type[SqlBooks] = SqlBooks) -> type[SqlAlchemyUnitOfWork]:
    """Make a unit class, with finders that may be wrong."""

    class SqlLibrary(
        SqlAlchemyUnitOfWork, LibraryUnitOfWork, repositories=[books, SqlLoans]
    ): ...

    return SqlLibrary


SCHEMA = Schema(Book, Loan)
WORDS = st.text("aA%_é", max_size=3)
BOOKS = st.builds(
    Book,
    isbn=st.text("abc", min_size=1, max_size=2),
    title=WORDS,
    year=st.integers(1, 3) | st.none(),
)
LOANS = st.builds(Loan, book=st.text("abc", min_size=1, max_size=1))


@pytest.fixture
async def sqlite(tmp_path: Path) -> AsyncIterator[SqlAlchemyDatabase]:
    """An empty library in a file."""
    database = SqlAlchemyDatabase(SCHEMA, f"sqlite+aiosqlite:///{tmp_path}/library.db")
    await database.create_all()
    yield database
    await database.dispose()


@pytest.fixture
def fake() -> MemoryLibrary:
    """A unit on an empty library in memory."""
    return MemoryLibrary(InMemoryDatabase(SCHEMA))


FINDERS: dict[Any, list[Any]] = {
    BookRepository.titled: [BOOKS, WORDS],
    BookRepository.oldest: [BOOKS, st.integers(0, 4)],
    LoanRepository.of_books: [BOOKS | LOANS],
    LoanRepository.busiest: [LOANS],
}


@pytest.mark.parametrize("finder", FINDERS, ids=lambda finder: finder.__name__)
async def test_equal_finders_pass(
    sqlite: SqlAlchemyDatabase, fake: MemoryLibrary, finder: Any
) -> None:
    """Aggregates of one class or several, with generated keys, and plain values."""
    real = sql_library()(sqlite)
    await verified_pair(finder, fake=fake, real=real, made=FINDERS[finder])


async def test_changes_that_no_unit_could_commit_are_not_compared(
    tmp_path: Path,
) -> None:
    """SQL writes what is pending before it asks, and a taken value fails there."""
    schema = Schema(Loan).aggregate(Book, unique=[Book.title])
    real = SqlAlchemyDatabase(schema, f"sqlite+aiosqlite:///{tmp_path}/library.db")
    await real.create_all()
    titles = st.sampled_from(["a", "b"])
    isbns = st.sampled_from(["1", "2", "3"])
    await verified_pair(
        BookRepository.titled,
        fake=MemoryLibrary(InMemoryDatabase(schema)),
        real=sql_library()(real),
        made=[st.builds(Book, isbn=isbns, title=titles), titles],
    )
    await real.dispose()


async def test_order_counts_only_if_it_is_promised(
    sqlite: SqlAlchemyDatabase, fake: MemoryLibrary
) -> None:
    """What comes in any order is compared without it."""

    class Backwards(SqlBooks):
        _not_of = f"{SqlBooks._not_of} ORDER BY isbn DESC"

    real, made = sql_library(Backwards)(sqlite), [BOOKS, st.integers(1, 3)]
    finder = BookRepository.not_of
    await verified_pair(finder, fake=fake, real=real, made=made, ordered=False)
    with pytest.raises(AssertionError, match="not_of and its twin disagree"):
        await verified_pair(finder, fake=fake, real=real, made=made)


class IgnoresCase(SqlBooks):
    _titled = "SELECT isbn FROM book WHERE title LIKE '%'||:part||'%' ORDER BY isbn"


class WrongOrder(SqlBooks):
    _oldest = SqlBooks._oldest.replace("year, isbn", "year DESC, isbn")


class ForgottenNone(SqlBooks):
    _not_of = "SELECT isbn FROM book WHERE year <> :year ORDER BY isbn"


class OneTooMany(SqlBooks):
    _oldest = f"{SqlBooks._oldest} + 1"


class Broken(SqlBooks):
    _titled = "SELECT isbn FROM books WHERE title = :part"


class BehindTheUnit(SqlBooks):
    """Asks on a connection of its own, and misses what the unit has changed."""

    async def titled(self, part: str) -> list[Book]:
        unit: Any = self._unit
        async with unit.database.engine.connect() as connection:
            found = await connection.execute(text(self._titled), {"part": part})
            isbns = [isbn for (isbn,) in found]
        return [await self.get(isbn) for isbn in isbns]


WRONG: dict[type[SqlBooks], Any] = {
    IgnoresCase: BookRepository.titled,
    WrongOrder: BookRepository.oldest,
    ForgottenNone: BookRepository.not_of,
    OneTooMany: BookRepository.oldest,
    Broken: BookRepository.titled,
    BehindTheUnit: BookRepository.titled,
}


@pytest.mark.no_cover  # tracing would make it many times as slow
@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.__name__)
async def test_a_wrong_finder_is_found_out(
    sqlite: SqlAlchemyDatabase, fake: MemoryLibrary, wrong: type[SqlBooks]
) -> None:
    """Whatever it does otherwise than its twin."""
    finder = WRONG[wrong]
    argument = WORDS if finder is BookRepository.titled else st.integers(0, 4)
    with pytest.raises(AssertionError, match="and its twin disagree"):
        await verified_pair(
            finder,
            fake=fake,
            real=sql_library(wrong)(sqlite),
            made=[BOOKS, argument],
            ordered=finder is not BookRepository.not_of,
        )


async def test_the_example_is_the_smallest(
    sqlite: SqlAlchemyDatabase, fake: MemoryLibrary
) -> None:
    """One book and one number show what is wrong."""
    real = sql_library(OneTooMany)(sqlite)
    made = [BOOKS, st.integers(0, 4)]
    with pytest.raises(AssertionError) as raised:
        await verified_pair(BookRepository.oldest, fake=fake, real=real, made=made)

    assert str(raised.value) == (
        "BookRepository.oldest and its twin disagree.\n"
        "  stored: #0 Book(isbn='a', title='', year=1)\n"
        "  asked: oldest(0)\n"
        "  MemoryLibrary: []\n"
        "  SqlLibrary: [#0]"
    )


async def test_makers_may_be_functions(
    sqlite: SqlAlchemyDatabase, fake: MemoryLibrary
) -> None:
    """They are given a source of random numbers."""

    def book(random: Random) -> Book:
        return Book(isbn=random.choice("ab"), title=random.choice("aA"))

    made = [book, lambda random: random.choice("aA")]
    finder = BookRepository.titled
    await verified_pair(finder, fake=fake, real=sql_library()(sqlite), made=made)
    with pytest.raises(AssertionError, match="disagree"):
        await verified_pair(
            finder, fake=fake, real=sql_library(IgnoresCase)(sqlite), made=made
        )


async def test_a_pair_that_finds_nothing_proves_nothing(
    sqlite: SqlAlchemyDatabase, fake: MemoryLibrary
) -> None:
    """Equal emptiness is no agreement."""
    made = [BOOKS, st.just("nowhere")]
    with pytest.raises(AssertionError) as raised:
        await verified_pair(
            BookRepository.titled, fake=fake, real=sql_library()(sqlite), made=made
        )

    assert str(raised.value) == (
        "BookRepository.titled found nothing, or raised, in every example, and nothing"
        " is proved: make aggregates, and arguments, that it is about."
    )


async def test_a_pair_that_always_raises_says_what(fake: MemoryLibrary) -> None:
    """Equal failures are no agreement, and their author must see them."""
    other = MemoryLibrary(InMemoryDatabase(fake.database.schema))
    made = [BOOKS, st.just("two")]
    with pytest.raises(AssertionError) as raised:
        await verified_pair(BookRepository.oldest, fake=fake, real=other, made=made)

    assert " times: raises TypeError: slice indices must be" in str(raised.value)


async def test_a_finder_that_no_repository_has_is_refused(fake: MemoryLibrary) -> None:
    """So is an aggregate that the unit has no repository for."""

    async def elsewhere(_: object) -> list[Book]:
        return []

    with pytest.raises(UsageError) as raised:
        await verified_pair(elsewhere, fake=fake, real=fake, made=[BOOKS])

    assert str(raised.value) == (
        "No repository of MemoryLibrary has"
        " test_a_finder_that_no_repository_has_is_refused.<locals>.elsewhere.\n"
        "The finder is looked for in the classes that its port derives from.\n"
        "Name it as the port declares it: OrderRepository.overdue. [misuse]"
    )


class Shelf(AggregateRoot):
    id: Key[int]


async def test_an_aggregate_without_a_repository_is_refused(
    sqlite: SqlAlchemyDatabase,
) -> None:
    """It could be stored by no unit of this class."""
    schema = Schema(Book, Loan, Shelf)
    fake = MemoryLibrary(InMemoryDatabase(schema))
    with pytest.raises(UsageError) as raised:
        await verified_pair(
            BookRepository.oldest,
            fake=fake,
            real=fake,
            made=[st.builds(Shelf, id=st.integers(1, 2)), st.just(1)],
        )

    assert str(raised.value) == (
        "MemoryLibrary has no repository of Shelf.\n"
        "An aggregate of this class was made for verified_pair().\n"
        "Make aggregates that the unit of work has a repository for. [misuse]"
    )


async def test_a_search_that_is_cancelled_stops(fake: MemoryLibrary) -> None:
    """The thread that makes examples ends with it."""
    asked, stopped = asyncio.Event(), asyncio.Event()

    class Slow(MemoryBooks):
        async def oldest(self, number: int) -> list[Book]:
            asked.set()
            try:
                await asyncio.Event().wait()
            finally:
                stopped.set()
            return []

    class Library(
        InMemoryUnitOfWork, LibraryUnitOfWork, repositories=[Slow, MemoryLoans]
    ): ...

    search = asyncio.create_task(
        verified_pair(
            BookRepository.oldest,
            fake=Library(InMemoryDatabase(SCHEMA)),
            real=fake,
            made=[BOOKS, st.just(1)],
        )
    )
    await asked.wait()
    search.cancel()
    with pytest.raises(asyncio.CancelledError):
        await search
    await stopped.wait()
