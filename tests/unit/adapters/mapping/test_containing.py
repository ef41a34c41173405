"""What can change in a loaded aggregate, listed by a generated function."""

from typing import Any

import attrs
import pytest

from tests.shop import an_order, shop_schema
from unitwork import AggregateRoot, Field, JsonValue, Key, Value, field, transient
from unitwork.adapters.mapping import Schema
from unitwork.adapters.memento import Memento


class Size(Value):
    width: Field[int]


class Box(AggregateRoot):
    id: Key[int]
    size: Field[Size] = field(default=Size(1))
    sizes: Field[list[Size]] = field(factory=list)
    by_name: Field[dict[str, int]] = field(factory=dict)


class Free(AggregateRoot):
    id: Key[int]
    data: Field[JsonValue] = field(default=None)


class Cached(AggregateRoot):
    id: Key[int]
    cache: dict[str, int] = transient(factory=dict)


@attrs.define
class Slotted:
    id: int


def loaded(aggregate: Any, schema: Schema) -> tuple[Any, Any]:
    """Load it as from storage; give the function of its class too."""
    mapping = schema.mapping(type(aggregate))
    return mapping.load(mapping.dump(aggregate)), mapping.containers


@pytest.mark.parametrize(
    ("aggregate", "schema"),
    [
        (an_order(), shop_schema()),
        (Box(id=1, sizes=[Size(2)], by_name={"a": 1}), Schema(Box)),
    ],
)
def test_it_lists_what_a_look_at_every_value_finds(
    aggregate: AggregateRoot, schema: Schema
) -> None:
    """So a memento made from it is the same; frozen values are not in it."""
    instance, containers = loaded(aggregate, schema)

    found = Memento(instance)._live

    assert sorted(map(id, containers(instance))) == sorted(map(id, found))


@pytest.mark.parametrize(
    "schema", [Schema(Free), Schema(Cached), Schema().aggregate(Slotted, key="id")]
)
def test_where_classes_do_not_say_it_all_there_is_no_function(schema: Schema) -> None:
    """JSON and transient attributes may hold anything; slots have no dictionary."""
    assert [mapping.containers for mapping in schema.mappings] == [None]
