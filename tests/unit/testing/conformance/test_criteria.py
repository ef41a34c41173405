"""What criteria and orders mean, over plain values."""

from typing import Any

import pytest

from unitwork.testing.conformance.oracle.criteria import in_order, truth
from unitwork.testing.conformance.programs import DEFAULTS, Json, Name, Values

NAME = ("Item", "a")
TRUE, FALSE, UNKNOWN = ["all"], ["not", ["all"]], ["==", "rank", 1]


def item(**values: Any) -> Values:
    return {**DEFAULTS["Item"], **values}


@pytest.mark.parametrize(
    ("where", "answer"),
    [
        (["==", "rank", 2], True),
        (["!=", "rank", 2], False),
        (["<=", "rank", 2], True),
        (["==", "code", "a"], True),
        (["==", "site", "a"], None),
        (["!=", "site", "a"], None),
        (["not", ["==", "site", "a"]], None),
        (["none", "site"], True),
        (["not", ["none", "site"]], False),
        (["in", "rank", []], False),
        (["in", "site", []], False),
        (["in", "rank", [2, None]], True),
        (["in", "rank", [3, None]], None),
        (["in", "site", ["a"]], None),
        (["<", "price.amount", "10.00"], True),
        (["startswith", "label", "x%"], True),
        (["contains", "label", "X"], False),
        (["endswith", "label", ""], True),
        (["contains", "site", "a"], None),
    ],
)
def test_a_comparison_with_none_is_unknown(where: Json, answer: bool | None) -> None:  # noqa: FBT001 - a parameter of the case
    """Contract 22: three-valued logic as SQL has it; texts are literal."""
    values = item(rank=2, label="x%", price={"amount": "9.50", "currency": "EUR"})
    assert truth(where, NAME, values) is answer


@pytest.mark.parametrize(
    ("kind", "parts", "answer"),
    [
        ("and", [TRUE, UNKNOWN], None),
        ("and", [UNKNOWN, FALSE], False),
        ("and", [TRUE, TRUE], True),
        ("or", [TRUE, UNKNOWN], True),
        ("or", [UNKNOWN, FALSE], None),
        ("or", [FALSE, FALSE], False),
        ("not", [UNKNOWN], None),
    ],
)
def test_unknown_is_neither_true_nor_false(
    kind: str,
    parts: list[Json],
    answer: bool | None,  # noqa: FBT001 - a parameter of the case
) -> None:
    """Contract 22: `&`, `|` and `~` of unknown."""
    assert truth([kind, *parts], NAME, item()) is answer


@pytest.mark.parametrize(
    ("order", "keys"),
    [
        ([], "abcd"),
        ([["rank", "asc", None]], "cdab"),
        ([["rank", "asc", "first"]], "abcd"),
        ([["rank", "desc", None]], "abdc"),
        ([["rank", "desc", "last"]], "dcab"),
        ([["label", "desc", None], ["rank", "asc", "first"]], "adbc"),
    ],
)
def test_an_order_places_none_and_is_completed_by_the_key(
    order: Json, keys: str
) -> None:
    """Contract 23: None sorts largest unless it is said."""
    found: dict[Name, Values] = {
        ("Item", "d"): item(rank=2, label="x"),
        ("Item", "b"): item(label="X"),
        ("Item", "a"): item(label="x"),
        ("Item", "c"): item(rank=1, label="X"),
    }
    names = in_order(found, order, lambda name: name[1])
    assert "".join(name[1] for name in names) == keys
