"""Aggregates of every shape, for the tests of this folder."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from uuid import UUID

from unitwork import (
    AbstractRepository,
    AbstractUnitOfWork,
    AggregateRoot,
    Entity,
    Field,
    Key,
    field,
    generated,
    key,
    new_id,
)
from unitwork.adapters.mapping import Schema
from unitwork.adapters.mapping import types as kinds
from unitwork.adapters.sqlalchemy import SqlAlchemyUnitOfWork

MOMENT = datetime(2024, 5, 6, 7, 8, 9, 123456, tzinfo=UTC)


class Color(Enum):
    RED = "r"
    GREEN = "g"


class Customer(AggregateRoot):
    id: Key[int] = generated()
    name: Field[str]
    email: Field[str | None] = field(default=None)


class Line(Entity):
    sku: Key[str]
    quantity: Field[int]


class Order(AggregateRoot):
    id: Key[UUID] = key(factory=new_id)
    number: Field[int]
    customer: Field[int | None] = field(default=None)
    lines: Field[list[Line]] = field(factory=list)


class Parcel(AggregateRoot):
    id: Key[str]
    order: Field[UUID | None] = field(default=None)
    back: Field[UUID | None] = field(default=None)
    stops: Field[list[str]] = field(factory=list)
    labels: Field[set[str]] = field(factory=set)


class Everything(AggregateRoot):
    id: Key[UUID] = key(factory=new_id)
    small: Field[int] = field(default=-7)
    total: Field[Decimal] = field(default=Decimal("-12.30"))
    huge: Field[Decimal] = field(default=Decimal("-12345678901234567890.0123456789"))
    ratio: Field[float] = field(default=0.1)
    flag: Field[bool] = field(default=True)
    text: Field[str] = field(default="é😀 ")
    blob: Field[bytes] = field(default=b"\0'\\")
    at: Field[datetime] = field(default=MOMENT)
    day: Field[date] = field(default=date.max)
    took: Field[timedelta] = field(default=timedelta(days=-1, microseconds=1))
    color: Field[Color] = field(default=Color.GREEN)
    document: Field[dict[str, object]] = field(factory=lambda: {"b": 1.0, "a": [None]})


SCHEMA = (
    Schema()
    .aggregate(Customer, unique=[Customer.email])
    .aggregate(Order, unique=[Order.number], references={Order.customer: Customer})
    .aggregate(Parcel, references={Parcel.order: Order, Parcel.back: Order})
    .aggregate(
        Everything,
        columns={
            Everything.small: kinds.Integer(16),
            Everything.total: kinds.Decimal(12, 2),
            Everything.huge: kinds.Decimal(30, 10),
        },
        json=[Everything.document],
    )
)


class Shop(AbstractUnitOfWork):
    customers: AbstractRepository[Customer, int]
    orders: AbstractRepository[Order, UUID]
    parcels: AbstractRepository[Parcel, str]
    everything: AbstractRepository[Everything, UUID]


class SqlShop(SqlAlchemyUnitOfWork, Shop):
    """The shop on SQL."""
