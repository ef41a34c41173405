"""Orders with every kind of value in them, sorted, and a model of criteria."""

import operator
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from unitwork.testing.conformance.shop import Customer, Money, Order, Status

ANN, BOB = UUID(int=1), UUID(int=2**127)
MAY = datetime(2024, 5, 1, 12, 30, 0, 1, tzinfo=UTC)
EUR = "EUR"

CUSTOMERS = [Customer(id=ANN, name="Ann"), Customer(id=BOB, name="Bob")]


def orders() -> list[Order]:
    """Make them anew: one for each way in which values may stand beside each other."""
    return [
        Order(number="1", note="a", total=Money(Decimal("0.10"), EUR)),
        Order(number="2", note="A", customer=ANN, placed=MAY, priority=-1),
        Order(number="3", note="a ", customer=BOB, status=Status.PAID, weight=0.1),
        Order(number="4", note="é", due=date(2024, 5, 1), discount=_money("0.30")),
        Order(number="5", note="50%", express=True, priority=7, weight=-2.5),
        Order(number="6", note="50x", placed=MAY + timedelta(microseconds=1)),
        Order(
            number="7", note="a_b\\c", total=_money("-1.00"), discount=_money("1.00")
        ),
        Order(number="8", note="", due=date(1, 1, 1), status=Status.SENT, express=True),
        Order(number="9", customer=ANN, priority=2**62, weight=1e300),
        Order(number="10", note="\U0001f600é", placed=datetime(1, 1, 1, tzinfo=UTC)),
        Order(number="B", note="a\nb%", total=Money(Decimal("0.30"), "eur")),
        Order(number="b", due=date(9999, 12, 31), priority=-(2**63), weight=-0.0),
    ]


def _money(amount: str) -> Money:
    return Money(Decimal(amount), EUR)


Getter = Callable[[Order], Any]
FIELDS: dict[str, tuple[Any, Getter, list[Any]]] = {
    "number": (Order.number, lambda o: o.number, ["1", "10", "B", "b", "", "é"]),
    "note": (Order.note, lambda o: o.note, ["a", "A", "a ", "é", "", "50%", "a\nb%"]),
    "customer": (Order.customer, lambda o: o.customer, [ANN, BOB, UUID(int=3)]),
    "status": (Order.status, lambda o: o.status, list(Status)),
    "placed": (Order.placed, lambda o: o.placed, [MAY, datetime(2, 1, 1, tzinfo=UTC)]),
    "due": (Order.due, lambda o: o.due, [date(2024, 5, 1), date(1, 1, 1)]),
    "priority": (Order.priority, lambda o: o.priority, [0, -1, 7, 2**62, -(2**63)]),
    "weight": (Order.weight, lambda o: o.weight, [0.0, -0.0, 0.1, 1e300, -2.5]),
    "express": (Order.express, lambda o: o.express, [True, False]),
    "total.amount": (
        Order.total[Money.amount],
        lambda o: o.total.amount,
        [Decimal(0), Decimal("0.3"), Decimal("-1.00"), Decimal("0.1")],
    ),
    "total.currency": (
        Order.total[Money.currency],
        lambda o: o.total.currency,
        [EUR, "eur", ""],
    ),
    "discount.amount": (
        Order.discount[Money.amount],
        lambda o: o.discount and o.discount.amount,
        [Decimal("0.3"), Decimal(1), Decimal(2)],
    ),
}
"""By name: the expression, what it means in Python, and values to compare with."""
TEXTS = ["number", "note", "total.currency"]
PARTS = ["", "a", "A", "é", "%", "_", "\\", "0%", "\n", " ", "0", "\U0001f600"]
UNORDERED = ["status"]

COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
SEARCH: dict[str, Callable[[str, str], bool]] = {
    "contains": operator.contains,
    "startswith": str.startswith,
    "endswith": str.endswith,
}

Tree = tuple[Any, ...]
"""A criterion as data: ("<", field, value), ("in", field, values), ("not", tree) ..."""


