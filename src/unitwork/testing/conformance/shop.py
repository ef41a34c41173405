"""The domain that the tests of storage behaviour share: a small shop."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any
from uuid import UUID

import attrs

from unitwork.adapters.making import IsolationName
from unitwork.adapters.mapping import Decimal as DecimalColumn
from unitwork.adapters.mapping import Schema
from unitwork.adapters.storage import AbstractDatabase
from unitwork.domain.aggregate import AggregateRoot, Entity, Value
from unitwork.domain.event import DomainEvent
from unitwork.domain.field import Field, Key, field, generated, key
from unitwork.domain.ids import new_id
from unitwork.domain.repository import AbstractRepository
from unitwork.domain.specification import all_of
from unitwork.domain.unit_of_work import AbstractUnitOfWork
from unitwork.testing.conformance.adapter import Adapter


class Status(Enum):
    """How far an order is."""

    OPEN = "open"
    PAID = "paid"
    SENT = "sent"


class Paid(DomainEvent):
    """An order was paid."""

    order: UUID


class Money(Value):
    """An embedded value."""

    amount: Field[Decimal]
    currency: Field[str]


class Allocation(Entity):
    """A part of a part: the second level of children."""

    batch: Key[str]
    quantity: Field[int]


class OrderLine(Entity):
    """A child with a key and children."""

    sku: Key[str]
    quantity: Field[int]
    allocations: Field[list[Allocation]] = field(factory=list)


class Customer(AggregateRoot):
    """Is referred to."""

    id: Key[UUID] = key(factory=new_id)
    name: Field[str]
    email: Field[str | None] = field(default=None)


class Order(AggregateRoot):
    """Has something of everything."""

    id: Key[UUID] = key(factory=new_id)
    number: Field[str]
    customer: Field[UUID | None] = field(default=None)
    status: Field[Status] = field(default=Status.OPEN)
    total: Field[Money] = field(default=Money(Decimal("0.00"), "EUR"))
    discount: Field[Money | None] = field(default=None)
    placed: Field[datetime | None] = field(default=None)
    due: Field[date | None] = field(default=None)
    note: Field[str | None] = field(default=None)
    priority: Field[int] = field(default=0)
    weight: Field[float] = field(default=0.0)
    express: Field[bool] = field(default=False)
    lines: Field[list[OrderLine]] = field(factory=list)
    tags: Field[set[str]] = field(factory=set)
    prices: Field[dict[str, int]] = field(factory=dict)

    def pay(self) -> None:
        """Change, and record that."""
        self.status = Status.PAID
        self.record(Paid(self.id))

    def line(self, sku: str) -> OrderLine:
        """Return a child by its key."""
        return next(line for line in self.lines if line.sku == sku)


class Counter(AggregateRoot):
    """The smallest aggregate."""

    name: Key[str]
    value: Field[int] = field(default=0)


class Ticket(AggregateRoot):
    """Its key is made by the database."""

    id: Key[int] = generated()
    title: Field[str]
    seats: Field[list[str]] = field(factory=list)


class Folder(AggregateRoot):
    """It refers to others of its own class."""

    name: Key[str]
    parent: Field[str | None] = field(default=None)


class ShopUnitOfWork(AbstractUnitOfWork):
    """The port."""

    customers: AbstractRepository[Customer, UUID]
    orders: AbstractRepository[Order, UUID]
    counters: AbstractRepository[Counter, str]
    tickets: AbstractRepository[Ticket, int]
    folders: AbstractRepository[Folder, str]


@cache
def shop_schema() -> Schema:
    """Describe the shop: always the same object, so that its tables can be kept."""
    return (
        Schema()
        .aggregate(Customer, unique=[Customer.email])
        .aggregate(
            Order,
            references={Order.customer: Customer},
            unique=[Order.number],
            columns={Money.amount: DecimalColumn(12, 2)},
        )
        .aggregate(Counter)
        .aggregate(Ticket, unique=[Ticket.title])
        .aggregate(Folder, references={Folder.parent: Folder})
    )


@attrs.frozen
class Shop:
    """A fresh database of the shop, and units on it."""

    database: AbstractDatabase
    _unit: Callable[..., ShopUnitOfWork]

    def unit(
        self, isolation: IsolationName = "read_committed", *, read_only: bool = False
    ) -> ShopUnitOfWork:
        """Make a handle that is not open."""
        return self._unit(self.database, isolation=isolation, read_only=read_only)

    async def store(self, *aggregates: AggregateRoot) -> None:
        """Commit new aggregates in a unit of their own."""
        async with self.unit() as uow:
            for aggregate in aggregates:
                repository_of(uow, aggregate).add(aggregate)
            await uow.commit()

    async def put(self, **values: int) -> None:
        """Give counters their values in a unit of its own."""
        async with self.unit() as uow:
            for name, value in values.items():
                counter = await uow.counters.find(name)
                if counter is None:
                    uow.counters.add(Counter(name=name, value=value))
                else:
                    counter.value = value
            await uow.commit()

    async def counters(self) -> dict[str, int]:
        """Read all counters in a unit of its own."""
        async with self.unit() as uow:
            found = await uow.counters.matching(all_of())
        return {counter.name: counter.value for counter in found}


def repository_of(uow: ShopUnitOfWork, aggregate: AggregateRoot) -> Any:
    """Return the unit's repository of an aggregate's class."""
    repositories: dict[type, Any] = {
        Customer: uow.customers,
        Order: uow.orders,
        Counter: uow.counters,
        Ticket: uow.tickets,
        Folder: uow.folders,
    }
    return repositories[type(aggregate)]


def an_order(number: str = "A-1", **given: Any) -> Order:
    """Make an order that has something of everything."""
    lamp = OrderLine("LAMP", 2, [Allocation("b1", 1), Allocation("b2", 1)])
    made: dict[str, Any] = {
        "lines": [lamp, OrderLine("DESK", 1), OrderLine("RUG", 5)],
        "tags": {"new", "gift"},
        "prices": {"LAMP": 10, "DESK": 200},
        "total": Money(Decimal("220.50"), "EUR"),
    }
    return Order(number=number, **{**made, **given})


@asynccontextmanager
async def open_shop(storage: Adapter, **options: Any) -> AsyncIterator[Shop]:
    """Open a shop on a storage, with options of its database."""
    async with storage.database(shop_schema(), **options) as database:
        yield Shop(database, storage.unit(ShopUnitOfWork))  # type: ignore[type-abstract]  # a port
