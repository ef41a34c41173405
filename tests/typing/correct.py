"""What must be clean under both type checkers; checked, never run."""

from datetime import date
from decimal import Decimal
from typing import assert_type
from uuid import UUID

from tests.typing.domain import (
    Customer,
    Line,
    Money,
    Order,
    ShopUnitOfWork,
    Slot,
    Ticket,
)
from unitwork import Outcome, Page, Path, Sort, Specification, all_of
from unitwork.adapters.memory import InMemoryUnitOfWork
from unitwork.adapters.sqlalchemy import SqlAlchemyUnitOfWork


class InMemoryShop(InMemoryUnitOfWork, ShopUnitOfWork): ...


class SqlAlchemyShop(SqlAlchemyUnitOfWork, ShopUnitOfWork): ...


def attributes(order: Order, customer: Customer, ticket: Ticket) -> None:
    assert_type(order.number, str)
    assert_type(order.due, date | None)
    assert_type(order.total, Money)
    assert_type(order.total.amount, Decimal)
    assert_type(order.lines, list[Line])
    assert_type(order.lines[0].quantity, int)
    assert_type(customer.id, UUID)
    assert_type(ticket.id, int)
    order.due = date(2026, 1, 1)
    order.total = Money(Decimal(1), "EUR")


def construction() -> None:
    assert_type(Order(number="1", total=Money(Decimal(1), "EUR")), Order)
    assert_type(Customer(name="Ada"), Customer)
    assert_type(Ticket(title="Row 1"), Ticket)
    assert_type(Line("LAMP", 2), Line)
    assert_type(Line(sku="LAMP", quantity=2), Line)
    assert_type(Slot(day=date(2026, 1, 1)), Slot)


def expressions() -> None:
    assert_type(Order.number, Path[Order, str])
    assert_type(Order.total[Money.amount], Path[Order, Decimal])
    assert_type(Order.discount[Money.amount], Path[Order, Decimal])
    assert_type(Order.number == "1", Specification[Order])
    assert_type(Order.count < 3, Specification[Order])
    assert_type(Order.due.is_none(), Specification[Order])
    assert_type(Order.express.is_true(), Specification[Order])
    assert_type(Order.note.contains("x"), Specification[Order])
    assert_type(Order.due.asc(nulls="first"), Sort[Order])
    assert_type(
        (Order.number == "1") & ~(Order.count > 1) | Order.due.is_none(),
        Specification[Order],
    )
    assert_type(all_of(Order.number == "1", None), Specification[Order])


async def repositories(uow: ShopUnitOfWork) -> None:
    async with uow as opened:
        assert_type(opened, ShopUnitOfWork)
        order = await uow.orders.get("1")
        assert_type(order, Order)
        assert_type(await uow.orders.find("1"), Order | None)
        assert_type(await uow.orders.matching(Order.count == 1), list[Order])
        assert_type(await uow.orders.first(Order.count == 1), Order | None)
        page = await uow.orders.page(order_by=[Order.due.asc(), Order.number.desc()])
        assert_type(page, Page[Order])
        assert_type(page.map(lambda order: order.number), Page[str])
        async for each in uow.orders.stream():
            assert_type(each, Order)
        assert_type(uow.version_of(order), int | None)
        assert_type(uow.outcome, Outcome)
        await uow.commit()
