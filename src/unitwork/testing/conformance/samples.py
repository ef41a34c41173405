"""An aggregate with a column of every type, and values at the edges of each."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any
from uuid import UUID

import attrs

from unitwork.adapters.mapping import Decimal as DecimalColumn
from unitwork.adapters.mapping import Integer, Schema, Text
from unitwork.domain.aggregate import AggregateRoot
from unitwork.domain.field import Field, Key, field
from unitwork.domain.json_value import JsonValue
from unitwork.domain.repository import AbstractRepository
from unitwork.domain.unit_of_work import AbstractUnitOfWork
from unitwork.testing.conformance.adapter import Adapter


class Color(Enum):
    """A closed set."""

    RED = "r"
    GREEN = "g"


class Sample(AggregateRoot):
    """A column of each type; each may be None."""

    id: Key[int]
    text: Field[str | None] = field(default=None)
    short: Field[str | None] = field(default=None)
    unique: Field[str | None] = field(default=None)
    tiny: Field[int | None] = field(default=None)
    medium: Field[int | None] = field(default=None)
    whole: Field[int | None] = field(default=None)
    ratio: Field[float | None] = field(default=None)
    price: Field[Decimal | None] = field(default=None)
    exact: Field[Decimal | None] = field(default=None)
    flag: Field[bool | None] = field(default=None)
    moment: Field[datetime | None] = field(default=None)
    day: Field[date | None] = field(default=None)
    span: Field[timedelta | None] = field(default=None)
    uid: Field[UUID | None] = field(default=None)
    color: Field[Color | None] = field(default=None)
    raw: Field[bytes | None] = field(default=None)
    facts: Field[JsonValue] = field(default=None)


class Label(AggregateRoot):
    """Its key is a text."""

    name: Key[str]
    notes: Field[dict[str, str]] = field(factory=dict)
    marks: Field[set[str]] = field(factory=set)


class SampleUnitOfWork(AbstractUnitOfWork):
    """The port."""

    samples: AbstractRepository[Sample, int]
    labels: AbstractRepository[Label, str]


@cache
def sample_schema() -> Schema:
    """Say what the annotations do not."""
    schema = Schema().aggregate(
        Sample,
        columns={
            Sample.short: Text(5),
            Sample.tiny: Integer(16),
            Sample.medium: Integer(32),
            Sample.price: DecimalColumn(10, 2),
            Sample.exact: DecimalColumn(30, 10),
        },
        unique=[Sample.unique],
    )
    return schema.aggregate(Label)


@attrs.frozen
class Samples:
    """A database of samples."""

    database: Any
    _unit: Any

    def unit(self, **options: Any) -> SampleUnitOfWork:
        """Make a handle that is not open."""
        made: SampleUnitOfWork = self._unit(self.database, **options)
        return made

    async def store(self, *samples: Sample | Label) -> None:
        """Commit new samples in a unit of their own."""
        async with self.unit() as uow:
            for sample in samples:
                if isinstance(sample, Sample):
                    uow.samples.add(sample)
                else:
                    uow.labels.add(sample)
            await uow.commit()

    async def kept(self, name: str, value: Any) -> Any:
        """Store a value in one attribute, and return what a fresh unit reads there."""
        async with self.unit() as uow:
            number = await uow.samples.count()
        await self.store(Sample(id=number, **{name: value}))
        async with self.unit() as uow:
            return getattr(await uow.samples.get(number), name)


@asynccontextmanager
async def open_samples(storage: Adapter) -> AsyncIterator[Samples]:
    """Open a database of samples on a storage."""
    async with storage.database(sample_schema()) as database:
        yield Samples(database, storage.unit(SampleUnitOfWork))


TEXTS = [
    *("", " ", "a", "A", "a ", " a", "b", "B", "_", "z", "9", "10", "50%", "50x"),
    *(
        "e",
        "é",
        "e\u0301",
        "É",
        "ß",
        "ss",
        "ﬁ",
        "i",
        "I",
        "\u0131",
        "İ",
        "Ω",
        "Я",
        "\u0627",
    ),
    *("\U0001f600", "\uffff", "\U00010000", "\ufeffa", "\u200fa", "\x1a", "\x7f"),
    *("\\", "a\\b", "'", '"', "''", "\n", "\r\n", "\t", "a\nb", ";", "--", "%s", ":x"),
    "long " * 20_000,
]
PLUS_TWO, HALF_PAST_FIVE = (
    timezone(timedelta(hours=2)),
    timezone(timedelta(hours=5, minutes=30)),
)
VALUES: dict[str, list[Any]] = {
    "text": TEXTS,
    "short": ["", "abcde", "\U0001f600" * 5, "     "],
    "tiny": [0, -1, 2**15 - 1, -(2**15)],
    "medium": [0, -1, 2**31 - 1, -(2**31)],
    "whole": [0, -1, 2**53 + 1, 2**63 - 1, -(2**63)],
    "ratio": [0.0, 0.1, -0.1, 1 / 3, 1e308, -1e308, 5e-324, 2.0**53, 1.5, 3.0],
    "price": [Decimal(t) for t in ("0.00", "0.01", "-0.01", "99999999.99", "-1.10")],
    "exact": [
        Decimal(t)
        for t in ("12345678901234567890.0123456789", "-0.0000000001", "0E-10")
    ],
    "flag": [True, False],
    "moment": [
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(2024, 1, 1, 0, 0, 0, 123456, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    ],
    "day": [date(1, 1, 1), date(2024, 2, 29), date(9999, 12, 31)],
    "span": [
        timedelta(0),
        timedelta(days=-2, hours=12, microseconds=1),
        timedelta(microseconds=2**63 - 1),
        timedelta(microseconds=-(2**63) + 1),
    ],
    "uid": [UUID(int=0), UUID(int=2**128 - 1), UUID(int=2**127), UUID(int=5)],
    "color": [Color.RED, Color.GREEN],
    "raw": [b"", b"\0", b"a\0", b"A", b"a", b"b", bytes(range(256)), b"x" * 100_000],
    "facts": [
        {},
        [],
        "",
        "text",
        0,
        1.0,
        True,
        2**70,
        5e-324,
        {"a": [1, 1.0, True, None, "\U0001f600", {"": {}}], "b": 1},
        [[[]], {"null": None}],
    ],
}
"""Values that come back as they are."""

CANONICAL: dict[str, list[tuple[Any, Any]]] = {
    "ratio": [(-0.0, 0.0), (3, 3.0), (-7, -7.0)],
    "price": [
        (Decimal("1.5"), Decimal("1.50")),
        (Decimal("1E+3"), Decimal("1000.00")),
        (Decimal("-0.000"), Decimal("0.00")),
        (Decimal("2.5000"), Decimal("2.50")),
        (7, Decimal("7.00")),
    ],
    "moment": [
        (
            datetime(2024, 1, 1, 12, tzinfo=PLUS_TWO),
            datetime(2024, 1, 1, 10, tzinfo=UTC),
        ),
        (
            datetime(2024, 1, 1, 1, 0, 0, 1, tzinfo=HALF_PAST_FIVE),
            datetime(2023, 12, 31, 19, 30, 0, 1, tzinfo=UTC),
        ),
        (datetime(2024, 1, 1, fold=1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC)),
    ],
    "facts": [({"b": 1, "a": 2}, {"a": 2, "b": 1})],
}
"""Values that come back equal, in another form."""

REFUSED: dict[str, list[tuple[Any, str]]] = {
    "text": [
        ("a\0b", "It must not contain NUL."),
        ("\ud800", "It must not contain lone surrogates."),
        (5, "It must be of type str."),
        (b"a", "It must be of type str."),
    ],
    "short": [("abcdef", "It must have at most 5 characters.")],
    "tiny": [(2**15, "It must fit into 16 bits with a sign.")],
    "medium": [(2**31, "It must fit into 32 bits with a sign.")],
    "whole": [
        (2**63, "It must fit into 64 bits with a sign."),
        (-(2**63) - 1, "It must fit into 64 bits with a sign."),
        ("12", "It must be of type int."),
        ("abc", "It must be of type int."),
        (True, "It must be of type int."),
        (1.5, "It must be of type int."),
        (1.0, "It must be of type int."),
    ],
    "ratio": [
        (float("nan"), "It must be finite: databases disagree on NaN and infinity."),
        (float("inf"), "It must be finite: databases disagree on NaN and infinity."),
        (float("-inf"), "It must be finite: databases disagree on NaN and infinity."),
        ("0.1", "It must be of type float."),
        (True, "It must be of type float."),
        (Decimal("0.5"), "It must be of type float."),
        (2**53 + 1, "It must be a whole number that a float holds exactly."),
        (10**400, "It must be a whole number that a float holds exactly."),
    ],
    "price": [
        (Decimal("1.005"), "It must have at most 2 digits after the point."),
        (Decimal("123456789.12"), "It must have at most 10 digits."),
        (Decimal("1E+30"), "It must have at most 10 digits."),
        (
            Decimal("NaN"),
            "It must be finite: databases disagree on NaN and infinity.",
        ),
        (
            Decimal("Infinity"),
            "It must be finite: databases disagree on NaN and infinity.",
        ),
        (0.1, "It must be of type Decimal."),
        (True, "It must be of type Decimal."),
    ],
    "flag": [(1, "It must be of type bool."), ("x", "It must be of type bool.")],
    "moment": [
        (
            datetime(2024, 1, 1, 12),  # noqa: DTZ001 - the case
            "It must be aware: give it a tzinfo, for example UTC.",
        ),
        (
            datetime(1, 1, 1, tzinfo=PLUS_TWO),
            "It must lie in the years 1 to 9999 in UTC.",
        ),
        (date(2024, 1, 1), "It must be of type datetime."),
    ],
    "day": [
        (datetime(2024, 1, 1, 23, tzinfo=UTC), "It must be of type date."),
        ("2024-01-01", "It must be of type date."),
    ],
    "span": [
        (timedelta.max, "It must be shorter than 292,271 years."),
        (5, "It must be of type timedelta."),
    ],
    "uid": [("00000000-0000-0000-0000-000000000005", "It must be of type UUID.")],
    "color": [
        ("GREEN", "It must be a member of Color."),
        ("g", "It must be a member of Color."),
    ],
    "raw": [
        (bytearray(b"a"), "It must be of type bytes."),
        (memoryview(b"a"), "It must be of type bytes."),
        ("a", "It must be of type bytes."),
    ],
    "facts": [
        ({"x": float("nan")}, "JSON holds no NaN and no infinity."),
        ([Decimal(1)], "JSON holds no Decimal."),
        (datetime(2024, 1, 1, tzinfo=UTC), "JSON holds no datetime."),
        ({"a": (1, 2)}, "JSON holds no tuple."),
        ({3: "x"}, "It must be of type str."),
        ("\0", "It must not contain NUL."),
        ({"\ud800": 1}, "It must not contain lone surrogates."),
    ],
}
"""Values that no storage sees, and the rule that each breaks."""


def same(found: Any, meant: Any) -> bool:
    """Tell whether two values are equal, of one type, and written alike."""
    return type(found) is type(meant) and repr(found) == repr(meant)
