"""A Runner keeps the types of operations."""

from typing import assert_type

from unitwork import AbstractRepository, AbstractUnitOfWork, AggregateRoot, Field, Key
from unitwork.adapters.memory import InMemoryDatabase, InMemoryUnitOfWork
from unitwork.application import Command, MessageBus, Runner


class Batch(AggregateRoot):
    reference: Key[str]
    sku: Field[str]


class StockUnitOfWork(AbstractUnitOfWork):
    batches: AbstractRepository[Batch, str]


class InMemoryStock(InMemoryUnitOfWork, StockUnitOfWork): ...


class Other(AbstractUnitOfWork): ...


async def allocate(uow: StockUnitOfWork, sku: str, *, quantity: int = 1) -> list[int]:
    raise NotImplementedError(uow, sku, quantity)


async def other(uow: Other) -> None:
    raise NotImplementedError(uow)


async def right(database: InMemoryDatabase) -> None:
    runner = Runner(lambda: InMemoryStock(database))
    assert_type(await runner.run(allocate, "LAMP"), list[int])
    assert_type(await runner.keyed("k").run(allocate, "LAMP", quantity=2), list[int])
    port: Runner[StockUnitOfWork] = Runner(lambda: InMemoryStock(database))
    assert_type(await port.within(1).run(allocate, "LAMP"), list[int])


async def wrong(runner: Runner[InMemoryStock]) -> None:
    await runner.run(allocate)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await runner.run(allocate, 5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await runner.run(allocate, "LAMP", size=2)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await runner.run(other)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


class Restock(Command[str]):
    sku: str


async def commands(runner: Runner[InMemoryStock], bus: MessageBus) -> None:
    assert_type(await runner.run(bus.handle, Restock("LAMP")), str)
    bus.command(Restock, restock).command(Restock, allocate)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def restock(uow: StockUnitOfWork, command: Restock) -> str:
    raise NotImplementedError(uow, command)
