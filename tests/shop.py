"""The domain that the tests of storage behaviour share: a small shop."""

from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from uuid import UUID

from unitwork import (
    AbstractRepository,
    AbstractUnitOfWork,
    AggregateRoot,
    DomainEvent,
    Entity,
    Field,
    Key,
    Value,
    field,
    generated,
    key,
    new_id,
)
from unitwork.adapters.mapping import Decimal as DecimalColumn
from unitwork.adapters.mapping import Schema


class Status(Enum):
    OPEN = "open"
    PAID = "paid"
    SENT = "sent"


class Paid(DomainEvent):
    order: UUID


class Money(Value):
    amount: Field[Decimal]
    currency: Field[str]


class Allocation(Entity):
    """A part of a part: the second level of children."""

    batch: Key[str]
    quantity: Field[int]


class OrderLine(Entity):
    sku: Key[str]
    quantity: Field[int]
    allocations: Field[list[Allocation]] = field(factory=list)


class Customer(AggregateRoot):
    id: Key[UUID] = key(factory=new_id)
    name: Field[str]
    email: Field[str | None] = field(default=None)


class Order(AggregateRoot):
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
        self.status = Status.PAID
        self.record(Paid(self.id))

    def line(self, sku: str) -> OrderLine:
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
    customers: AbstractRepository[Customer, UUID]
    orders: AbstractRepository[Order, UUID]
    counters: AbstractRepository[Counter, str]
    tickets: AbstractRepository[Ticket, int]
    folders: AbstractRepository[Folder, str]


def shop_schema() -> Schema:
    """Describe the shop anew: one for each database."""
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
