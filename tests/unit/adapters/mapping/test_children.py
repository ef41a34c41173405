"""What the rows of collections are, and which values a dump refuses."""

from datetime import date, datetime, timedelta, tzinfo
from enum import Enum
from typing import Any

import attrs
import pytest

from unitwork import AggregateRoot, Entity, Field, InvalidValueError, Key, Value, field
from unitwork.adapters.mapping import Schema
from unitwork.adapters.mapping.description import State
from unitwork.adapters.mapping.loading import Unreadable


class Colour(Enum):
    RED = "r"
    BLUE = "b"


class Place(Value):
    city: Field[str]
    street: Field[str | None] = field(default=None)


class Part(Entity):
    number: Key[int]
    name: Field[str]


class Line(Entity):
    sku: Key[str]
    parts: Field[list[Part]] = field(factory=list)


class Note(Entity):
    text: Field[str]
    words: Field[list[str]] = field(factory=list)


class Order(AggregateRoot):
    id: Key[int]
    name: Field[str] = field(default="n")
    place: Field[Place | None] = field(default=None)
    lines: Field[list[Line]] = field(factory=list)
    notes: Field[list[Note]] = field(factory=list)
    tags: Field[set[str]] = field(factory=set)
    days: Field[dict[date, Colour]] = field(factory=dict)


MAPPING = Schema(Order).mapping(Order)
DAY = date(2026, 1, 2)


def rows(order: Order, table: str) -> tuple[tuple[Any, ...], ...]:
    """Return the rows of one table."""
    names = [each.name for each in MAPPING.tables]
    return MAPPING.dump(order)[names.index(table)]


def state(**tables: tuple[tuple[Any, ...], ...]) -> State:
    """Make a state in which all other tables are empty."""
    found: dict[str, Any] = {each.name: () for each in MAPPING.tables}
    found["order"] = ((1, "n", None, None),)
    return tuple((found | tables).values())


def test_keyed_items_of_a_list_carry_their_place() -> None:
    """Rows are sorted by key; the list's order is in a column."""
    order = Order(id=1, lines=[Line("b"), Line("a")])
    assert rows(order, "order_lines") == (("a", 1), ("b", 0))
    assert [line.sku for line in MAPPING.load(MAPPING.dump(order)).lines] == ["b", "a"]


def test_items_without_a_key_are_identified_by_their_place() -> None:
    """The same text twice is two rows."""
    order = Order(id=1, notes=[Note("x", ["b", "a"]), Note("x")])
    assert rows(order, "order_notes") == ((0, "x"), (1, "x"))
    assert rows(order, "order_notes_words") == ((0, 0, "b"), (0, 1, "a"))


def test_rows_of_nested_children_begin_with_their_parents() -> None:
    """Sorted by parent, then by their own key."""
    order = Order(
        id=1, lines=[Line("b", [Part(2, "x"), Part(1, "y")]), Line("a", [Part(1, "z")])]
    )
    assert rows(order, "order_lines_parts") == (
        ("a", 1, 0, "z"),
        ("b", 1, 1, "y"),
        ("b", 2, 0, "x"),
    )


def test_sets_and_dicts_are_sorted_by_what_identifies_them() -> None:
    """Dicts are loaded in that order, too; it is the only one that rows have."""
    order = Order(
        id=1, tags={"b", "a"}, days={DAY: Colour.RED, date(2026, 1, 1): Colour.BLUE}
    )
    assert rows(order, "order_tags") == (("a",), ("b",))
    loaded = MAPPING.load(MAPPING.dump(order))
    assert list(loaded.days.items()) == [
        (date(2026, 1, 1), Colour.BLUE),
        (DAY, Colour.RED),
    ]


