"""dump and load are each other's inverse, for every type."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal as PythonDecimal
from enum import Enum
from typing import Any
from uuid import UUID

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unitwork import (
    AggregateRoot,
    Entity,
    Field,
    JsonValue,
    Key,
    Value,
    field,
    generated,
    transient,
)
from unitwork.adapters.mapping import Decimal, Schema, Text


class Colour(Enum):
    RED = "r"
    BLUE = "b"


class Money(Value):
    amount: Field[PythonDecimal]
    currency: Field[str]


class Offer(Value):
    note: Field[str | None]
    price: Field[Money]
    before: Field[Money | None]


class Part(Entity):
    number: Key[int]
    name: Field[str]


class Line(Entity):
    sku: Key[str]
    quantity: Field[int]
    price: Field[Money | None] = field(default=None)
    parts: Field[list[Part]] = field(factory=list)
    by_colour: Field[dict[Colour, bool]] = field(factory=dict)
    marks: Field[set[str]] = field(factory=set)


class Note(Entity):
    text: Field[str]
    words: Field[list[str]] = field(factory=list)


class Order(AggregateRoot):
    id: Key[UUID]
    text: Field[str]
    short: Field[str | None]
    number: Field[int]
    flag: Field[bool]
    ratio: Field[float]
    exact: Field[PythonDecimal]
    moment: Field[datetime]
    day: Field[date]
    span: Field[timedelta]
    blob: Field[bytes]
    colour: Field[Colour]
    perhaps: Field[Colour | None]
    offer: Field[Offer | None]
    meta: Field[dict[str, JsonValue]]
    anything: Field[JsonValue]
    lines: Field[list[Line]] = field(factory=list)
    notes: Field[list[Note]] = field(factory=list)
    by_name: Field[dict[str, Part]] = field(factory=dict)
    spare: Field[set[Part]] = field(factory=set)
    prices: Field[dict[Colour, Money]] = field(factory=dict)
    paid: Field[set[Money]] = field(factory=set)
    days: Field[list[date]] = field(factory=list)
    colours: Field[set[Colour]] = field(factory=set)
    cache: dict[str, int] = transient(factory=dict)


ORDERS = (
    Schema()
    .aggregate(
        Order,
        columns={
            Money.amount: Decimal(12, 2),
            Order.exact: Decimal(20, 6),
            Order.short: Text(5),
        },
    )
    .mapping(Order)
)

texts = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8
)
numbers = st.integers(-(2**63), 2**63 - 1)
decimals = st.decimals(-(10**9), 10**9, places=2)
moneys = st.builds(Money, decimals, texts)
documents: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3)
    ),
    max_leaves=5,
)
parts = st.builds(Part, numbers, texts)


def lists_by(items: st.SearchStrategy[Any], key: str) -> st.SearchStrategy[Any]:
    """Make lists whose items have different keys."""
    return st.lists(items, max_size=3, unique_by=lambda item: getattr(item, key))


lines = st.builds(
    Line,
    texts,
    numbers,
    st.none() | moneys,
    lists_by(parts, "number"),
    st.dictionaries(st.sampled_from(Colour), st.booleans()),
    st.sets(texts, max_size=3),
)
orders = st.builds(
    Order,
    id=st.uuids(),
    text=texts,
    short=st.none() | st.text("aé", max_size=5),
    number=numbers,
    flag=st.booleans(),
    ratio=st.floats(allow_nan=False, allow_infinity=False),
    exact=st.decimals(-(10**12), 10**12, places=6),
    moment=st.datetimes(
        datetime.min + timedelta(days=1),  # noqa: DTZ901 - strategies add the zone
        datetime.max - timedelta(days=1),  # noqa: DTZ901 - as above
        timezones=st.timezones(),
    ),
    day=st.dates(),
    span=st.timedeltas(timedelta(-10_000_000), timedelta(10_000_000)),
    blob=st.binary(max_size=5),
    colour=st.sampled_from(Colour),
    perhaps=st.none() | st.sampled_from(Colour),
    offer=st.none() | st.builds(Offer, st.none() | texts, moneys, st.none() | moneys),
    meta=st.dictionaries(texts, documents, max_size=3),
    anything=documents,
    lines=lists_by(lines, "sku"),
    notes=st.lists(st.builds(Note, texts, st.lists(texts, max_size=3)), max_size=3),
    by_name=st.dictionaries(texts, parts, max_size=3),
    spare=lists_by(parts, "number").map(set),
    prices=st.dictionaries(st.sampled_from(Colour), moneys),
    paid=st.sets(moneys, max_size=3),
    days=st.lists(st.dates(), max_size=3),
    colours=st.sets(st.sampled_from(Colour)),
)


def plain(value: Any) -> Any:
    """Show objects as their attributes, so that they can be compared."""
    if attrs.has(type(value)):
        shown = {
            a.name: plain(getattr(value, a.name)) for a in attrs.fields(type(value))
        }
        return type(value), tuple(shown.items())
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, set):
        return {plain(item) for item in value}
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return value


@given(orders)
def test_load_inverts_dump(order: Order) -> None:
    """The loaded aggregate has the same attributes, and the same state."""
    state = ORDERS.dump(order)
    loaded = ORDERS.load(state)
    assert plain(loaded) == plain(order)
    assert ORDERS.dump(loaded) == state


@given(orders, st.randoms(use_true_random=False))
def test_equal_aggregates_have_equal_states(order: Order, random: Any) -> None:
    """Whatever order sets and dicts were filled in."""
    state = ORDERS.dump(order)
    again = ORDERS.load(state)
    for name in ("by_name", "prices"):
        items = list(getattr(again, name).items())
        random.shuffle(items)
        setattr(again, name, dict(items))
    again.colours = set(again.colours)
    assert ORDERS.dump(again) == state


@given(orders)
def test_rows_are_sorted_by_what_identifies_them(order: Order) -> None:
    """A storage gives them back in the same order."""
    for table, rows in zip(ORDERS.tables, ORDERS.dump(order), strict=True):
        keys = [row[: table.key_size] for row in rows]
        assert keys == sorted(set(keys))
        assert all(len(row) == len(table.columns) for row in rows)


def test_values_are_canonical() -> None:
    """One moment has one form, and so has one number."""

    class Thing(AggregateRoot):
        id: Key[int]
        moment: Field[datetime]
        ratio: Field[float]
        exact: Field[PythonDecimal]

    mapping = (
        Schema().aggregate(Thing, columns={Thing.exact: Decimal(5, 2)}).mapping(Thing)
    )
    noon = datetime(2026, 1, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    thing = Thing(id=1, moment=noon, ratio=-0.0, exact=PythonDecimal("1.5"))
    ((row,),) = mapping.dump(thing)
    assert repr(row) == (
        "(1, datetime.datetime(2026, 1, 1, 10, 0, tzinfo=datetime.timezone.utc), 0.0,"
        " Decimal('1.50'))"
    )


def test_unassigned_keys_are_none_in_the_row() -> None:
    """The database makes them; an assigned one is dumped."""

    class Thing(AggregateRoot):
        id: Key[int] = generated()
        name: Field[str]

    mapping = Schema(Thing).mapping(Thing)
    thing = Thing(name="a")
    assert mapping.dump(thing) == (((None, "a"),),)
    assert mapping.load((((7, "a"),),)).id == 7


def test_loading_runs_no_code_of_the_class() -> None:
    """Neither `__init__`, nor validators, converters or hooks (contract 13)."""
    calls: list[object] = []

    class Thing(AggregateRoot):
        id: Key[int]
        name: Field[str] = field(convert=str.upper, validator=calls.append)

        def __attrs_post_init__(self) -> None:
            calls.append(self)

    thing = Schema(Thing).mapping(Thing).load((((1, "a"),),))
    assert (thing.name, calls) == ("a", [])


def test_transient_attributes_are_made_anew() -> None:
    """Each loaded aggregate has its own."""
    state = ORDERS.dump(_order())
    one, other = ORDERS.load(state), ORDERS.load(state)
    one.cache["a"] = 1
    assert other.cache == {}


def test_json_gives_fresh_objects() -> None:
    """Two units never share one (contract 14)."""
    state = ORDERS.dump(_order(meta={"a": []}))
    one, other = ORDERS.load(state), ORDERS.load(state)
    assert one.meta == other.meta == {"a": []}
    assert one.meta["a"] is not other.meta["a"]


@pytest.mark.parametrize(
    "value", [None, Offer(None, Money(PythonDecimal(1), "EUR"), None)]
)
def test_an_optional_value_is_none_as_a_whole(value: Offer | None) -> None:
    """Its first required column tells."""
    loaded = ORDERS.load(ORDERS.dump(_order(offer=value)))
    assert loaded.offer == value


def _order(**changed: Any) -> Order:
    given_values: dict[str, Any] = {
        "id": UUID(int=1),
        "text": "",
        "short": None,
        "number": 0,
        "flag": False,
        "ratio": 0.0,
        "exact": PythonDecimal(0),
        "moment": datetime(2026, 1, 1, tzinfo=UTC),
        "day": date(2026, 1, 1),
        "span": timedelta(),
        "blob": b"",
        "colour": Colour.RED,
        "perhaps": None,
        "offer": None,
        "meta": {},
        "anything": None,
    }
    return Order(**given_values | changed)
