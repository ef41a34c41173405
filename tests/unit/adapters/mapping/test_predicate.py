"""Criteria and orders, evaluated in Python. Contract: 22, 23."""

from itertools import product
from typing import Any

import pytest

from unitwork.adapters.mapping.criterion import (
    All,
    AnyOf,
    Compare,
    Criterion,
    HasText,
    IsNone,
    Not,
    OneOf,
)
from unitwork.adapters.mapping.description import SortTerm
from unitwork.adapters.mapping.predicate import arrange, comes_after, predicate
from unitwork.domain.specification import Operator, TextOperator

TRUE, FALSE = IsNone(0), Not(IsNone(0))
UNKNOWN = Compare(0, Operator.EQ, 1)
"""Of the row (None,)."""


def known(criterion: Criterion) -> bool | None:
    return predicate(criterion)((None,))


@pytest.mark.parametrize("operator", Operator)
def test_comparisons_are_those_of_python_and_unknown_for_none(
    operator: Operator,
) -> None:
    """Three-valued logic."""
    compare = predicate(Compare(0, operator, 2))
    expected = [eval(f"{n} {operator.value} 2") for n in (1, 2, 3)]

    assert [compare((n,)) for n in (1, 2, 3)] == expected
    assert compare((None,)) is None


@pytest.mark.parametrize(
    ("criterion", "answers"),
    [
        (OneOf(0, (1, 2), or_unknown=False), [True, False, None]),
        (OneOf(0, (1, 2), or_unknown=True), [True, None, None]),
        (OneOf(0, (), or_unknown=False), [False, False, False]),
        (OneOf(0, (), or_unknown=True), [None, None, None]),
    ],
)
def test_membership_follows_sql(criterion: Criterion, answers: list[Any]) -> None:
    """Of 1, 3 and None."""
    matches = predicate(criterion)

    assert [matches((value,)) for value in (1, 3, None)] == answers
    opposite = predicate(Not(criterion))
    assert [opposite((value,)) for value in (1, 3, None)] == [
        None if answer is None else not answer for answer in answers
    ]


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        (TextOperator.CONTAINS, ["50%", "a50%b", "50%x", "x50%"]),
        (TextOperator.STARTS_WITH, ["50%", "50%x"]),
        (TextOperator.ENDS_WITH, ["50%", "x50%"]),
    ],
)
def test_texts_are_looked_for_literally(
    search: TextOperator, expected: list[str]
) -> None:
    """No wildcard is live."""
    matches = predicate(HasText(0, search, "50%"))
    rows = ["50%", "a50%b", "50%x", "x50%", "50x", ""]

    assert [row for row in rows if matches((row,))] == expected
    assert matches((None,)) is None


def test_and_or_follow_three_valued_logic() -> None:
    """False decides `and`, true decides `or`, unknown wins over the rest."""
    values: dict[bool | None, Criterion] = {True: TRUE, False: FALSE, None: UNKNOWN}
    for a, b in product(values, repeat=2):
        both, either = All((values[a], values[b])), AnyOf((values[a], values[b]))
        assert known(both) is (
            False if False in (a, b) else None if None in (a, b) else True
        )
        assert known(either) is (
            True if True in (a, b) else None if None in (a, b) else False
        )


def test_all_of_nothing_is_true_and_any_of_nothing_is_false() -> None:
    """The neutral elements."""
    assert known(All(())) is True
    assert known(AnyOf(())) is False
    assert known(All((UNKNOWN,))) is None


ROWS = [(1, None, "a"), (2, 5, "b"), (3, 7, "a"), (4, None, "b"), (5, 5, "a")]


def ordered(*terms: SortTerm) -> list[int]:
    key = SortTerm(0, descending=False, nulls_first=False)
    return [row[0] for row in arrange(ROWS, (*terms, key), lambda row: row)]


@pytest.mark.parametrize(
    ("descending", "nulls_first", "expected"),
    [
        (False, False, [2, 5, 3, 1, 4]),
        (False, True, [1, 4, 2, 5, 3]),
        (True, True, [1, 4, 3, 2, 5]),
        (True, False, [3, 2, 5, 1, 4]),
    ],
)
def test_none_stands_where_it_is_placed_and_the_key_breaks_ties(
    descending: bool,  # noqa: FBT001 - a parameter of the case
    nulls_first: bool,  # noqa: FBT001 - likewise
    expected: list[int],
) -> None:
    """Contract 23."""
    term = SortTerm(1, descending=descending, nulls_first=nulls_first)
    assert ordered(term) == expected


def test_several_terms_count_from_the_first() -> None:
    """Text down, then number up."""
    assert ordered(
        SortTerm(2, descending=True, nulls_first=True),
        SortTerm(1, descending=False, nulls_first=False),
    ) == [2, 4, 5, 3, 1]


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("nulls_first", [False, True])
def test_what_comes_after_is_what_the_order_says(
    descending: bool,  # noqa: FBT001 - a parameter of the case
    nulls_first: bool,  # noqa: FBT001 - likewise
) -> None:
    """For every pair of rows."""
    order = (
        SortTerm(1, descending=descending, nulls_first=nulls_first),
        SortTerm(0, descending=False, nulls_first=False),
    )
    arranged = arrange(ROWS, order, lambda row: row)
    for i, j in product(range(len(ROWS)), repeat=2):
        values = tuple(arranged[j][term.column] for term in order)
        assert comes_after(arranged[i], order, values) == (i > j)
