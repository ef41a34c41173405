"""Two kinds of orders with three lines, each as this library has it and as a dataclass.

The small one is whole numbers and texts; the rich one is what a shop would keep. The
dataclasses are for the fakes: deepcopy takes as long for them as for the others.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import attrs

from unitwork import (
    AbstractRepository,
    AbstractUnitOfWork,
    AggregateRoot,
    Entity,
    Field,
    Key,
    Value,
    field,
)
from unitwork.adapters.mapping import Decimal as DecimalColumn
from unitwork.adapters.mapping import Schema
from unitwork.adapters.memory import InMemoryUnitOfWork

PLACED = datetime(2024, 2, 29, 12, 30, 15, 250, UTC)


class Status(Enum):
    PLACED = "placed"
    PAID = "paid"


class Money(Value):
    amount: Field[Decimal]
    currency: Field[str]


class Address(Value):
    street: Field[str]
    city: Field[str]
    postcode: Field[str]


class Line(Entity):
    sku: Key[str]
    quantity: Field[int]
    price: Field[Decimal]


class Order(AggregateRoot):
    id: Key[UUID]
    customer: Field[str]
    status: Field[Status]
    placed_at: Field[datetime]
    address: Field[Address]
    total: Field[Money]
    lines: Field[list[Line]] = field(factory=list)


class SmallLine(Entity):
    sku: Key[str]
    quantity: Field[int]


class SmallOrder(AggregateRoot):
    id: Key[int]
    customer: Field[str]
    lines: Field[list[SmallLine]] = field(factory=list)


class Shop(AbstractUnitOfWork):
    rich: AbstractRepository[Order, UUID]
    small: AbstractRepository[SmallOrder, int]


class InMemoryShop(InMemoryUnitOfWork, Shop): ...


def schema() -> Schema:
    cents = DecimalColumn(12, 2)
    columns = {Money.amount: cents, Line.price: cents}
    return Schema(SmallOrder).aggregate(Order, columns=columns)


@dataclass(frozen=True)
class PlainMoney:
    amount: Decimal
    currency: str


@dataclass(frozen=True)
class PlainAddress:
    street: str
    city: str
    postcode: str


@dataclass
class PlainLine:
    sku: str
    quantity: int
    price: Decimal


@dataclass
class PlainOrder:
    id: UUID
    customer: str
    status: Status
    placed_at: datetime
    address: PlainAddress
    total: PlainMoney
    lines: list[PlainLine]


@dataclass
class SmallPlainLine:
    sku: str
    quantity: int


@dataclass
class SmallPlainOrder:
    id: int
    customer: str
    lines: list[SmallPlainLine]


@attrs.frozen
class Kind:
    """One kind of order: how to make it, and its key, from a number."""

    name: str
    """Of its repository in the port."""
    key: Callable[[int], Any]
    make: Callable[[int], Any]
    plain: Callable[[int], Any]


def _rich(number: int, order: Any, line: Any, parts: tuple[Any, Any]) -> Any:
    address, money = parts
    return order(
        id=_uuid(number),
        customer=f"customer {number}",
        status=Status.PLACED,
        placed_at=PLACED,
        address=address("1 High Street", "Anytown", "AN1 1YT"),
        total=money(Decimal("29.97"), "EUR"),
        lines=[line(f"sku-{place}", place, Decimal("9.99")) for place in range(3)],
    )


def _small(number: int, order: Any, line: Any) -> Any:
    lines = [line(f"sku-{place}", place) for place in range(3)]
    return order(id=number, customer=f"customer {number}", lines=lines)


def _uuid(number: int) -> UUID:
    return UUID(int=number)


RICH = Kind(
    "rich",
    _uuid,
    lambda number: _rich(number, Order, Line, (Address, Money)),
    lambda number: _rich(number, PlainOrder, PlainLine, (PlainAddress, PlainMoney)),
)
SMALL = Kind(
    "small",
    int,
    lambda number: _small(number, SmallOrder, SmallLine),
    lambda number: _small(number, SmallPlainOrder, SmallPlainLine),
)
