"""A bank in a database that it shares with the tables of an engine."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import URL

from unitwork.adapters.sqlalchemy import SqlAlchemyDatabase, SqlAlchemyUnitOfWork
from unitwork.application import MessageBus
from unitwork.testing.conformance.bank import Bank, BankUnitOfWork, bank_schema


class SqlAlchemyBank(SqlAlchemyUnitOfWork, BankUnitOfWork):
    """The port over SQLAlchemy."""


@asynccontextmanager
async def open_sql_bank(
    url: URL, driver: str, bus: MessageBus | None = None
) -> AsyncIterator[Bank]:
    """Make the bank's tables beside others, and an account `a` of balance 0."""
    database = SqlAlchemyDatabase(
        bank_schema(), url.set(drivername=f"postgresql+{driver}"), bus=bus
    )
    try:
        await database.create_all()
        bank = Bank(database, SqlAlchemyBank)
        await bank.open_account("a")
        yield bank
    finally:
        await database.dispose()


def sql_unit(bank: Bank) -> SqlAlchemyBank:
    """Make a handle that can give its connection."""
    database = bank.database
    assert isinstance(database, SqlAlchemyDatabase)
    return SqlAlchemyBank(database)
