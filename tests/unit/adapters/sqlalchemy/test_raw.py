"""The raw transaction, and what dooms it; on SQLite. Contract: 18, 21, 28."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, SAWarning
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from tests.unit.adapters.sqlalchemy.samples import (
    SCHEMA,
    Customer,
    Order,
    Shop,
    SqlShop,
)
from unitwork import (
    AbstractRepository,
    AbstractUnitOfWork,
    ConcurrencyConflictError,
    Outcome,
    PersistenceError,
    UniqueViolationError,
)
from unitwork.adapters.memory import InMemoryDatabase, InMemoryUnitOfWork
from unitwork.adapters.sqlalchemy import (
    SqlAlchemyDatabase,
    SqlAlchemyRepository,
    SqlAlchemyUnitOfWork,
)
from unitwork.adapters.sqlalchemy.session import raw_transaction
from unitwork.domain.errors import MisuseError
from unitwork.domain.storage_errors import ConnectionLostError


class Base(DeclarativeBase):
    """A model of the user's."""


class CustomerRow(Base):
    __tablename__ = "customer"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str | None]
    version: Mapped[int] = mapped_column(sa.BigInteger)


def row(name: str, *, email: str | None = None) -> Any:
    return sa.insert(CustomerRow).values(name=name, email=email, version=1)


async def names(database: SqlAlchemyDatabase) -> list[str]:
    async with database.engine.connect() as connection:
        found = await connection.execute(text("SELECT name FROM customer ORDER BY id"))
        return list(found.scalars())


async def test_sql_sees_what_is_pending_and_is_committed_with_it(
    database: SqlAlchemyDatabase,
) -> None:
    """The unit runs inside the transaction from then on."""
    async with SqlShop(database) as uow:
        uow.customers.add(Customer(name="a"))
        connection = await uow.connection()
        assert (await connection.execute(select(CustomerRow.name))).scalar() == "a"
        await connection.execute(row("b"))
        assert await uow.customers.count() == 2
        assert await uow.connection() is connection
        await uow.commit()
    assert await names(database) == ["a", "b"]


async def test_an_orm_session_writes_at_the_unit_s_commit(
    database: SqlAlchemyDatabase,
) -> None:
    """Its objects keep what they have afterwards."""
    async with SqlShop(database) as uow:
        session = await uow.session()
        made = CustomerRow(name="a", version=1)
        session.add(made)
        assert await uow.session() is session
        await uow.commit()
    assert made.name == "a"
    assert await names(database) == ["a"]


@pytest.mark.parametrize("what", ["commit", "rollback", "close"])
async def test_a_handle_ends_no_transaction(
    database: SqlAlchemyDatabase, what: str
) -> None:
    """Only the unit does."""
    async with SqlShop(database) as uow:
        for name, handle in (
            ("connection", await uow.connection()),
            ("session", await uow.session()),
        ):
            with pytest.raises(MisuseError) as refused:
                await getattr(handle, what)()
            assert str(refused.value) == (
                f"{name}.{what}() was called on a handle of a unit of work.\n"
                "The unit ends its transaction itself, completely or not at all.\n"
                "Call `await uow.commit()`; for a part that may fail, begin_nested()."
                " [misuse]"
            )


async def fail(connection: Any) -> None:
    """Execute a statement that fails, and swallow that."""
    await connection.execute(row("x", email="taken"))
    with pytest.raises(IntegrityError):
        await connection.execute(row("y", email="taken"))


async def test_a_failed_statement_that_was_swallowed_dooms_the_unit(
    database: SqlAlchemyDatabase,
) -> None:
    """SQLite would commit the rest."""
    uow = SqlShop(database)
    with pytest.raises(UniqueViolationError) as doomed:
        async with uow:
            await fail(await uow.connection())
            await uow.commit()
    assert doomed.value.fields == ("email",)
    assert str(doomed.value) == (
        "An earlier statement had doomed the unit. Another Customer already has the"
        " same email (constraint uq_customer_email).\n"
        "Nothing of the unit of work was written.\n"
        "Choose another value, or load the one that has it. [unique-violation]"
    )
    assert uow.outcome is Outcome.ROLLED_BACK
    assert await names(database) == []


