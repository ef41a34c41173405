"""How an order looks, and how to change all of it: for cases that undo."""

from decimal import Decimal
from typing import Any

import attrs

from unitwork.domain.aggregate import AggregateRoot
from unitwork.testing.conformance.shop import Allocation, Money, Order, OrderLine


def values_of(aggregate: AggregateRoot) -> dict[str, Any]:
    """Return everything that an aggregate holds, as plain values."""
    return attrs.asdict(aggregate)  # type: ignore[arg-type]  # its base makes it attrs


@attrs.frozen
class Look:
    """An order's values, and which objects it is made of, each in its place."""

    values: dict[str, Any]
    parts: tuple[int, ...]
    _kept: tuple[object, ...] = attrs.field(eq=False, repr=False)

    @classmethod
    def of(cls, order: Order) -> "Look":
        """Look at an order; the parts are kept, so that no other takes their ids."""
        parts: list[object] = [order.lines, order.tags, order.prices]
        for line in order.lines:
            parts += [line, line.allocations, *line.allocations]
        return cls(values_of(order), tuple(map(id, parts)), tuple(parts))


def alter(order: Order) -> None:
    """Change everything that an order has: values, children, their places."""
    order.pay()
    order.note, order.priority, order.weight = "altered", 9, 1.5
    order.total = Money(Decimal("1.00"), "USD")
    order.discount = Money(Decimal("0.50"), "USD")
    order.lines.reverse()
    gone = order.lines.pop(0)
    gone.quantity = -1
    lamp = order.line("LAMP")
    lamp.quantity = 99
    lamp.allocations.pop(0)
    lamp.allocations[0].quantity = 98
    lamp.allocations.append(Allocation("b9", 97))
    order.lines.insert(0, OrderLine("SOFA", 1))
    order.tags.clear()
    order.tags.add("altered")
    order.prices["SOFA"] = order.prices.pop("LAMP") + 1


def rebind(order: Order) -> None:
    """Put new collections in the place of the old ones, which change as well."""
    order.lines.clear()
    order.lines = [OrderLine("BED", 1)]
    order.tags, order.prices = {"rebound"}, {"BED": 1}
