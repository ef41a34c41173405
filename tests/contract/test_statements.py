"""How many statements and transactions a unit takes. Contract: 1, 6, 25."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Engine, event

from tests.shop import Counter, Customer, Order, Shop, an_order, open_shop
from tests.storages import STORAGES, Storage
from unitwork import all_of

if TYPE_CHECKING:
    from tests.storages import Servers

COUNTED = ["sqlite", "postgresql-asyncpg", "postgresql-psycopg"]


@pytest.fixture(params=COUNTED)
async def counted_shop(
    request: pytest.FixtureRequest, servers: "Servers"
) -> AsyncIterator[Shop]:
    """A shop whose connections are open already, so that no set-up is counted."""
    async with open_shop(STORAGES[request.param](servers)) as shop:
        await shop.store(Counter(name="a"), an_order())
        yield shop


@contextmanager
def statements() -> Iterator[list[str]]:
    """Collect the first word of every statement that reaches a driver."""
    seen: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        seen.append(statement.split(maxsplit=1)[0])

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


async def test_a_unit_that_does_nothing_takes_no_statement(counted_shop: Shop) -> None:
    """Contract 1: no connection either."""
    with statements() as seen:
        async with counted_shop.unit() as uow:
            await uow.commit()

    assert seen == []


async def test_a_read_unit_takes_one_statement_and_no_transaction(
    counted_shop: Shop,
) -> None:
    """Contract 19: of an aggregate without children."""
    with statements() as seen:
        async with counted_shop.unit() as uow:
            await uow.counters.get("a")
            await uow.counters.get("a")

    assert seen == ["SELECT"]


async def test_a_read_unit_takes_one_statement_a_table(counted_shop: Shop) -> None:
    """Contract 19: of an aggregate with four child tables."""
    with statements() as seen:
        async with counted_shop.unit() as uow:
            await uow.orders.first(Order.number == "A-1")

    assert seen == ["SELECT"] * 5


async def test_a_write_unit_takes_one_transaction(counted_shop: Shop) -> None:
    """Contract 25: one read, BEGIN, a guard, a write, COMMIT."""
    with statements() as seen:
        async with counted_shop.unit() as uow:
            (await uow.counters.get("a")).value += 1
            await uow.commit()

    assert seen == ["SELECT", "BEGIN", "SELECT", "UPDATE", "COMMIT"]


async def test_three_changed_children_take_one_statement_more(
    counted_shop: Shop,
) -> None:
    """Contract 25: an executemany for all three; the version changes with them."""
    async with counted_shop.unit() as uow:
        order = await uow.orders.first(Order.number == "A-1")
        assert order is not None
        for line in order.lines:
            line.quantity += 1
        with statements() as seen:
            await uow.commit()

    assert seen == ["BEGIN", "SELECT", "UPDATE", "UPDATE", "COMMIT"]


async def test_a_hundred_changed_aggregates_take_as_many_statements_as_one(
    counted_shop: Shop,
) -> None:
    """Contract 25: the guard and the update are sent for all of them."""
    await counted_shop.store(*(Counter(name=str(n)) for n in range(100)))
    async with counted_shop.unit() as uow:
        for counter in await uow.counters.matching(Counter.name != "a"):
            counter.value += 1
        with statements() as seen:
            await uow.commit()

    assert seen == ["BEGIN", "SELECT", "UPDATE", "COMMIT"]


async def test_nested_scopes_take_no_statement(counted_shop: Shop) -> None:
    """Contract 6: they are undo in memory."""
    async with counted_shop.unit() as uow:
        counter = await uow.counters.get("a")
        with statements() as seen:
            for _ in range(10):
                async with uow:
                    counter.value += 1
                    await uow.commit()
                async with uow:
                    counter.value += 1
                    await uow.rollback()
        await uow.commit()

    assert seen == []
    assert (await counted_shop.counters())["a"] == 10


async def test_no_statement_that_writes_goes_out_before_commit(
    sql_storage: "Storage", heard: list[str]
) -> None:
    """Contract 21: reads are all that a database hears of an open unit."""
    async with open_shop(sql_storage) as shop:
        order = an_order()
        await shop.store(order, Counter(name="x"))
        heard.clear()
        async with shop.unit() as uow:
            (await uow.orders.get(order.id)).lines.clear()
            uow.counters.remove(await uow.counters.get("x"))
            uow.customers.add(Customer(name="Ann"))
            async with uow:
                uow.counters.add(Counter(name="y"))
                await uow.commit()
            await uow.orders.matching(all_of())
            await uow.counters.count()
            before, heard[:] = list(heard), []
            await uow.commit()

    assert {statement.partition(" ")[0] for statement in before} == {"SELECT"}
    assert not [statement for statement in before if "FOR UPDATE" in statement]
    assert {"INSERT", "DELETE"} < {s.partition(" ")[0] for s in heard}
