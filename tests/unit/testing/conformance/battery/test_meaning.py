"""The battery's own evaluation, on rows and answers written by hand."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from unitwork.testing.conformance.battery.cabinet import Hue
from unitwork.testing.conformance.battery.columns import Row, full
from unitwork.testing.conformance.battery.meaning import Parting, in_order, parting

NFC, NFD = "\u00e9", "e\u0301"


def known(path: str, values: list[Any], where: Any) -> str:
    """Say for each value whether a criterion is true, false or unknown."""
    true, false = parting("Specimen", where, [{path: value} for value in values])
    numbers = range(len(values))
    return "".join("t" if n in true else "f" if n in false else "?" for n in numbers)


CASES: dict[str, tuple[str, list[Any], Any, str]] = {
    "7: unequal leaves None out": (
        "maybe_word",
        ["a", "b", None],
        ["!=", "maybe_word", "a"],
        "ft?",
    ),
    "8: not in with None is never true": (
        "maybe_word",
        ["a", "b", None],
        ["not", ["in", "maybe_word", ["a", None]]],
        "f??",
    ),
    "8: in with None is never false": (
        "maybe_word",
        ["a", "b", None],
        ["in", "maybe_word", ["a", None]],
        "t??",
    ),
    "in of only None is unknown": (
        "maybe_word",
        ["a", None],
        ["in", "maybe_word", [None]],
        "??",
    ),
    "9: in nothing is false, for None too": (
        "maybe_word",
        ["a", None],
        ["in", "maybe_word", []],
        "ff",
    ),
    "9: not in nothing is true, for None too": (
        "maybe_word",
        ["a", None],
        ["not", ["in", "maybe_word", []]],
        "tt",
    ),
    "in": ("maybe_word", ["a", "b", None], ["in", "maybe_word", ["b"]], "ft?"),
    "13: equality sees case": ("word", ["abc", "ABC"], ["==", "word", "ABC"], "ft"),
    "14: and blanks at the end": (
        "word",
        ["abc", "abc "],
        ["==", "word", "abc "],
        "ft",
    ),
    "5: and normal forms": ("word", [NFC, NFD], ["==", "word", NFD], "ft"),
    "15: a search sees case": (
        "word",
        ["abc", "Abc"],
        ["startswith", "word", "A"],
        "ft",
    ),
    "16: there is no folding": (
        "word",
        ["éa", "Éa"],
        ["startswith", "word", "É"],
        "ft",
    ),
    "17: no wildcard is live": (
        "word",
        ["50%", "50x"],
        ["contains", "word", "50%"],
        "tf",
    ),
    "17: none of one character either": (
        "word",
        ["a_", "ab"],
        ["endswith", "word", "_"],
        "tf",
    ),
    "18: a backslash is a backslash": (
        "word",
        ["a\\b", "ab"],
        ["contains", "word", "a\\b"],
        "tf",
    ),
    "nothing begins every text, but None": (
        "maybe_word",
        ["", "a", None],
        ["startswith", "maybe_word", ""],
        "tt?",
    ),
    "nothing ends every text": ("word", ["", "a"], ["endswith", "word", ""], "tt"),
    "a longer text ends none": ("word", ["a", ""], ["endswith", "word", "aa"], "ff"),
    "22: astral characters": ("word", ["😀", "\uffff"], [">", "word", "\uffff"], "tf"),
    "26: wide integers": (
        "large",
        [2**63 - 1, 2**63 - 2],
        ["==", "large", 2**63 - 2],
        "ft",
    ),
    "33: exact decimals": (
        "exact",
        [Decimal(f"12345678901234567890.012345678{n}") for n in (9, 8)],
        ["==", "exact", "12345678901234567890.0123456789"],
        "tf",
    ),
    "31: scale is no value": ("price", [Decimal("1.5")], ["==", "price", "1.50"], "t"),
    "35: sums of tenths": ("price", [Decimal("0.3")], ["==", "price", "0.30"], "t"),
    "37: floats have 64 bits": ("ratio", [0.1, 0.1 + 0.2], [">", "ratio", 0.3], "ft"),
    "38: negative zero is zero": ("ratio", [0.0, -0.0], ["==", "ratio", -0.0], "tt"),
    "denormals are not zero": ("ratio", [5e-324, 0.0], [">", "ratio", 0.0], "tf"),
    "40: microseconds": (
        "moment",
        [
            datetime(2024, 1, 1, 0, 0, 0, 1, tzinfo=UTC),
            datetime(2024, 1, 1, tzinfo=UTC),
        ],
        [">", "moment", "2024-01-01T00:00:00+00:00"],
        "tf",
    ),
    "42: one moment in two zones": (
        "moment",
        [datetime(2024, 1, 1, 12, tzinfo=timezone(timedelta(hours=2)))],
        ["==", "moment", "2024-01-01T10:00:00+00:00"],
        "t",
    ),
    "44: the first year": (
        "day",
        [date.min, date.max],
        ["<", "day", "0999-12-31"],
        "tf",
    ),
    "46: negative lengths of time": (
        "span",
        [timedelta(-1), timedelta(0)],
        ["<", "span", 0],
        "tf",
    ),
    "52: enums by member": ("hue", [Hue.RED, Hue.red], ["==", "hue", "red"], "ft"),
    "54: bytes with a zero": ("blob", [b"a", b"a\0"], ["==", "blob", "6100"], "ft"),
    "55: bytes by their values": ("blob", [b"A", b"a"], [">", "blob", "41"], "ft"),
    "57: UUIDs by their bytes": (
        "uid",
        [UUID(int=1), UUID(int=1 << 127)],
        ["<=", "uid", str(UUID(int=1))],
        "tf",
    ),
    "58: nothing is not None": ("maybe_word", ["", None], ["none", "maybe_word"], "ft"),
    "flags": ("maybe_flag", [True, False, None], ["true", "maybe_flag"], "tf?"),
    "unknown or true": (
        "maybe_small",
        [None, 1, 2],
        ["or", ["==", "maybe_small", 1], ["none", "maybe_small"]],
        "ttf",
    ),
    "unknown and true is unknown": (
        "maybe_small",
        [None, 1],
        ["not", ["and", ["==", "maybe_small", 1], ["all"]]],
        "?f",
    ),
    "unknown and false is false": (
        "maybe_small",
        [None, 1],
        ["not", ["and", ["==", "maybe_small", 1], ["any"]]],
        "tt",
    ),
    "all of nothing": ("small", [0], ["all"], "t"),
    "any of nothing": ("small", [0], ["any"], "f"),
    "parts that are None are left out": (
        "small",
        [0, 1],
        ["any", None, ["==", "small", 1], None],
        "ft",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_criteria_mean_what_the_contract_says(case: str) -> None:
    """Contract 22, 24; the numbers are of the table of facts."""
    path, values, where, expected = CASES[case]

    assert known(path, values, where) == expected


def parted(true: set[int], false: set[int]) -> Parting:
    """Write what a criterion is true and false for."""
    return frozenset(true), frozenset(false)


def ordered(path: str, values: list[Any], *order: Any) -> list[Any]:
    """Sort rows with these values, whose keys are in turn."""
    rows = [{"code": str(n), path: value} for n, value in enumerate(values)]
    return [values[n] for n in in_order("Specimen", list(order), rows)]


def test_none_is_the_largest_unless_said_otherwise() -> None:
    """Contract 23; facts 10 and 11."""
    values = [2, None, 1]

    assert ordered("maybe_small", values, ["maybe_small", "asc", None]) == [1, 2, None]
    assert ordered("maybe_small", values, ["maybe_small", "desc", None]) == [None, 2, 1]
    assert ordered("maybe_small", values, ["maybe_small", "asc", "first"]) == [
        None,
        1,
        2,
    ]
    assert ordered("maybe_small", values, ["maybe_small", "desc", "last"]) == [
        2,
        1,
        None,
    ]


def test_text_is_ordered_by_code_point() -> None:
    """Contract 24; facts 12 and 22."""
    texts = ["b", "A", "a", "B", "_", "é", "z", "10", "9", "😀", "\uffff", "a "]

    assert ordered("word", texts, ["word", "asc", None]) == sorted(texts)
    assert sorted(texts)[-2:] == ["\uffff", "😀"]


def test_the_key_completes_the_order() -> None:
    """Contract 23; fact 65."""
    rows = [{"code": code, "small": small} for code, small in ("b1", "a1", "c0")]

    assert in_order("Specimen", [["small", "desc", None]], rows) == [1, 0, 2]
    assert in_order("Specimen", [["code", "desc", None]], rows) == [2, 0, 1]
    assert in_order("Specimen", [], rows) == [1, 0, 2]


def test_a_second_term_decides_between_equals_and_a_repeated_one_does_not() -> None:
    """Contract 23."""
    rows: list[Row] = [{"code": str(n), "small": n % 2, "medium": n} for n in range(4)]
    twice = [["small", "asc", None], ["small", "desc", None], ["medium", "desc", None]]

    assert in_order("Specimen", twice, rows) == [2, 0, 3, 1]


def test_a_key_that_is_not_made_yet_comes_last_in_any_order() -> None:
    """Contract 17."""
    rows: list[Row] = [{"number": number} for number in (None, 2, 1, None)]

    assert in_order("Ticket", [], rows) == [2, 1, 0, 3]
    assert in_order("Ticket", [["number", "desc", "first"]], rows) == [1, 2, 0, 3]


def test_a_part_of_a_value_that_is_not_there_is_none() -> None:
    """Contract 22: embedded values."""
    rows = [
        full("Specimen", {"code": "a"}),
        full("Specimen", {"maybe_size.amount": "1"}),
    ]

    assert parting("Specimen", ["none", "maybe_size.amount"], rows) == parted({0}, {1})
    assert parting("Specimen", ["==", "maybe_size.amount", "1"], rows) == parted(
        {1}, set()
    )