async def test_a_doomed_unit_reads_and_writes_no_more(
    database: SqlAlchemyDatabase,
) -> None:
    """As on PostgreSQL."""
    async with SqlShop(database) as uow:
        await fail(await uow.connection())
        for use in (uow.customers.count, uow.__aenter__):
            with pytest.raises(UniqueViolationError):
                await use()
        uow.customers.add(Customer(name="a"))
        with pytest.raises(UniqueViolationError):
            await uow.connection()
        await uow.rollback()


async def test_a_failure_dooms_only_the_nested_scope_that_is_undone(
    database: SqlAlchemyDatabase,
) -> None:
    """It was a savepoint. Contract: 6."""
    async with SqlShop(database) as uow:
        connection = await uow.connection()
        await connection.execute(row("kept"))
        with pytest.raises(UniqueViolationError):
            async with uow:
                await fail(connection)
                await uow.commit()
        async with uow:
            await connection.execute(row("also"))
            await uow.commit()
        await uow.commit()
    assert await names(database) == ["kept", "also"]


async def test_a_savepoint_of_the_user_redeems_what_failed_in_it(
    database: SqlAlchemyDatabase,
) -> None:
    """Rolled back; but not released."""
    async with SqlShop(database) as uow:
        connection = await uow.connection()
        with pytest.raises(IntegrityError):
            async with connection.begin_nested():
                await connection.execute(row("x", email="taken"))
                await connection.execute(row("y", email="taken"))
        await connection.execute(row("kept"))
        await uow.commit()
    assert await names(database) == ["kept"]
    with pytest.raises(UniqueViolationError):
        async with SqlShop(database) as uow:
            connection = await uow.connection()
            async with connection.begin_nested():
                await fail(connection)
            await uow.commit()
    assert await names(database) == ["kept"]


async def test_an_outer_savepoint_takes_inner_ones_along(
    database: SqlAlchemyDatabase,
) -> None:
    """Rolling it back redeems what failed inside them."""
    async with SqlShop(database) as uow:
        connection = await uow.connection()
        outer = await connection.begin_nested()
        await connection.begin_nested()
        await fail(connection)
        with pytest.warns(SAWarning):  # that the inner one was not ended first
            await outer.rollback()
        await uow.commit()
    assert uow.outcome is Outcome.COMMITTED


async def test_nested_scopes_undo_what_an_orm_session_did(
    database: SqlAlchemyDatabase,
) -> None:
    """Whether it was there before or not."""
    async with SqlShop(database) as uow:
        await uow.connection()
        async with uow:
            (await uow.session()).add(CustomerRow(name="undone", version=1))
            await (await uow.session()).flush()
            await uow.rollback()
        session = await uow.session()
        async with uow:
            session.add(CustomerRow(name="undone too", version=1))
            await session.flush()
            await uow.rollback()
        async with uow:
            session.add(CustomerRow(name="kept", version=1))
            await uow.commit()
        await uow.commit()
    assert await names(database) == ["kept"]


async def test_an_orm_session_that_cannot_write_fails_the_commit(
    database: SqlAlchemyDatabase,
) -> None:
    """With the library's error."""
    uow = SqlShop(database)
    with pytest.raises(UniqueViolationError):
        async with uow:
            session = await uow.session()
            session.add(CustomerRow(name="a", email="e", version=1))
            session.add(CustomerRow(name="b", email="e", version=1))
            await uow.commit()
    assert uow.outcome is Outcome.ROLLED_BACK
    assert await names(database) == []


async def test_nothing_is_sent_after_a_failure_that_ended_the_transaction(
    database: SqlAlchemyDatabase,
) -> None:
    """SQLite has undone all of it; what followed would be stored at once."""
    insert = "INSERT OR ROLLBACK INTO customer (id, name, version) VALUES (:id, 'a', 1)"
    async with SqlShop(database) as uow:
        connection = await uow.connection()
        await connection.execute(text(insert), {"id": 1})
        with suppress(IntegrityError):
            await connection.execute(text(insert), {"id": 1})
        with pytest.raises(UniqueViolationError) as over:
            await connection.execute(text(insert), {"id": 2})
        with pytest.raises(UniqueViolationError):
            await uow.commit()
    assert uow.outcome is Outcome.ROLLED_BACK
    assert over.value.earlier
    assert await names(database) == []


