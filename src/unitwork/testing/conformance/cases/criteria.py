"""The criteria language: the same answers from storage and from held objects."""

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from unitwork.domain.errors import InvalidValueError, MisuseError
from unitwork.domain.specification import all_of, any_of
from unitwork.testing.conformance.declaring import portable
from unitwork.testing.conformance.orders import (
    ANN,
    COMPARE,
    FIELDS,
    MAY,
    PARTS,
    SEARCH,
    TEXTS,
    UNORDERED,
    Tree,
    criterion,
    meaning,
    orders,
)
from unitwork.testing.conformance.shop import (
    Customer,
    Money,
    Order,
    Shop,
    ShopUnitOfWork,
    Status,
)

Q = Order


@asynccontextmanager
async def holding(shop: Shop) -> AsyncIterator[ShopUnitOfWork]:
    """Open a unit that holds every order: it answers by itself."""
    async with shop.unit() as uow:
        assert len(await uow.orders.matching(all_of())) == 12
        yield uow


async def numbers(uow: ShopUnitOfWork, meant: Any) -> list[str]:
    """Return the numbers of the orders that a unit finds."""
    return sorted(order.number for order in await uow.orders.matching(meant))


NAMED: dict[str, tuple[Any, str]] = {
    "equal text is case-sensitive": (Q.note == "a", "1"),
    "trailing blanks count": (Q.note == "a ", "3"),
    "unequal leaves None out": (Q.note != "a", "10 2 3 4 5 6 7 8 B"),
    "less orders by code point": (Q.note < "a", "2 5 6 8"),
    "greater orders by code point": (Q.note > "a\nc", "10 3 4 7"),
    "empty text is not None": (Q.note == "", "8"),
    "None is asked for by name": (Q.note.is_none(), "9 b"),
    "not None": (~Q.note.is_none(), "1 10 2 3 4 5 6 7 8 B"),
    "percent sign is literal": (Q.note.contains("0%"), "5"),
    "underscore is literal": (Q.note.contains("_"), "7"),
    "backslash is literal": (Q.note.contains("\\"), "7"),
    "contains is case-sensitive": (Q.note.contains("A"), "2"),
    "startswith is case-sensitive": (Q.note.startswith("a"), "1 3 7 B"),
    "startswith with a wildcard": (Q.note.startswith("50%"), "5"),
    "endswith counts characters": (Q.note.endswith("é"), "10 4"),
    "endswith with a wildcard": (Q.note.endswith("%"), "5 B"),
    "endswith with a blank": (Q.note.endswith(" "), "3"),
    "the empty text is in every text": (Q.note.contains(""), "1 10 2 3 4 5 6 7 8 B"),
    "and begins every text": (Q.note.startswith(""), "1 10 2 3 4 5 6 7 8 B"),
    "and ends every text": (Q.note.endswith(""), "1 10 2 3 4 5 6 7 8 B"),
    "a longer text is in none": (Q.note.endswith("xxxxxxxxxxxxxxxxxx"), ""),
    "negated search leaves None out": (~Q.note.contains("a"), "10 2 4 5 6 8"),
    "in any of some": (Q.note.in_(["a", "A", "zz"]), "1 2"),
    "in with None": (Q.note.in_(["a", None]), "1"),
    "not in with None is unknown": (~Q.note.in_(["a", None]), ""),
    "not in leaves None out": (~Q.note.in_(["a", "A"]), "10 3 4 5 6 7 8 B"),
    "in only None is unknown": (Q.note.in_([None]), ""),
    "not in only None is unknown": (~Q.note.in_([None]), ""),
    "in nothing is false": (Q.note.in_([]), ""),
    "not in nothing is true for None too": (
        ~Q.note.in_([]),
        "1 10 2 3 4 5 6 7 8 9 B b",
    ),
    "in an iterator": (Q.number.in_(iter(["1", "2"])), "1 2"),
    "unknown or true is true": ((Q.note == "a") | (Q.priority == 2**62), "1 9"),
    "unknown and false, negated, is true": (
        ~((Q.note == "a") & (Q.priority == 5)),
        "1 10 2 3 4 5 6 7 8 9 B b",
    ),
    "negated twice": (~~(Q.note == "a"), "1"),
    "enum": (Q.status == Status.PAID, "3"),
    "unequal enum": (Q.status != Status.OPEN, "3 8"),
    "in enums": (Q.status.in_([Status.PAID, Status.SENT]), "3 8"),
    "true": (Q.express.is_true(), "5 8"),
    "false": (Q.express == False, "1 10 2 3 4 6 7 9 B b"),  # noqa: E712 - a criterion
    "uuid": (Q.customer == ANN, "2 9"),
    "the largest integer": (Q.priority >= 2**62, "9"),
    "the smallest integer": (Q.priority <= -(2**63), "b"),
    "float": (Q.weight == 0.1, "3"),
    "negative zero is zero": (Q.weight == -0.0, "1 10 2 4 6 7 8 B b"),
    "microseconds count": (Q.placed > MAY, "6"),
    "the same moment elsewhere": (
        Q.placed == MAY.astimezone(timezone(timedelta(hours=5, minutes=30))),
        "2",
    ),
    "dates before": (Q.due < MAY.date(), "8"),
    "part of a value": (Q.total[Money.amount] < Decimal(0), "7"),
    "decimals are exact": (Q.total[Money.amount] == Decimal("0.1") * 3, "B"),
    "part of a value, text": (Q.total[Money.currency] == "eur", "B"),
    "part of a value that may be None": (
        Q.discount[Money.amount] >= Decimal("0.3"),
        "4 7",
    ),
    "part of no value is None": (
        Q.discount[Money.amount].is_none(),
        "1 10 2 3 5 6 8 9 B b",
    ),
    "unequal part leaves None out": (Q.discount[Money.amount] != Decimal(1), "4"),
    "all of nothing": (all_of(), "1 10 2 3 4 5 6 7 8 9 B b"),
    "any of nothing": (any_of(), ""),
    "none of nothing": (~all_of(), ""),
    "all of, with None": (all_of(Q.note == "a", None), "1"),
    "any of, with None": (any_of(Q.note == "a", None, Q.note == "A"), "1 2"),
}


