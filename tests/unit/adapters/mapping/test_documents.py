"""Attributes that are kept as JSON."""

from datetime import UTC, date, datetime, timedelta
from decimal import Context, Decimal, localcontext
from enum import Enum
from typing import Any
from uuid import UUID

import attrs
import pytest

from unitwork import (
    AggregateRoot,
    Entity,
    Field,
    InvalidValueError,
    JsonValue,
    Key,
    Value,
    attribute,
)
from unitwork.adapters.mapping import Schema
from unitwork.adapters.mapping.loading import Unreadable


class Colour(Enum):
    RED = "r"


class Point(Value):
    x: Field[int]
    y: Field[float]


class Everything(Value):
    exact: Field[Decimal]
    moment: Field[datetime]
    day: Field[date]
    span: Field[timedelta]
    id: Field[UUID]
    blob: Field[bytes]
    colour: Field[Colour]
    point: Field[Point | None]
    points: Field[list[Point]]
    pair: Field[tuple[int, ...]]
    some: Field[set[str]]
    few: Field[frozenset[int]]
    named: Field[dict[str, Point]]
    anything: Field[JsonValue]


class Tree(Value):
    label: Field[str]
    left: "Field[Tree | None]"
    right: "Field[Tree | None]"


@attrs.frozen(cache_hash=True)
class Hashed:
    x: int


WHOLE = Everything(
    exact=Decimal("1.50"),
    moment=datetime(2026, 1, 2, 3, 4, 5, 6, UTC),
    day=date(2026, 1, 2),
    span=timedelta(days=-1, microseconds=1),
    id=UUID(int=1),
    blob=b"\0a",
    colour=Colour.RED,
    point=Point(1, 2.0),
    points=[Point(3, 0.5)],
    pair=(1, 2),
    some={"b", "a"},
    few=frozenset({2}),
    named={"n": Point(4, 5.0)},
    anything=[None, {"a": True}],
)


def holding(annotation: Any, value: Any, *, said: bool = True) -> tuple[str, Any]:
    """Dump a value as JSON and load it again."""

    class Thing(AggregateRoot):
        id: Key[int]
        part: Field[annotation]

    path = attribute(Thing, "part", object)
    schema = Schema().aggregate(Thing, json=[path] if said else [])
    mapping = schema.mapping(Thing)
    state = mapping.dump(Thing(id=1, part=value))
    loaded = mapping.load(state)
    assert mapping.dump(loaded) == state
    return state[0][0][1], loaded.part


def test_a_value_is_one_document() -> None:
    """Each type has a form that JSON can hold."""
    text, loaded = holding(Everything, WHOLE)
    assert loaded == WHOLE
    assert text == (
        '{"anything":[null,{"a":true}],"blob":"AGE=","colour":"RED","day":"2026-01-02",'
        '"exact":"1.50","few":[2],"id":"00000000-0000-0000-0000-000000000001",'
        '"moment":"2026-01-02T03:04:05.000006+00:00","named":{"n":{"x":4,"y":5.0}},'
        '"pair":[1,2],"point":{"x":1,"y":2.0},"points":[{"x":3,"y":0.5}],'
        '"some":["a","b"],"span":-86399999999}'
    )


@pytest.mark.parametrize(
    ("annotation", "value", "text"),
    [
        (list[Point], [Point(1, 2.0)], '[{"x":1,"y":2.0}]'),
        (list[Point] | None, None, None),
        (Point | None, Point(1, 0.0), '{"x":1,"y":0.0}'),
        (dict[str, Any], {"b": 1, "a": [None]}, '{"a":[null],"b":1}'),
        (tuple[Colour, ...], (Colour.RED,), '["RED"]'),
        (object, {"a": 1}, '{"a":1}'),
        (
            Tree,
            Tree("a", None, Tree("b", None, None)),
            '{"label":"a","left":null,"right":{"label":"b","left":null,"right":null}}',
        ),
    ],
    ids=repr,
)
def test_what_stands_in_json_may_be_of_any_shape(
    annotation: Any, value: Any, text: str | None
) -> None:
    """None is null in the table, whatever it holds."""
    assert holding(annotation, value) == (text, value)


