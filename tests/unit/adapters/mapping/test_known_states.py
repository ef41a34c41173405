"""A dump beside a known state says the same as one that looks at everything."""

from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest

from unitwork import AggregateRoot, Entity, Field, Key, Value, field
from unitwork.adapters.mapping import Decimal as DecimalColumn
from unitwork.adapters.mapping import Schema
from unitwork.domain.errors import InvalidValueError


class Kind(Enum):
    OPEN = 1


class Money(Value):
    amount: Field[Decimal]
    currency: Field[str]


class Line(Entity):
    sku: Key[str]
    quantity: Field[int]
    price: Field[Decimal]
    tags: Field[set[str]] = field(factory=set)


class Order(AggregateRoot):
    id: Key[int]
    kind: Field[Kind] = field(default=Kind.OPEN)
    weight: Field[float] = field(default=0.5)
    offer: Field[Money | None] = field(default=None)
    lines: Field[list[Line]] = field(factory=list)


CENTS = DecimalColumn(9, 2)
MAPPING = (
    Schema()
    .aggregate(Order, columns={Money.amount: CENTS, Line.price: CENTS})
    .mapping(Order)
)


def an_order() -> Order:
    lines = [
        Line("c", 1, Decimal("1.00"), {"x", "y"}),
        Line("a", 2, Decimal("2.00")),
        Line("b", 3, Decimal("3.00"), {"x"}),
    ]
    return Order(id=1, lines=lines)


OFFER = Money(Decimal(1), "EUR")
NO_AMOUNT: Any = None
EDITS: dict[str, Callable[[Order], object]] = {
    "nothing": lambda _: None,
    "an int": lambda order: setattr(order.lines[0], "quantity", 9),
    "a Decimal": lambda order: setattr(order.lines[1], "price", Decimal(5)),
    "order": lambda order: order.lines.reverse(),
    "one less": lambda order: order.lines.pop(0),
    "none left": lambda order: order.lines.clear(),
    "one more": lambda order: order.lines.append(Line("0", 0, Decimal(0), {"z"})),
    "a set": lambda order: order.lines[0].tags.add("a"),
    "a value": lambda order: setattr(order, "offer", OFFER),
    "no zero": lambda order: setattr(order, "weight", -0.0),
    "no float": lambda order: setattr(order, "weight", 2),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_a_known_state_changes_nothing_of_a_dump(
    edit: Callable[[Order], object],
) -> None:
    """Whichever of its rows stands beside whichever object."""
    known = MAPPING.dump(an_order())
    order = MAPPING.load(known)
    edit(order)
    assert repr(MAPPING.dump(order, known)) == repr(MAPPING.dump(order))


WRONG: dict[str, Callable[[Order], object]] = {
    "a name": lambda order: setattr(order, "kind", MAPPING.dump(an_order())[0][0][1]),
    "no amount": lambda order: setattr(order, "offer", Money(NO_AMOUNT, "EUR")),
    "a bool": lambda order: setattr(order.lines[0], "quantity", True),
    "no price": lambda order: setattr(order.lines[2], "price", None),
}


@pytest.mark.parametrize("edit", WRONG.values(), ids=WRONG)
def test_a_known_state_lets_no_wrong_value_pass(
    edit: Callable[[Order], object],
) -> None:
    """Neither None where the offer was None, nor what rows keep in a value's place."""
    known = MAPPING.dump(an_order())
    order = MAPPING.load(known)
    edit(order)
    with pytest.raises(InvalidValueError):
        MAPPING.dump(order, known)