@portable(7, 8, 9, 13, 14, 15, 17, 18, 58)
async def test_storage_answers_as_the_language_says(orders_shop: Shop) -> None:
    """Contract 22: operators, literal text, and the logic of three values."""
    expected = {case: sorted(said.split()) for case, (_, said) in NAMED.items()}
    found, counted = {}, {}
    for case, (meant, _) in NAMED.items():
        async with orders_shop.unit() as uow:
            counted[case] = await uow.orders.count(meant)
            found[case] = await numbers(uow, meant)

    assert found == expected
    assert counted == {case: len(those) for case, those in expected.items()}


@portable(7, 8, 9, 13, 14, 15, 17, 18, 58)
async def test_held_objects_answer_as_the_language_says(orders_shop: Shop) -> None:
    """Contract 20, 22: what a unit holds is judged as storage judges it."""
    async with holding(orders_shop) as uow:
        found = {case: await numbers(uow, meant) for case, (meant, _) in NAMED.items()}

    assert found == {case: sorted(said.split()) for case, (_, said) in NAMED.items()}


def leaves() -> st.SearchStrategy[Tree]:
    """Make comparisons of every field with values that are and are not there."""
    found: list[st.SearchStrategy[Tree]] = []
    for name, (_, _, values) in FIELDS.items():
        field = st.just(name)
        operators = ["==", "!="] if name in UNORDERED else list(COMPARE)
        value = st.sampled_from(values)
        found += [
            st.tuples(st.sampled_from(operators), field, value),
            st.tuples(st.just("in"), field, st.lists(value | st.none(), max_size=3)),
            st.tuples(st.just("none"), field),
        ]
        if name in TEXTS:
            search = st.sampled_from(list(SEARCH))
            found.append(st.tuples(search, field, st.sampled_from(PARTS)))
    return st.one_of(found)


