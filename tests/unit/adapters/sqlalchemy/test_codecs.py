"""Canonical values as each database keeps them, and back. Contract: 24."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.adapters.sqlalchemy.conftest import engine_dialect
from tests.unit.adapters.sqlalchemy.samples import MOMENT, Color
from unitwork.adapters.mapping import types as kinds
from unitwork.adapters.mapping.types import ColumnType, Refused
from unitwork.adapters.sqlalchemy import types
from unitwork.adapters.sqlalchemy.codec import PLAIN
from unitwork.adapters.sqlalchemy.dialects import postgresql
from unitwork.adapters.sqlalchemy.dialects.known import dialect_named

SOME_ID = UUID("0190f0a0-0000-7000-8000-00000000000a")
HUGE = kinds.Decimal(30, 10)

KEPT: list[tuple[str, ColumnType, Any, Any]] = [
    ("sqlite", kinds.Decimal(12, 2), Decimal("-12.30"), -1230),
    ("sqlite", HUGE, Decimal("1.5000000000"), "1000000000000000000015000000000"),
    ("sqlite", HUGE, Decimal("-1.5000000000"), "0999999999999999999984999999999"),
    ("sqlite", kinds.Timestamp(), MOMENT, "2024-05-06 07:08:09.123456"),
    ("sqlite", kinds.Date(), date(2024, 5, 6), "2024-05-06"),
    ("sqlite", kinds.Duration(), timedelta(seconds=-1), -1_000_000),
    ("sqlite", kinds.Uuid(), SOME_ID, "0190f0a000007000800000000000000a"),
    ("sqlite", kinds.Enumeration(Color), "GREEN", "GREEN"),
    ("sqlite", kinds.Json(), '{"a":1.0}', '{"a":1.0}'),
    ("sqlite", kinds.Boolean(), True, 1),
    ("sqlite", kinds.Float(), 0.1, 0.1),
    ("sqlite", kinds.Integer(16), -7, -7),
    ("sqlite", kinds.Text(3), "é ", "é "),
    ("sqlite", kinds.Binary(), b"\0", b"\0"),
    ("postgresql", kinds.Duration(), timedelta(days=1), 86_400_000_000),
    ("postgresql", kinds.Uuid(), SOME_ID, SOME_ID),
    ("postgresql", kinds.Timestamp(), MOMENT, MOMENT),
    ("postgresql", kinds.Json(), "[1]", "[1]"),
    ("mysql", kinds.Timestamp(), MOMENT, MOMENT.replace(tzinfo=None)),
    ("mysql", kinds.Uuid(), SOME_ID, "0190f0a000007000800000000000000a"),
    ("mysql", kinds.Boolean(), False, 0),
]


@pytest.mark.parametrize(("name", "kind", "value", "kept"), KEPT)
def test_values_are_kept_exactly(
    name: str, kind: ColumnType, value: Any, kept: Any
) -> None:
    """What is read is what was written, and of the same type."""
    codec = dialect_named(name).codec(kind)
    stored = value if codec.write is None else codec.write(value)
    assert stored == kept
    back = kept if codec.read is None else codec.read(kept)
    assert (back, type(back)) == (value, type(value))


def test_a_moment_of_another_zone_is_read_as_utc() -> None:
    """PostgreSQL answers in the session's time zone."""
    read = dialect_named("postgresql").codec(kinds.Timestamp()).read
    assert read is not None
    from_elsewhere = MOMENT.astimezone(tz=None)
    assert read(from_elsewhere).tzinfo is UTC


