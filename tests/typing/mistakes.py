"""What must be an error under both type checkers; checked, never run.

Both checkers report an ignore comment that ignores nothing, so each line below is
known to be an error, of the kind it names.
"""
# pyright: reportUnusedExpression=false

from datetime import date
from decimal import Decimal
from uuid import uuid4

from tests.typing.domain import (
    Customer,
    Line,
    Money,
    Order,
    ShopUnitOfWork,
    Slot,
    Ticket,
)
from unitwork import (
    AbstractRepository,
    AggregateRoot,
    Field,
    Key,
    all_of,
    any_of,
    field,
    key,
)

money = Money(Decimal(1), "EUR")


def wrong_field_name() -> None:
    Order.nummer == "1"  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    Order.total[Money.ammount]  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]


async def wrong_value_type(orders: AbstractRepository[Order, str]) -> None:
    Order.count < "1"  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue]
    Order.count.in_(["1"])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
    Order.count.contains("1")  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    Order.number.is_true()  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    Order.total[Money.amount] > "5"  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue]
    await orders.matching(Order.number == 5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await orders.matching(Order.number != 5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def criterion_of_another_aggregate(uow: ShopUnitOfWork) -> None:
    await uow.orders.matching(Customer.name == "x")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    (Order.number == "1") & (Customer.name == "x")  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue]
    await uow.orders.page(order_by=Customer.name.asc())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Order.total[Line.quantity]  # type: ignore[index]  # pyright: ignore[reportArgumentType]


async def wrong_value_type_in_any_query(uow: ShopUnitOfWork) -> None:
    (Order.number == 5) & (Order.count == 1)  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue]
    (Order.count == 1) & (Order.number == 5)  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue]
    await uow.orders.matching(all_of(Order.number == 5))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await uow.orders.matching(any_of(Order.number == 5))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await uow.orders.first(Order.number == 5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await uow.orders.count(Order.number == 5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await uow.orders.exists(Order.number == 5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await uow.orders.page(Order.number == 5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    uow.orders.stream(Order.number == 5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    all_of(Order.number == "1", Customer.name == "x")  # type: ignore[misc]  # pyright: ignore[reportArgumentType]
    await uow.orders.matching()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


async def key_of_the_wrong_type(uow: ShopUnitOfWork) -> None:
    await uow.orders.get(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await uow.orders.find(uuid4())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await uow.customers.get("x")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    uow.orders.add(Customer(name="x"))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


class WrongDefaults(AggregateRoot):
    id: Key[int] = key(factory=lambda: "x")  # type: ignore[arg-type, return-value]  # pyright: ignore[reportAssignmentType]
    name: Field[str] = field(default=3)  # type: ignore[arg-type]  # pyright: ignore[reportAssignmentType]
    sizes: Field[list[int]] = field(factory=dict)  # type: ignore[arg-type]  # pyright: ignore[reportAssignmentType]


def wrong_constructor_argument(order: Order) -> None:
    Order(number=5, total=money)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Order(number="1")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    Order("1", money)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    Ticket(id=1, title="x")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    Slot(uuid4(), date(2026, 1, 1))  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    Line("LAMP", "2")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    order.count = "1"  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    money.amount = Decimal(2)  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