def criterion(tree: Tree) -> Any:
    """Write the tree in the library's language."""
    kind, *rest = tree
    if kind == "not":
        return ~criterion(rest[0])
    if kind in ("and", "or"):
        left, right = (criterion(part) for part in rest)
        return left & right if kind == "and" else left | right
    path = FIELDS[rest[0]][0]
    if kind == "none":
        return path.is_none()
    if kind == "in":
        return path.in_(rest[1])
    if kind in SEARCH:
        return getattr(path, kind)(rest[1])
    return COMPARE[kind](path, rest[1])


def meaning(tree: Tree, order: Order) -> bool | None:
    """Say what SQL would: True, False, or None for unknown."""
    kind, *rest = tree
    if kind not in ("not", "and", "or"):
        return _leaf(kind, rest, order)
    parts = {meaning(part, order) for part in rest}
    if kind == "not":
        return {True: False, False: True, None: None}[parts.pop()]
    decisive: bool = kind == "or"
    if decisive in parts:
        return decisive
    return None if None in parts else not decisive


def _leaf(kind: str, rest: list[Any], order: Order) -> bool | None:
    value = FIELDS[rest[0]][1](order)
    if kind == "none":
        return value is None
    if kind == "in":
        return _among(value, rest[1])
    if value is None:
        return None
    return bool({**COMPARE, **SEARCH}[kind](value, rest[1]))


def _among(value: Any, values: list[Any]) -> bool | None:
    if not values:
        return False
    if value is None:
        return None
    if value in [each for each in values if each is not None]:
        return True
    return None if None in values else False


AMOUNT = Order.discount[Money.amount]


SORTED = "1 10 2 3 4 5 6 7 8 9 B b"


def numbers_in(found: Iterable[Order]) -> str:
    """Show what was found, in order."""
    return " ".join(order.number for order in found)


ORDERED: dict[str, tuple[Any, str]] = {
    "text by code point": (Order.number.asc(), SORTED),
    "text downwards": (Order.number.desc(), "b B 9 8 7 6 5 4 3 2 10 1"),
    "blanks and case by code point": (
        (Order.note.asc(), Order.number.asc()),
        "8 5 6 2 1 B 3 7 4 10 9 b",
    ),
    "None is the largest": (
        (AMOUNT.asc(), Order.number.asc()),
        "4 7 1 10 2 3 5 6 8 9 B b",
    ),
    "None is the largest, downwards": (
        (AMOUNT.desc(), Order.number.asc()),
        "1 10 2 3 5 6 8 9 B b 7 4",
    ),
    "None first": (
        (AMOUNT.asc(nulls="first"), Order.number.asc()),
        "1 10 2 3 5 6 8 9 B b 4 7",
    ),
    "None last, downwards": (
        (AMOUNT.desc(nulls="last"), Order.number.asc()),
        "7 4 1 10 2 3 5 6 8 9 B b",
    ),
    "several terms": (
        (Order.express.desc(), Order.total[Money.amount].asc(), Order.number.desc()),
        "8 5 7 b 9 6 4 3 2 10 1 B",
    ),
    "a term said twice counts once": (
        (Order.express.asc(), Order.number.asc(), Order.express.desc()),
        "1 10 2 3 4 6 7 9 B b 5 8",
    ),
    "integers": (
        (Order.priority.asc(), Order.number.asc()),
        "b 2 1 10 3 4 6 7 8 B 5 9",
    ),
    "floats": ((Order.weight.asc(), Order.number.asc()), "5 1 10 2 4 6 7 8 B b 3 9"),
    "moments": ((Order.placed.asc(), Order.number.asc()), "10 2 6 1 3 4 5 7 8 9 B b"),
    "days": ((Order.due.desc(), Order.number.asc()), "1 10 2 3 5 6 7 9 B b 4 8"),
    "uuids": ((Order.customer.asc(), Order.number.asc()), "2 9 3 1 10 4 5 6 7 8 B b"),
}
