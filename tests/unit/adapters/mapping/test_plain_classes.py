"""Classes that know nothing of the library."""

from dataclasses import dataclass
from dataclasses import field as data_field
from typing import Any

import attrs
import pytest

from unitwork import attribute
from unitwork.adapters.mapping import Schema, Text


@attrs.frozen
class Size:
    width: int
    height: int | None = None


@attrs.frozen(cache_hash=True)
class Mark:
    name: str


@dataclass(frozen=True, slots=True)
class Weight:
    grams: int


@attrs.define
class Item:
    sku: str
    size: Size


@attrs.define
class Box:
    id: int
    size: Size
    weight: Weight | None = None
    items: list[Item] = attrs.field(factory=list)
    marks: set[Mark] = attrs.field(factory=set)


@attrs.define(slots=False)
class Checked:
    id: int = attrs.field(validator=attrs.validators.gt(0))
    size: Size | None = None


@attrs.define
class CheckedSlots:
    id: int = attrs.field(validator=attrs.validators.gt(0))


@dataclass
class Row:
    id: int
    names: list[str] = data_field(default_factory=list)
    weight: Weight = Weight(0)


@dataclass(eq=False, slots=True)
class Partly:
    id: int


@pytest.mark.parametrize(
    "thing",
    [
        Box(
            1,
            Size(2),
            Weight(3),
            [Item("b", Size(1, 2)), Item("a", Size(3))],
            {Mark("x")},
        ),
        Box(2, Size(2)),
        Checked(1, Size(1, 1)),
        CheckedSlots(1),
        Row(1, ["a", "b"], Weight(7)),
    ],
    ids=repr,
)
def test_a_plain_class_makes_the_round_trip(thing: Any) -> None:
    """With slots, with hooks, with cached hashes, as a dataclass."""
    schema = Schema().aggregate(
        type(thing), key="id", keys={Item: "sku"} if isinstance(thing, Box) else {}
    )
    mapping = schema.mapping(type(thing))
    state = mapping.dump(thing)
    loaded = mapping.load(state)
    assert loaded == thing
    assert mapping.dump(loaded) == state


def test_every_attribute_is_kept() -> None:
    """Children too; without keys= their place identifies them."""
    names = {
        table.name: [column.name for column in table.columns]
        for table in Schema().aggregate(Box, key="id").mapping(Box).tables
    }
    assert names == {
        "box": ["id", "size_width", "size_height", "weight_grams"],
        "box_items": ["position", "sku", "size_width", "size_height"],
        "box_marks": ["name"],
    }


def test_handles_stand_for_expressions() -> None:
    """`attribute` names what a plain class cannot."""
    schema = Schema().aggregate(
        Box,
        key="id",
        keys={Item: "sku"},
        unique=[attribute(Box, "size", Size)[attribute(Size, "width", int)]],
        columns={attribute(Item, "sku", str): Text(9)},
    )
    mapping = schema.mapping(Box)
    [unique] = mapping.uniques
    assert attrs.astuple(unique) == ("uq_box_size_width", (1,), ("size.width",))
    assert mapping.tables[1].columns[0].type == Text(9)
    assert mapping.tables[1].key_size == 1


def test_loaded_values_can_be_hashed() -> None:
    """Also those that keep their hash."""
    mapping = Schema().aggregate(Box, key="id").mapping(Box)
    loaded = mapping.load(mapping.dump(Box(1, Size(1), marks={Mark("x")})))
    assert Mark("x") in loaded.marks


@pytest.mark.parametrize("cls", [Box, Row, Partly])
def test_generated_equality_is_trusted(cls: type) -> None:
    """That of attrs, and that of dataclasses."""
    assert Schema().aggregate(cls, key="id").mapping(cls).comparable


def test_partial_equality_of_a_dataclass_is_not_trusted() -> None:
    """A field that is left out may differ."""

    @dataclass(frozen=True)
    class Half:
        x: int
        y: int = data_field(compare=False)

    @attrs.define
    class Holder:
        id: int
        half: Half

    assert not Schema().aggregate(Holder, key="id").mapping(Holder).comparable
