"""Criteria as data, written from classes."""

from collections.abc import Callable
from typing import Any

import pytest

from unitwork import (
    AggregateRoot,
    Field,
    Key,
    MisuseError,
    Specification,
    Value,
    all_of,
    any_of,
    attribute,
    field,
)


class Money(Value):
    amount: Field[int]
    currency: Field[str]


class Order(AggregateRoot):
    number: Key[str]
    total: Field[Money]
    note: Field[str | None] = field(default=None)


class Special(Order):
    reason: Field[str] = field(default="")


class Plain:
    """Any class."""


def test_expressions_show_as_they_were_written() -> None:
    """In error messages."""
    assert repr(Order.number) == "Order.number"
    assert repr(Order.total[Money.amount]) == "Order.total.amount"
    assert repr(attribute(Plain, "name", str)) == "Plain.name"


def test_an_inherited_field_begins_at_the_subclass() -> None:
    """So that it fits the subclass's repository."""
    assert repr(Special.number) == "Special.number"
    assert Special.number.owner is Special
    assert Order.number.owner is Order


def test_expressions_can_be_keys_of_a_dict() -> None:
    """`references={Order.customer: Customer}`."""
    assert {Order.number: 1}[Order.number] == 1


def test_a_part_of_a_value_is_named_as_the_class_has_it() -> None:
    """What is inside of JSON, or of a collection, is no attribute."""
    whole: Any = Order.total
    with pytest.raises(MisuseError) as refused:
        whole["amount"]

    assert str(refused.value) == (
        "Order.total['amount'] names no part of a value.\n"
        "Parts of embedded values can be compared, and named as the class has them;"
        " items of collections and what is inside of JSON cannot.\n"
        "Write Order.total[Money.amount], or decide it in the domain. [misuse]"
    )


def test_an_attribute_has_no_items() -> None:
    """Where a list is wanted, or a text is looked into."""
    number: Any = Order.number
    for use in (list, lambda path: "x" in path):
        with pytest.raises(MisuseError) as refused:
            use(number)

        assert str(refused.value) == (
            "Order.number was iterated over.\n"
            "It stands for an attribute of a class, and has no items.\n"
            "Write [Order.number] where several may be given, and"
            " Order.number.contains(...) to look into texts. [misuse]"
        )


def test_a_criterion_has_no_truth_value() -> None:
    """`a and b` would drop a side."""
    with pytest.raises(MisuseError) as refused:
        bool(Order.number == "1")

    assert str(refused.value) == (
        "A criterion was used as a truth value.\n"
        "`and`, `or`, `not` and `if` would drop a part of it without a word.\n"
        "Combine criteria with `&`, `|` and `~`, with brackets round each. [misuse]"
    )


def test_only_criteria_can_be_combined() -> None:
    """A missing bracket makes `"x" & ...`."""
    uses: dict[str, Callable[[], Any]] = {
        "True": lambda: (Order.number == "1") & True,  # type: ignore[operator]  # what is tested
        "False": lambda: (Order.number == "1") | False,  # type: ignore[operator]  # what is tested
        "'x'": lambda: all_of("x"),  # type: ignore[arg-type]  # what is tested
        "5": lambda: any_of(5),  # type: ignore[arg-type]  # what is tested
    }
    for shown, use in uses.items():
        with pytest.raises(MisuseError) as refused:
            use()

        assert str(refused.value) == (
            f"{shown} is not a criterion.\n"
            "Only criteria can be combined by `&` and `|`.\n"
            "Put brackets round each comparison: `(A.x == 1) & (A.y == 2)`. [misuse]"
        )


def test_comparison_with_none_is_refused() -> None:
    """It would be unknown for every row."""
    with pytest.raises(MisuseError) as refused:
        Order.note == None  # noqa: B015, E711 - what is tested

    assert str(refused.value) == (
        "Order.note == None can never be true.\n"
        "As in SQL, a comparison with None is unknown for every row.\n"
        "Write Order.note.is_none() or ~Order.note.is_none(). [misuse]"
    )


def test_comparison_of_two_attributes_is_refused() -> None:
    """The language compares an attribute with a value."""
    with pytest.raises(MisuseError) as refused:
        Order.number < Order.note  # type: ignore[operator]  # noqa: B015 - what is tested

    assert str(refused.value) == (
        "Order.number < Order.note compares two attributes.\n"
        "The criteria language compares an attribute with a value.\n"
        "Decide it in the domain, or in a finder with raw SQL. [misuse]"
    )


def members(specification: Specification[Order]) -> list[str]:
    return [repr(member) for member in specification.paths()]


def test_a_criterion_names_all_that_it_reads() -> None:
    """However deep it is."""
    criterion = all_of(
        any_of(Order.number.in_(["1"]), None, Order.note.is_none()),
        ~(Order.total[Money.amount] >= 3),
        Order.note.endswith("x"),
        None,
    )

    assert members(criterion) == [
        "Order.number",
        "Order.note",
        "Order.total.amount",
        "Order.note",
    ]


def test_everything_and_nothing_read_nothing() -> None:
    """`all_of()` is true, `any_of()` is false."""
    assert members(all_of()) == members(any_of()) == []
