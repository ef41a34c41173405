"""States as JSON: nothing is lost, whatever the type of a column."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import pytest

from tests.shop import Order, an_order, shop_schema
from unitwork import AggregateRoot, Field, Key, Value, field
from unitwork.adapters.mapping import Decimal as DecimalColumn
from unitwork.adapters.mapping import Schema
from unitwork.adapters.mapping.plain import from_plain, to_plain


class Colour(Enum):
    RED = "r"


class Spot(Value):
    at: Field[datetime]


class Everything(AggregateRoot):
    id: Key[UUID]
    whole: Field[int]
    broken: Field[float]
    exact: Field[Decimal]
    text: Field[str]
    raw: Field[bytes]
    yes: Field[bool]
    moment: Field[datetime]
    day: Field[date]
    span: Field[timedelta]
    colour: Field[Colour]
    loose: Field[dict[str, Any]]
    spots: Field[list[Spot]]
    nothing: Field[int | None] = field(default=None)


EVERYTHING = Everything(
    id=UUID(int=7),
    whole=-(1 << 63),
    broken=1e-320,
    exact=Decimal("-0.10"),
    text="a\n\u2028\U0001f600",
    raw=b"\x00\xff",
    yes=True,
    moment=datetime(1, 1, 1, 0, 0, 0, 1, UTC),
    day=date(9999, 12, 31),
    span=timedelta(days=-106_751_991, microseconds=1),
    colour=Colour.RED,
    loose={"b": [1, None, 1.0], "a": "é"},
    spots=[Spot(datetime(2024, 1, 1, tzinfo=UTC))],
)
SCHEMA = Schema().aggregate(
    Everything,
    columns={Everything.exact: DecimalColumn(12, 2)},
    json=[Everything.loose],
)


@pytest.mark.parametrize(
    ("schema", "aggregate"),
    [(SCHEMA, EVERYTHING), (shop_schema(), an_order())],
    ids=["every type", "children"],
)
def test_a_state_comes_back_as_it_was(schema: Schema, aggregate: Any) -> None:
    """Values and their types, through text."""
    mapping = schema.mapping(type(aggregate))
    state = mapping.dump(aggregate)
    back = from_plain(mapping, json.loads(json.dumps(to_plain(mapping, state))))
    assert back == state
    assert repr(back) == repr(state)


def test_what_was_written_for_other_columns_is_refused() -> None:
    """A value never moves to another column without a word."""
    mapping = shop_schema().mapping(Order)
    plain = to_plain(mapping, mapping.dump(an_order()))
    plain[0][0].pop()
    with pytest.raises(ValueError, match="shorter"):
        from_plain(mapping, plain)
