"""What each column type takes, what it makes of it, and what it refuses."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal as PythonDecimal
from enum import Enum
from typing import Any
from uuid import UUID

import pytest

from unitwork.adapters.mapping.types import (
    Binary,
    Boolean,
    ColumnType,
    Date,
    Decimal,
    Duration,
    Enumeration,
    Float,
    Integer,
    Json,
    Refused,
    Text,
    Timestamp,
    Uuid,
)

FINITE = "It must be finite: databases disagree on NaN and infinity."
SOUTH = timezone(timedelta(hours=-1))


class Colour(Enum):
    RED = "r"


class Id(UUID):
    pass


@pytest.mark.parametrize(
    ("kind", "value", "canonical"),
    [
        (Integer(16), -(2**15), "-32768"),
        (Integer(), 2**63 - 1, "9223372036854775807"),
        (Boolean(), True, "True"),
        (Float(), -0.0, "0.0"),
        (Float(), 2, "2.0"),
        (Decimal(5, 2), PythonDecimal("1.5"), "Decimal('1.50')"),
        (Decimal(5, 2), PythonDecimal("1E2"), "Decimal('100.00')"),
        (Decimal(5, 2), PythonDecimal("-0"), "Decimal('0.00')"),
        (Decimal(5, 2), PythonDecimal("-999.9900"), "Decimal('-999.99')"),
        (Decimal(5, 2), 3, "Decimal('3.00')"),
        (Decimal(3, 0), PythonDecimal(7), "Decimal('7')"),
        (Text(), "é\U0001f600 ", "'é\U0001f600 '"),
        (Text(2), "aé", "'aé'"),
        (Binary(2), b"\0a", "b'\\x00a'"),
        (
            Timestamp(),
            datetime(2026, 1, 1, 23, fold=1, tzinfo=SOUTH),
            "datetime.datetime(2026, 1, 2, 0, 0, tzinfo=datetime.timezone.utc)",
        ),
        (Date(), date(1, 1, 1), "datetime.date(1, 1, 1)"),
        (Duration(), timedelta(days=-1), "datetime.timedelta(days=-1)"),
        (Uuid(), Id(int=1), "Id('00000000-0000-0000-0000-000000000001')"),
        (Enumeration(Colour), Colour.RED, "'RED'"),
        (Json(), {"b": [None, 1.5], "a": "é"}, """'{"a":"é","b":[null,1.5]}'"""),
    ],
    ids=repr,
)
def test_a_value_has_one_canonical_form(
    kind: ColumnType, value: object, canonical: str
) -> None:
    """Which is restored to an equal value."""
    made = kind.canonical(value)
    assert repr(made) == canonical
    assert kind.canonical(kind.restore(made)) == made


@pytest.mark.parametrize(
    ("kind", "value", "rule"),
    [
        (Integer(), True, "It must be of type int."),
        (Integer(16), 2**15, "It must fit into 16 bits with a sign."),
        (Boolean(), 1, "It must be of type bool."),
        (Float(), "1", "It must be of type float."),
        (Float(), float("nan"), FINITE),
        (Float(), float("-inf"), FINITE),
        (Decimal(5, 2), 1.5, "It must be of type Decimal."),
        (Decimal(5, 2), PythonDecimal("NaN"), FINITE),
        (Decimal(5, 2), PythonDecimal("sNaN"), FINITE),
        (Decimal(5, 2), PythonDecimal("Infinity"), FINITE),
        (
            Decimal(5, 2),
            PythonDecimal("1.005"),
            "It must have at most 2 digits after the point.",
        ),
        (Decimal(5, 2), PythonDecimal(1000), "It must have at most 5 digits."),
        (Decimal(5, 2), 1000, "It must have at most 5 digits."),
        (Text(), b"a", "It must be of type str."),
        (Text(2), "abc", "It must have at most 2 characters."),
        (Text(), "a\0", "It must not contain NUL."),
        (Text(), "\ud800", "It must not contain lone surrogates."),
        (Binary(), bytearray(), "It must be of type bytes."),
        (Binary(1), b"ab", "It must have at most 1 bytes."),
        (Timestamp(), date(2026, 1, 1), "It must be of type datetime."),
        (
            Timestamp(),
            datetime.min,  # noqa: DTZ901 - what is refused
            "It must be aware: give it a tzinfo, for example UTC.",
        ),
        (
            Timestamp(),
            datetime(9999, 12, 31, 23, 30, tzinfo=SOUTH),
            "It must lie in the years 1 to 9999 in UTC.",
        ),
        (Date(), datetime(2026, 1, 1, tzinfo=UTC), "It must be of type date."),
        (Duration(), 5, "It must be of type timedelta."),
        (Duration(), timedelta.max, "It must be shorter than 292,271 years."),
        (Uuid(), "x", "It must be of type UUID."),
        (Enumeration(Colour), "RED", "It must be a member of Colour."),
        (Json(), (), "JSON holds no tuple."),
        (Json(), [float("inf")], "JSON holds no NaN and no infinity."),
        (Json(), {"a": {1: 2}}, "It must be of type str."),
        (Json(), {"\0": 1}, "It must not contain NUL."),
        (Json(), ["\ud800"], "It must not contain lone surrogates."),
    ],
    ids=repr,
)
def test_what_some_storage_would_change_is_refused(
    kind: ColumnType, value: Any, rule: str
) -> None:
    """With the rule that it breaks (contract 24)."""
    with pytest.raises(Refused) as raised:
        kind.canonical(value)
    assert str(raised.value) == rule


def test_an_unknown_member_is_refused() -> None:
    """Something else wrote it, or the member is gone."""
    with pytest.raises(Refused, match="Colour has no such member"):
        Enumeration(Colour).restore("BLUE")


def test_types_of_one_size_are_equal() -> None:
    """A reference is compared with the key that it refers to."""
    assert Decimal(5, 2) == Decimal(5, 2) != Decimal(5, 3)
    assert repr(Decimal(5, 2)) == "Decimal(precision=5, scale=2)"
    assert Text(5) != Text()
