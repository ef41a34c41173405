"""The work that every candidate does: get an order of three lines, change one."""

from unitwork import (
    AbstractRepository,
    AbstractUnitOfWork,
    AggregateRoot,
    Entity,
    Field,
    Key,
    field,
)
from unitwork.adapters.sqlalchemy import SqlAlchemyUnitOfWork

STORED = 1000


class Line(Entity):
    sku: Key[str]
    quantity: Field[int]


class Order(AggregateRoot):
    id: Key[int]
    customer: Field[str]
    lines: Field[list[Line]] = field(factory=list)


class Orders(AbstractUnitOfWork):
    orders: AbstractRepository[Order, int]


class SqlAlchemyOrders(SqlAlchemyUnitOfWork, Orders): ...


def order(number: int) -> Order:
    lines = [Line(f"sku-{position}", position) for position in range(3)]
    return Order(id=number, customer="someone", lines=lines)


async def fill(uow: Orders) -> None:
    async with uow:
        for number in range(STORED):
            uow.orders.add(order(number))
        await uow.commit()


async def write(uow: Orders, number: int) -> None:
    """One write unit."""
    async with uow:
        found = await uow.orders.get(number % STORED)
        found.lines[1].quantity += 1
        await uow.commit()


async def read(uow: Orders, number: int) -> None:
    """One read unit."""
    async with uow:
        await uow.orders.get(number % STORED)
