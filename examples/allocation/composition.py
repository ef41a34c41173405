"""The composition root: the one place that knows which storage runs."""

import os

from examples.allocation.adapters import SqlAlchemyStock, sqlalchemy
from examples.allocation.domain import StockUnitOfWork
from unitwork.adapters.sqlalchemy import SqlAlchemyDatabase
from unitwork.application import Runner

URL = "STOCK_URL"
"""The variable of the environment that says where the stock is."""


def database() -> SqlAlchemyDatabase:
    return sqlalchemy(os.environ.get(URL, "sqlite+aiosqlite:///stock.db"))


def runner(stock: SqlAlchemyDatabase) -> Runner[StockUnitOfWork]:
    return Runner(lambda: SqlAlchemyStock(stock))
