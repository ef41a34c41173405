"""Classes for the typing tests; checked, never run."""

from datetime import date
from decimal import Decimal
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


class Money(Value):
    amount: Field[Decimal]
    currency: Field[str]


class Line(Entity):
    sku: Key[str]
    quantity: Field[int]


class Slot(Entity, kw_only=True):
    id: Key[UUID] = key(factory=new_id)
    day: Field[date]


class Customer(AggregateRoot):
    id: Key[UUID] = key(factory=new_id)
    name: Field[str]


class Order(AggregateRoot):
    number: Key[str]
    total: Field[Money]
    discount: Field[Money | None] = field(default=None)
    count: Field[int] = field(default=0)
    due: Field[date | None] = field(default=None)
    note: Field[str | None] = field(default=None)
    express: Field[bool] = field(default=False)
    lines: Field[list[Line]] = field(factory=list)


class Ticket(AggregateRoot):
    id: Key[int] = generated()
    title: Field[str]


class Shipped(DomainEvent):
    number: str


class ShopUnitOfWork(AbstractUnitOfWork):
    orders: AbstractRepository[Order, str]
    customers: AbstractRepository[Customer, UUID]