@pytest.mark.parametrize(
    ("annotation", "value", "text"),
    [
        (JsonValue, {"b": 1.5, "a": "é"}, '{"a":"é","b":1.5}'),
        (JsonValue, None, None),
        (dict[str, JsonValue], {}, "{}"),
        (list[JsonValue], [1, None], "[1,null]"),
        (list[JsonValue] | None, None, None),
    ],
    ids=repr,
)
def test_json_values_need_no_words(
    annotation: Any, value: Any, text: str | None
) -> None:
    """Their annotation says it."""
    assert holding(annotation, value, said=False) == (text, value)


@pytest.mark.parametrize(
    ("annotation", "value", "rule"),
    [
        (dict[str, JsonValue], [], "It must be of type dict."),
        (list[JsonValue], None, "It must not be None."),
        (dict[str, JsonValue], {1: 2}, "It must be of type str."),
        (JsonValue, {"a": {1}}, "JSON holds no set."),
        (JsonValue, [float("nan")], "JSON holds no NaN and no infinity."),
        (Point, {"x": 1}, "It must be of type Point."),
        (Point, Point(1, "2"), "It must be of type float."),  # type: ignore[arg-type]  # the mistake
        (list[Point], (Point(1, 1.0),), "It must be of type list."),
        (list[Decimal], [1], "It must be of type Decimal."),
        (
            list[Decimal],
            [Decimal("NaN")],
            "It must be finite: databases disagree on NaN and infinity.",
        ),
    ],
    ids=repr,
)
def test_what_json_cannot_hold_is_refused(
    annotation: Any, value: Any, rule: str
) -> None:
    """By the attribute that holds it."""
    with pytest.raises(InvalidValueError) as raised:
        holding(annotation, value)
    assert (raised.value.attribute, raised.value.rule) == ("part", rule)


@pytest.mark.parametrize(
    ("annotation", "stored", "rule"),
    [
        (Point, '{"x":1}', "It does not fit the annotation ('y')."),
        (list[Point], "{}", "It does not fit the annotation (It must be a list.)."),
        (
            list[UUID],
            '["x"]',
            "It does not fit the annotation (badly formed hexadecimal UUID string).",
        ),
        (
            list[Colour],
            '["BLUE"]',
            "It does not fit the annotation (Colour has no such member.).",
        ),
        (
            JsonValue,
            "{",
            (
                "It cannot be read as Json: Expecting property name enclosed in double"
                " quotes:"
                " line 1 column 2 (char 1)."
            ),
        ),
    ],
    ids=repr,
)
def test_a_stored_document_that_does_not_fit_is_named(
    annotation: Any, stored: str, rule: str
) -> None:
    """Something else wrote it (contract 13)."""

    class Thing(AggregateRoot):
        id: Key[int]
        part: Field[annotation]

    schema = Schema().aggregate(Thing, json=[attribute(Thing, "part", object)])
    with pytest.raises(Unreadable) as raised:
        schema.mapping(Thing).load((((1, stored),),))
    assert attrs.asdict(raised.value) == {
        "table": "thing",
        "column": "part",
        "key": 1,
        "value": stored,
        "rule": rule,
    }


def test_values_from_documents_can_be_hashed() -> None:
    """Also those that keep their hash."""
    _, loaded = holding(set[Hashed], {Hashed(2), Hashed(1)})
    assert loaded == {Hashed(1), Hashed(2)}


def test_no_context_of_decimals_changes_a_document() -> None:
    """What one caller stored must not look changed to another."""
    with localcontext(Context(prec=1, capitals=0)):
        text, loaded = holding(list[Decimal], [Decimal("1.25E+9")])
    assert (text, loaded) == ('["1.25E+9"]', [Decimal("1.25E+9")])


class Memo(Entity):
    text: Field[str]


@pytest.mark.parametrize(
    "annotation", [Memo, dict[int, int], tuple[int, int], list, complex], ids=repr
)
def test_other_things_have_no_form(annotation: Any) -> None:
    """Entities have an identity, which JSON would lose."""
    with pytest.raises(Exception, match="cannot be kept as JSON: it has no form for"):
        holding(annotation, None)