@pytest.mark.parametrize(
    ("changed", "attribute", "value", "rule"),
    [
        ({"name": None}, "name", None, "It must not be None."),
        ({"name": "a\0"}, "name", "a\0", "It must not contain NUL."),
        ({"lines": ()}, "lines", (), "It must be of type list."),
        ({"tags": None}, "tags", None, "It must not be None."),
        ({"tags": {3}}, "tags[3]", 3, "It must be of type str."),
        ({"lines": ["a"]}, "lines[0]", "a", "It must be of type Line."),
        ({"lines": [Line("a"), None]}, "lines[1]", None, "It must not be None."),
        (
            {"lines": [Line("a"), Line("b", [Part(1, "a"), Part(2, "\0")])]},
            "lines[1].parts[1].name",
            "\0",
            "It must not contain NUL.",
        ),
        (
            {"notes": [Note("a", ["b", None])]},  # type: ignore[list-item]  # the mistake
            "notes[0].words[1]",
            None,
            "It must not be None.",
        ),
        (
            {"days": {DAY: "RED"}},
            "days[datetime.date(2026, 1, 2)]",
            "RED",
            "It must be a member of Colour.",
        ),
        (
            {"days": {"now": Colour.RED}},
            "days['now']",
            "now",
            "It must be of type date.",
        ),
        ({"place": "Rome"}, "place", "Rome", "It must be of type Place."),
        (
            {"place": Place("Rome", 7)},  # type: ignore[arg-type]  # the mistake
            "place.street",
            7,
            "It must be of type str.",
        ),
        (
            {"place": Place(None)},  # type: ignore[arg-type]  # the mistake
            "place.city",
            None,
            "It must not be None.",
        ),
        (
            {"lines": [Line("a"), Line("b"), Line("a")]},
            "lines",
            "a",
            "Two of them have this key; inside the aggregate it must be unique.",
        ),
        (
            {"lines": [Line("a", [Part(1, "x"), Part(1, "y")])]},
            "lines.parts",
            ("a", 1),
            "Two of them have this key; inside the aggregate it must be unique.",
        ),
    ],
    ids=repr,
)
def test_a_refusal_names_the_attribute(
    changed: dict[str, Any], attribute: str, value: object, rule: str
) -> None:
    """From the root, with places and keys (contract 24)."""
    order = Order(id=1)
    for name, new in changed.items():
        setattr(order, name, new)
    with pytest.raises(InvalidValueError) as raised:
        MAPPING.dump(order)
    refused = raised.value
    assert (refused.aggregate, refused.attribute) == (Order, attribute)
    assert (refused.value, refused.rule) == (value, rule)
    assert raised.value.__cause__ is None


def test_an_attribute_without_a_value_is_refused() -> None:
    """Something has deleted it, or `__init__` was not run."""
    order = Order(id=1, notes=[Note("a")])
    del order.notes[0].text
    with pytest.raises(InvalidValueError) as raised:
        MAPPING.dump(order)
    assert str(raised.value) == (
        "Order.notes[0].text cannot be NOTHING.\n"
        "It was never given a value. Nothing was written.\n"
        "Check values where they enter the domain (`field(validator=...)`)."
        " [invalid-value]"
    )


class Broken(tzinfo):
    def utcoffset(self, moment: datetime | None) -> timedelta | None:
        raise KeyError(moment)

    def dst(self, moment: datetime | None) -> timedelta | None:
        raise NotImplementedError

    def tzname(self, moment: datetime | None) -> str:
        raise NotImplementedError


class Meeting(AggregateRoot):
    id: Key[int]
    at: Field[datetime]


def test_an_error_of_other_code_passes() -> None:
    """Only what a value breaks is explained."""
    meeting = Meeting(id=1, at=datetime(2026, 1, 1, tzinfo=Broken()))
    with pytest.raises(KeyError):
        Schema(Meeting).mapping(Meeting).dump(meeting)


def test_only_objects_can_be_dumped() -> None:
    """Whoever calls it with something else sees Python's own error."""
    with pytest.raises(AttributeError):
        MAPPING.dump(5)


def test_only_states_can_be_loaded() -> None:
    """A row of another width is no stored value, but a fault of the storage."""
    with pytest.raises(ValueError, match="not enough values"):
        MAPPING.load(state(order=((1,),)))


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        (
            state(order_lines=(("a", 0), ("b", 2))),
            Unreadable(
                table="order_lines",
                column="position",
                key=1,
                value=[0, 2],
                rule="Positions in a list must count from 0 without a gap.",
            ),
        ),
        (
            state(order_notes=((0, "x"), (2, "y"))),
            Unreadable(
                table="order_notes",
                column="position",
                key=(1, 2),
                value=2,
                rule="Positions in a list must count from 0 without a gap.",
            ),
        ),
        (
            state(
                order_lines=(("a", 0),),
                order_lines_parts=(("a", 1, 1, "x"), ("a", 2, 1, "y")),
            ),
            Unreadable(
                table="order_lines_parts",
                column="position",
                key=(1, "a"),
                value=[1, 1],
                rule="Positions in a list must count from 0 without a gap.",
            ),
        ),
        (
            state(order_lines_parts=(("z", 1, 0, "x"),)),
            Unreadable(
                table="order_lines_parts",
                column="lines_sku",
                key=(1, "z"),
                value=("z",),
                rule="It belongs to a row that is not there.",
            ),
        ),
        (
            state(order_days=((DAY, "GREEN"),)),
            Unreadable(
                table="order_days",
                column="value",
                key=(1, DAY),
                value="GREEN",
                rule="Colour has no such member.",
            ),
        ),
    ],
    ids=repr,
)
def test_an_unreadable_row_is_named(stored: State, expected: Unreadable) -> None:
    """Table, column and key: someone has to mend it (contract 13)."""
    with pytest.raises(Unreadable) as raised:
        MAPPING.load(stored)
    assert attrs.asdict(raised.value) == attrs.asdict(expected)