OUTSIDE: list[tuple[str, ColumnType, Any, str]] = [
    ("sqlite", kinds.Decimal(4, 2), 10_000, "It must be a whole number of 1E-2, below"),
    ("sqlite", kinds.Decimal(4, 2), "1", "It must be a whole number of 1E-2, below"),
    ("sqlite", HUGE, "15", "It must be a sign and 30 digits."),
    ("sqlite", HUGE, 15, "It must be a sign and 30 digits."),
    ("sqlite", kinds.Timestamp(), "2024-05-06", "It must be a time in UTC, as YYYY"),
    ("sqlite", kinds.Timestamp(), "2024-13-06 07:08:09.123456", "It must be a time in"),
    ("sqlite", kinds.Date(), "someday", "It must be a date, as YYYY-MM-DD."),
    ("sqlite", kinds.Date(), 5, "It must be a date, as YYYY-MM-DD."),
    ("sqlite", kinds.Duration(), "5", "It must be a whole number of microseconds."),
    (
        "sqlite",
        kinds.Uuid(),
        str(SOME_ID),
        "It must be a UUID in 32 hexadecimal digits",
    ),
    ("sqlite", kinds.Uuid(), 5, "It must be a UUID in 32 hexadecimal digits"),
    ("sqlite", kinds.Enumeration(Color), "BLUE", "Color has no such member."),
    ("sqlite", kinds.Json(), "{", "It must be JSON."),
    ("sqlite", kinds.Boolean(), 2, "It must be 0 or 1."),
    ("sqlite", kinds.Boolean(), "1", "It must be 0 or 1."),
    ("sqlite", kinds.Integer(16), 1 << 15, "It must fit into 16 bits with a sign."),
    ("sqlite", kinds.Integer(), "5", "It must be of type int."),
    ("postgresql", kinds.Decimal(4, 2), Decimal("NaN"), "It must be finite"),
    ("postgresql", kinds.Timestamp(), datetime.max, "It must be a moment in the years"),  # noqa: DTZ901 - naive is the point
    ("mysql", kinds.Timestamp(), "0000-00-00", "It must be a date and time."),
]


@pytest.mark.parametrize(("name", "kind", "stored", "rule"), OUTSIDE)
def test_what_somebody_else_wrote_is_refused(
    name: str, kind: ColumnType, stored: Any, rule: str
) -> None:
    """Contract: 13."""
    read = dialect_named(name).codec(kind).read
    assert read is not None
    with pytest.raises(Refused, match=rule[:40].replace("(", r"\(")):
        read(stored)


def test_json_of_another_writer_is_read_as_ours() -> None:
    """Otherwise a read would look like a change. Contract: 13."""
    read = dialect_named("sqlite").codec(kinds.Json()).read
    assert read is not None
    assert read('{"b": 1,  "a": [true]}') == '{"a":[true],"b":1}'


@given(st.decimals(-(10**20) + 1, 10**20 - 1, places=10), st.data())
def test_long_decimals_sort_as_texts(one: Decimal, data: st.DataObject) -> None:
    """SQLite has no exact type for them."""
    other = data.draw(st.decimals(-(10**20) + 1, 10**20 - 1, places=10))
    codec = dialect_named("sqlite").codec(HUGE)
    assert codec.write is not None
    assert codec.read is not None
    one, other = HUGE.canonical(one), HUGE.canonical(other)
    assert (codec.write(one) < codec.write(other)) == (one < other)
    assert str(codec.read(codec.write(one))) == str(one)


ALL: list[tuple[types.Stored, str, str, str]] = [
    (types.Integer(16), "INTEGER", "SMALLINT", "SMALLINT"),
    (types.Integer(32), "INTEGER", "INTEGER", "INTEGER"),
    (types.Integer(), "INTEGER", "BIGINT", "BIGINT"),
    (types.Boolean(), "BOOLEAN", "BOOLEAN", "BOOL"),
    (types.Float(), "REAL", "DOUBLE PRECISION", "DOUBLE"),
    (types.Decimal(12, 2), "INTEGER", "NUMERIC(12, 2)", "DECIMAL(12, 2)"),
    (types.Decimal(30, 10), "VARCHAR(31)", "NUMERIC(30, 10)", "DECIMAL(30, 10)"),
    (
        types.Text(80),
        "VARCHAR(80)",
        'VARCHAR(80) COLLATE "C"',
        "VARCHAR(80) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin",
    ),
    (
        types.Text(),
        "TEXT",
        'TEXT COLLATE "C"',
        "LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin",
    ),
    (types.Binary(8), "BLOB", "BYTEA", "VARBINARY(8)"),
    (types.Binary(), "BLOB", "BYTEA", "LONGBLOB"),
    (types.Timestamp(), "DATETIME", "TIMESTAMP WITH TIME ZONE", "DATETIME(6)"),
    (types.Date(), "DATE", "DATE", "DATE"),
    (types.Duration(), "BIGINT", "BIGINT", "BIGINT"),
    (
        types.Uuid(),
        "CHAR(32)",
        "UUID",
        "CHAR(32) CHARACTER SET ascii COLLATE ascii_bin",
    ),
    (
        types.Enumeration(Color),
        "VARCHAR(5)",
        'VARCHAR(5) COLLATE "C"',
        "VARCHAR(5) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin",
    ),
    (
        types.Json(),
        "TEXT",
        "JSON",
        "LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin",
    ),
]


