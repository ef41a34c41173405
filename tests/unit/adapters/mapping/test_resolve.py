"""From what a caller wrote to what a storage reads."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from tests.shop import Customer, Money, Order, Status, shop_schema
from unitwork import InvalidValueError, MisuseError, Specification, all_of, attribute
from unitwork.adapters.mapping.criterion import Compare, HasText, OneOf
from unitwork.adapters.mapping.resolve import canonical_key, resolve, resolve_order
from unitwork.domain.specification import Operator, TextOperator

ORDER = shop_schema().mapping(Order)
COLUMN = {column.name: n for n, column in enumerate(ORDER.tables[0].columns)}


def test_values_become_canonical() -> None:
    """As rows hold them."""
    berlin = timezone(timedelta(hours=2))
    cases: list[tuple[Specification[Order], str, Any]] = [
        (Order.status == Status.PAID, "status", "PAID"),
        (Order.total[Money.amount] == Decimal(5), "total_amount", Decimal("5.00")),
        (
            Order.placed == datetime(2026, 1, 1, 2, tzinfo=berlin),
            "placed",
            datetime(2026, 1, 1, tzinfo=UTC),
        ),
    ]
    for criterion, column, value in cases:
        expected = Compare(COLUMN[column], Operator.EQ, value)
        assert resolve(ORDER, criterion) == expected


def test_none_among_values_makes_the_rest_unknown() -> None:
    """Each value counts once."""
    resolved = resolve(ORDER, Order.note.in_(["a", None, "a", "b"]))

    assert resolved == OneOf(COLUMN["note"], ("a", "b"), or_unknown=True)


def test_a_text_longer_than_its_column_may_be_looked_for() -> None:
    """It matches nothing and does no harm."""
    resolved = resolve(ORDER, Order.number.startswith("x" * 300))

    expected = HasText(COLUMN["number"], TextOperator.STARTS_WITH, "x" * 300)
    assert resolved == expected


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: Customer.name == "x",
            (
                "Customer.name is no attribute of Order.\n"
                "This repository holds Order aggregates.\n"
                "Begin the expression at Order. [misuse]"
            ),
        ),
        (
            lambda: Order.total == Money(Decimal(1), "EUR"),
            (
                "Order.total is not one column.\n"
                "Only fields of the root, and parts of embedded values, can be"
                " compared and ordered by.\n"
                "Name a part of the value (`Order.total[Money.amount]`), or decide"
                " it in the domain. [misuse]"
            ),
        ),
        (
            lambda: Order.status < Status.PAID,
            (
                "Order.status has no order.\n"
                "Enumeration values sort differently on each storage.\n"
                "Order by another field, or keep a number to order by. [misuse]"
            ),
        ),
        (
            lambda: attribute(Order, "priority", str).contains("x"),
            (
                "Order.priority is no text.\n"
                "contains looks for a text in a text.\n"
                "Compare it with ==, <, or in_. [misuse]"
            ),
        ),
        (
            Specification,
            (
                "is no criterion of the library.\n"
                "The language is closed: every storage evaluates all of it alike.\n"
                "Build criteria from fields: `(Batch.sku == 'LAMP') & ...`. [misuse]"
            ),
        ),
    ],
    ids=["another class", "embedded", "order", "text", "foreign node"],
)
def test_what_the_language_does_not_define_is_refused(make: Any, message: str) -> None:
    """Each message names what, why and the remedy."""
    with pytest.raises(MisuseError) as refused:
        resolve(ORDER, make())

    assert str(refused.value).endswith(message)


@pytest.mark.parametrize(
    "criterion",
    [
        lambda: Order.number == "a\0",
        lambda: Order.total[Money.amount] < Decimal("1.005"),
        lambda: Order.placed > datetime(2026, 1, 1),  # noqa: DTZ001 - what is tested
        lambda: Order.priority == 1 << 63,
        lambda: Order.weight.in_([float("nan")]),
    ],
    ids=["NUL", "scale", "naive", "width", "NaN"],
)
def test_a_value_that_no_column_could_hold_is_refused(criterion: Any) -> None:
    """Contract 24, also in a criterion."""
    with pytest.raises(InvalidValueError):
        resolve(ORDER, criterion())


def test_the_key_completes_every_order() -> None:
    """Contract 23: an order is total; what follows the key says nothing."""
    terms = resolve_order(
        ORDER, [Order.due.desc(), Order.due.asc(), Order.id.desc(), Order.note.asc()]
    )

    assert [(t.column, t.descending, t.nulls_first) for t in terms] == [
        (COLUMN["due"], True, True),
        (COLUMN["id"], True, False),  # what has no key yet comes last (contract 17)
    ]
    assert [t.column for t in resolve_order(ORDER, ())] == [0]


def test_an_order_is_made_of_sort_terms() -> None:
    """A bare field says no direction."""
    with pytest.raises(MisuseError) as refused:
        resolve_order(ORDER, [Order.due])  # type: ignore[list-item]  # what is tested

    assert str(refused.value) == (
        "order_by=Order.due is no sort term.\n"
        "An order says a direction, and where None stands.\n"
        "Write Batch.eta.asc() or Batch.eta.desc(nulls='last'). [misuse]"
    )


@pytest.mark.parametrize("wrong", [Order.due, "number", 5])
def test_what_is_no_sort_term_is_shown_whole(wrong: Any) -> None:
    """Not the first of its letters."""
    with pytest.raises(MisuseError) as refused:
        resolve_order(ORDER, wrong)

    assert str(refused.value).startswith(f"order_by={wrong!r} is no sort term.\n")


def test_none_is_no_key() -> None:
    """A key identifies."""
    with pytest.raises(InvalidValueError, match="It must not be None"):
        canonical_key(ORDER, None)


def test_everything_is_a_criterion() -> None:
    """`all_of()` of no parts."""
    assert resolve(ORDER, all_of()).parts == ()  # type: ignore[union-attr]  # it is All
