"""A command keeps its types, without the unit."""

from typing import assert_type

from unitwork import AbstractUnitOfWork
from unitwork.adapters.memory import InMemoryDatabase, InMemoryUnitOfWork
from unitwork.application import Runner
from unitwork.entrypoints.cli.decorator import unit_of_work


class StockUnitOfWork(AbstractUnitOfWork): ...


class InMemoryStock(InMemoryUnitOfWork, StockUnitOfWork): ...


class Other(AbstractUnitOfWork): ...


async def restock(uow: StockUnitOfWork, sku: str, *, quantity: int = 1) -> list[int]:
    raise NotImplementedError(uow, sku, quantity)


async def other(uow: Other) -> None:
    raise NotImplementedError(uow)


def right(database: InMemoryDatabase) -> None:
    command = unit_of_work(lambda: InMemoryStock(database))(restock)
    assert_type(command("LAMP", quantity=2), list[int])
    runner = Runner(lambda: InMemoryStock(database))
    assert_type(unit_of_work(runner)(restock)("LAMP"), list[int])


def wrong(database: InMemoryDatabase) -> None:
    command = unit_of_work(lambda: InMemoryStock(database))(restock)
    command(1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    decorate = unit_of_work(lambda: InMemoryStock(database))
    decorate(other)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