@pytest.mark.parametrize(("kind", "sqlite", "postgresql", "mysql"), ALL)
def test_types_in_create_table(
    kind: types.Stored, sqlite: str, postgresql: str, mysql: str
) -> None:
    """Text is compared by code point everywhere. Contract: 24."""
    declared = [
        kind.compile(engine_dialect(n)) for n in ("sqlite", "postgresql", "mysql")
    ]
    assert declared == [sqlite, postgresql, mysql]


@pytest.mark.parametrize("kind", [row[0] for row in ALL], ids=repr)
def test_the_type_of_a_column_type_is_the_same_type(kind: types.Stored) -> None:
    """What the schema reads from a column is what the library makes of it."""
    made = types.stored(kind.column_type)
    assert type(made) is type(kind)
    assert made.column_type == kind.column_type
    assert repr(made) == repr(kind)


@pytest.mark.parametrize(
    ("kind", "value", "stored"),
    [
        (types.Enumeration(Color), Color.RED, "RED"),
        (types.Json(), {"b": 1, "a": []}, '{"a":[],"b":1}'),
        (types.Timestamp(), MOMENT, "2024-05-06 07:08:09.123456"),
        (types.Integer(), 5, 5),
        (types.Text(), None, None),
    ],
    ids=repr,
)
def test_types_take_and_give_values_of_the_domain(
    kind: types.Stored, value: Any, stored: Any
) -> None:
    """In a user's own statements and declarative classes."""
    dialect = engine_dialect("sqlite")
    assert kind.process_bind_param(value, dialect) == stored
    assert kind.process_result_value(stored, dialect) == value


def test_types_refuse_what_the_library_refuses() -> None:
    """Also in a user's own statements."""
    with pytest.raises(Refused, match="aware"):
        types.Timestamp().process_bind_param(
            datetime(2024, 1, 1),  # noqa: DTZ001 - naive is the point
            engine_dialect("sqlite"),
        )


def test_no_column_is_declared_with_the_type_of_parameters() -> None:
    """It has no name in SQL."""
    with pytest.raises(NotImplementedError):
        PLAIN.get_col_spec()


@pytest.mark.parametrize(
    "day", [date.min, date.max, date(2000, 1, 1), date(1999, 2, 3)]
)
def test_the_ends_of_time_are_days_like_any_other(day: date) -> None:
    """Asyncpg takes them for infinity."""
    assert postgresql.read_day(postgresql.write_day(day)) == day


@pytest.mark.parametrize(
    "moment",
    [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC), MOMENT],
)
def test_the_ends_of_time_are_moments_like_any_other(moment: datetime) -> None:
    """To the microsecond."""
    assert postgresql.read_moment(postgresql.write_moment(moment)) == moment


def test_an_infinity_that_somebody_stored_stays_one() -> None:
    """It is no moment: reading it is refused, by the codec."""
    latest, earliest = (1 << 63) - 1, -(1 << 63)
    assert postgresql.read_moment((latest,)).tzinfo is None
    assert postgresql.read_moment((earliest,)).tzinfo is None
    assert postgresql.read_day(((1 << 31) - 1,)) == date.max
    assert postgresql.read_day((-(1 << 31),)) == date.min
