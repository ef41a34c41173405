"""Whatever happened to a unit, the next one finds a clean connection."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Generator
from contextlib import suppress
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from tests.shop import Counter, Customer, Order, Shop, ShopUnitOfWork, open_shop
from unitwork import (
    AbstractRepository,
    AbstractUnitOfWork,
    AggregateRoot,
    Field,
    Key,
    Outcome,
    ReferenceViolationError,
    UnitworkError,
    new_id,
)
from unitwork.adapters.mapping import Schema
from unitwork.adapters.unit_of_work import IsolationName

if TYPE_CHECKING:
    from tests.storages import Servers, Storage


@pytest.fixture
async def narrow_shop(storage: "Storage") -> AsyncIterator[Shop]:
    """A shop with one connection, where there are connections."""
    from unitwork.adapters.sqlalchemy.options import PoolOptions

    one = PoolOptions(size=1, overflow=0, timeout=2)
    async with open_shop(storage, pool=one, lock_timeout=1) as opened:
        await opened.put(x=0, y=0)
        yield opened


def lent(shop: Shop) -> int:
    """Count the connections that are out of the pool; none where there is no pool."""
    engine: Any = getattr(shop.database, "engine", None)
    return 0 if engine is None else engine.pool.checkedout()


async def _conflict(shop: Shop, uow: ShopUnitOfWork) -> None:
    (await uow.counters.get("x")).value += 1
    async with shop.unit() as other:
        (await other.counters.get("x")).value += 100
        await other.commit()
    await uow.commit()


async def _taken(_shop: Shop, uow: ShopUnitOfWork) -> None:
    (await uow.counters.get("x")).value += 1
    for _ in range(2):
        uow.orders.add(Order(number="same"))
    await uow.commit()


async def _taken_in_storage(shop: Shop, uow: ShopUnitOfWork) -> None:
    (await uow.counters.get("x")).value += 1
    uow.counters.add(Counter(name="y"))
    await uow.commit()


async def _nowhere(_shop: Shop, uow: ShopUnitOfWork) -> None:
    (await uow.counters.get("x")).value += 1
    uow.orders.add(Order(number="1", customer=new_id()))
    await uow.commit()


async def _refused(_shop: Shop, uow: ShopUnitOfWork) -> None:
    (await uow.counters.get("x")).value = 2**70
    await uow.commit()


async def _forgotten(_shop: Shop, uow: ShopUnitOfWork) -> None:
    (await uow.counters.get("x")).value += 1


async def _own_error(_shop: Shop, uow: ShopUnitOfWork) -> None:
    (await uow.counters.get("x", lock=True)).value += 1
    raise UnitworkError


async def _locked_and_taken(_shop: Shop, uow: ShopUnitOfWork) -> None:
    (await uow.counters.get("x", lock=True)).value += 1
    uow.counters.add(Counter(name="y"))
    await uow.commit()


async def _of_a_snapshot(_shop: Shop, uow: ShopUnitOfWork) -> None:
    await uow.orders.count()
    await _taken_in_storage(_shop, uow)


Ending = Callable[[Shop, ShopUnitOfWork], Awaitable[None]]
ENDINGS: dict[str, tuple[IsolationName, Ending]] = {
    "a conflict": ("read_committed", _conflict),
    "a value taken twice": ("read_committed", _taken),
    "a key taken in storage": ("read_committed", _taken_in_storage),
    "a missing target": ("serializable", _nowhere),
    "a value that is refused": ("read_committed", _refused),
    "a forgotten commit": ("snapshot", _forgotten),
    "an error under a lock": ("read_committed", _own_error),
    "a key taken, under a lock": ("serializable", _locked_and_taken),
    "a key taken, after a snapshot": ("snapshot", _of_a_snapshot),
}


@pytest.mark.parametrize("ending", ENDINGS)
async def test_a_failed_unit_leaves_a_clean_connection(
    narrow_shop: Shop, ending: str
) -> None:
    """Contract 29: the next unit on this connection sees nothing of it, and works."""
    level, fail = ENDINGS[ending]
    for number in range(1, 6):
        before = await narrow_shop.counters()
        with pytest.raises(UnitworkError):
            async with narrow_shop.unit(level) as uow:
                await fail(narrow_shop, uow)
        assert uow.outcome is Outcome.ROLLED_BACK
        assert lent(narrow_shop) == 0
        after = await narrow_shop.counters()
        assert after == {**before, "x": before["x"] + 100 * (fail is _conflict)}
        await narrow_shop.put(y=number)
        async with narrow_shop.unit() as last:
            assert (await last.counters.get("y")).value == number
            assert await last.orders.count() == await last.customers.count() == 0


# ── commits that the database refuses ───────────────────────────────────────────


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
    from unitwork.adapters.sqlalchemy.options import PoolOptions

    storage = STORAGES[request.param](servers)
    one = PoolOptions(size=1, overflow=0, timeout=2)
    async with storage.database(library(), pool=one) as database:
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


# ── cancellation at every point ─────────────────────────────────────────────────


class Cancelling:
    """Work that is cancelled a few turns of the loop after it has suspended n times."""

    def __init__(self, work: Coroutine[Any, Any, None], *, at: int, turns: int) -> None:
        self.reached = False
        self._work = work
        self._at = at
        self._turns = turns

    def __await__(self) -> Generator[Any, Any, None]:
        """Run in the task that awaits."""
        step: Callable[[], Any] = partial(self._work.send, None)
        for number in count(1):
            try:
                waits_for = step()
            except StopIteration:
                return
            if number == self._at:
                self.reached = True
                self._cancel(asyncio.current_task(), self._turns)
            step = partial(self._work.send, None)
            try:
                yield waits_for
            except BaseException as error:  # noqa: BLE001 - handed to the work
                step = partial(self._work.throw, error)

    def _cancel(self, task: Any, turns: int) -> None:
        if turns:
            asyncio.get_running_loop().call_soon(self._cancel, task, turns - 1)
        else:
            task.cancel()


async def _plain(uow: ShopUnitOfWork, number: int) -> None:
    for counter in await uow.counters.matching(Counter.name.in_(["x", "y"])):
        counter.value = number
    uow.customers.add(Customer(name=str(number)))
    await uow.commit()


async def _under_a_lock(uow: ShopUnitOfWork, number: int) -> None:
    (await uow.counters.get("x", lock=True)).value = number
    await _plain(uow, number)


KINDS: dict[str, tuple[IsolationName, Callable[[ShopUnitOfWork, int], Any]]] = {
    "plain": ("read_committed", _plain),
    "under a lock": ("read_committed", _under_a_lock),
    "snapshot": ("snapshot", _plain),
    "serializable": ("serializable", _plain),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("turns", [0, 30, 300])
async def test_a_unit_cancelled_at_any_point_is_all_or_nothing_and_leaves_no_trace(
    narrow_shop: Shop, kind: str, turns: int
) -> None:
    """Contract 4, 29, 31: whatever it waits for; and `outcome` tells the truth."""
    level, work = KINDS[kind]
    for number in count(1):
        uow = narrow_shop.unit(level)

        async def run(uow: ShopUnitOfWork = uow, number: int = number) -> None:
            async with uow:
                await work(uow, number)

        cancelling = Cancelling(run(), at=number, turns=turns)

        async def cancelled(cancelling: Cancelling = cancelling) -> None:
            await cancelling

        with suppress(asyncio.CancelledError):
            await asyncio.create_task(cancelled())
        assert lent(narrow_shop) == 0
        async with narrow_shop.unit() as after:
            found = await after.counters.count(Counter.value == number)
            added = await after.customers.count(Customer.name == str(number))
        expected = {Outcome.COMMITTED: (2, 1), Outcome.ROLLED_BACK: (0, 0)}
        assert (found, added) == expected[uow.outcome]
        if not cancelling.reached:
            break

    assert uow.outcome is Outcome.COMMITTED
