"""The storages: one schema, and a unit of work for each storage."""

from examples.allocation.domain import (
    Allocations,
    Product,
    Shortage,
    StockUnitOfWork,
)
from examples.allocation.handlers import message_bus
from unitwork.adapters.mapping import Schema
from unitwork.adapters.memory import InMemoryDatabase, InMemoryUnitOfWork
from unitwork.adapters.sqlalchemy import SqlAlchemyDatabase, SqlAlchemyUnitOfWork
from unitwork.application import OperationRecord


class InMemoryStock(InMemoryUnitOfWork, StockUnitOfWork): ...


class SqlAlchemyStock(SqlAlchemyUnitOfWork, StockUnitOfWork): ...


def stock_schema() -> Schema:
    return Schema(Product, Allocations, Shortage, OperationRecord)


def in_memory() -> InMemoryDatabase:
    return InMemoryDatabase(stock_schema(), bus=message_bus())


def sqlalchemy(url: str) -> SqlAlchemyDatabase:
    return SqlAlchemyDatabase(stock_schema(), url, bus=message_bus())