async def test_a_flush_that_meets_a_conflict_dooms_the_unit(
    database: SqlAlchemyDatabase,
) -> None:
    """Part of it may be written already."""
    async with SqlShop(database) as uow:
        uow.customers.add(customer := Customer(name="a"))
        await uow.commit()
    with pytest.raises(ConcurrencyConflictError):
        async with SqlShop(database) as uow:
            (await uow.customers.get(customer.id)).name = "b"
            async with database.engine.begin() as connection:
                await connection.execute(text("UPDATE customer SET version = 1"))
            with pytest.raises(ConcurrencyConflictError):
                await uow.connection()
            await uow.commit()


async def test_a_cancelled_statement_that_was_swallowed_dooms_the_unit(
    database: SqlAlchemyDatabase,
) -> None:
    """Its connection is kept on SQLite: a database may live in it."""
    endless = text(
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n)"
        " SELECT count(*) FROM n"
    )
    with pytest.raises(ConnectionLostError) as lost:
        async with SqlShop(database) as uow:
            connection = await uow.connection()
            await connection.execute(row("a"))
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await connection.execute(endless)
            await uow.commit()
    assert lost.value.detail == "a statement was cancelled"
    assert await names(database) == []


async def test_sql_of_a_read_only_unit_writes_nothing(
    database: SqlAlchemyDatabase,
) -> None:
    """The database refuses. Contract: 11."""
    async with SqlShop(database, read_only=True) as uow:
        connection = await uow.connection()
        with pytest.raises(DBAPIError, match="readonly"):
            await connection.execute(row("a"))


class Customers(AbstractRepository[Customer, int]):
    async def by_name(self) -> list[Customer]:
        raise NotImplementedError


class SqlCustomers(Customers, SqlAlchemyRepository[Customer, int]):
    async def by_name(self) -> list[Customer]:
        return await self.load(select(CustomerRow.id).order_by(CustomerRow.name))


class Callers(AbstractUnitOfWork):
    customers: Customers


class SqlCallers(SqlAlchemyUnitOfWork, Callers, repositories=[SqlCustomers]):
    """With a finder in SQL."""


async def test_a_finder_in_sql_returns_tracked_aggregates_in_its_order(
    database: SqlAlchemyDatabase,
) -> None:
    """With the unit's own changes."""
    async with SqlCallers(database) as uow:
        for name in ("b", "a"):
            uow.customers.add(Customer(name=name))
        await uow.commit()
    async with SqlCallers(database) as uow:
        first = await uow.customers.get(1)
        first.name = "0"
        uow.customers.add(Customer(name="c"))
        found = await uow.customers.by_name()
        assert [customer.name for customer in found] == ["0", "a", "c"]
        assert found[0] is first
        await uow.rollback()


async def test_a_finder_s_own_mistake_is_the_library_s_error(
    database: SqlAlchemyDatabase,
) -> None:
    """And dooms the unit."""

    class Broken(SqlCustomers):
        async def by_name(self) -> list[Customer]:
            return await self.load(text("SELECT nothing"))

    class Unit(SqlAlchemyUnitOfWork, Callers, repositories=[Broken]):
        """With a finder that does not work."""

    async with Unit(database) as uow:
        with pytest.raises(PersistenceError):
            await uow.customers.by_name()
        with pytest.raises(PersistenceError):
            await uow.commit()


async def test_the_fake_has_no_raw_transaction() -> None:
    """Whoever asks for one by force is told at once."""

    class FakeShop(InMemoryUnitOfWork, Shop):
        """The shop in memory."""

    async with FakeShop(InMemoryDatabase(SCHEMA)) as uow:
        with pytest.raises(TypeError):
            await raw_transaction(uow.open_workspace())


async def test_what_a_nested_scope_did_before_the_transaction_began_is_undone_with_it(
    database: SqlAlchemyDatabase,
) -> None:
    """Each open scope becomes a savepoint. Contract: 6."""
    async with SqlShop(database) as uow:
        uow.customers.add(Customer(name="kept"))
        async with uow:
            uow.orders.add(Order(number=1))
            await uow.connection()
            assert await uow.orders.count() == 1
            await uow.rollback()
        await uow.commit()
    assert await names(database) == ["kept"]
    async with SqlShop(database) as uow:
        assert await uow.orders.count() == 0