TREES: st.SearchStrategy[Tree] = st.recursive(
    leaves(),
    lambda part: (
        st.tuples(st.just("not"), part)
        | st.tuples(st.sampled_from(["and", "or"]), part, part)
    ),
    max_leaves=5,
)


@settings(
    max_examples=60,
    derandomize=True,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
    ],
)
@given(tree=TREES)
async def test_any_criterion_means_what_an_independent_model_says(
    orders_shop: Shop, tree: Tree
) -> None:
    """Contract 22: p, not p and p-is-unknown part the rows, stored and held alike."""
    answers = {order.number: meaning(tree, order) for order in orders()}
    true = sorted(number for number, known in answers.items() if known is True)
    false = sorted(number for number, known in answers.items() if known is False)
    async with orders_shop.unit() as uow:
        assert await uow.orders.count(criterion(tree)) == len(true)
        assert await uow.orders.count(~criterion(tree)) == len(false)
        assert await uow.orders.exists(criterion(tree)) is bool(true)
        assert await numbers(uow, criterion(tree)) == true
    async with holding(orders_shop) as uow:
        assert await numbers(uow, criterion(tree)) == true
        assert await numbers(uow, ~criterion(tree)) == false


@pytest.mark.parametrize("negated", [False, True])
@portable(69)
async def test_forty_thousand_values_in_one_list(shop: Shop, *, negated: bool) -> None:
    """Contract 22: any number of values in in_, of every type that keys may have."""
    customer = Customer(name="Ann")
    order = Order(number="17", customer=customer.id, priority=17)
    await shop.store(customer, order, Order(number="x", priority=-1))
    many = range(40_000)
    listed: list[Any] = [
        Order.priority.in_(many),
        Order.number.in_(map(str, many)),
        Order.id.in_([order.id, *(UUID(int=n) for n in many)]),
        Order.placed.in_([None, *(MAY + timedelta(seconds=n) for n in many)]),
    ]
    expected = [["x"], ["x"], ["x"], []] if negated else [["17"], ["17"], ["17"], []]
    for meant, found in zip(listed, expected, strict=True):
        asked = ~meant if negated else meant
        async with shop.unit() as uow:
            assert await uow.orders.count(asked) == len(found)
            assert await numbers(uow, asked) == found


@portable(66)
async def test_where_there_is_nothing_every_question_has_an_answer(shop: Shop) -> None:
    """Contract 22: of no rows, and of none that match."""
    await shop.store(Customer(name="Ann"))
    async with shop.unit() as uow:
        customers: Any = uow.customers
        for asked, meant in ((uow.orders, all_of()), (customers, ~all_of())):
            assert await asked.count(meant) == 0
            assert await asked.exists(meant) is False
            assert await asked.first(meant) is None
            assert await asked.matching(meant) == []
            page = await asked.page(meant)
            assert (page.items, page.total, page.pages) == ([], 0, 0)
            assert [found async for found in asked.stream(meant)] == []


async def test_a_value_that_no_row_could_have_is_refused(
    shop: Shop,
) -> None:
    """Contract 22: what the language does not define, it refuses, on every storage."""
    refused: list[Any] = [
        Order.number == 7,
        Order.priority == 2**63,
        Order.priority.in_([1, True]),
        Order.placed > datetime(2024, 1, 1),  # noqa: DTZ001 - naive
        Order.note.contains("\0"),
        Order.weight < math.inf,
        Order.total[Money.amount] == Decimal("0.001"),
        Order.status == "PAID",
    ]
    async with shop.unit() as uow:
        for meant in refused:
            with pytest.raises(InvalidValueError):
                await uow.orders.count(meant)


async def test_what_has_no_order_and_what_is_no_column_cannot_be_compared(
    shop: Shop,
) -> None:
    """Contract 22: enums have no order, values and children are no columns."""
    refused: list[Any] = [
        Order.status < Status.PAID,
        Order.total == Money(Decimal(1), "EUR"),
        Order.lines == [],
        Customer.name == "Ann",
    ]
    async with shop.unit() as uow:
        for meant in refused:
            with pytest.raises(MisuseError):
                await uow.orders.count(meant)
