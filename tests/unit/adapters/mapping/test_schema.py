"""How a schema is used."""

from typing import Any, NewType
from uuid import UUID

import attrs
import pytest

from unitwork import (
    AggregateRoot,
    Entity,
    Field,
    JsonValue,
    Key,
    MisuseError,
    Value,
    field,
)
from unitwork.adapters.mapping import Json, Schema, Text
from unitwork.adapters.mapping.description import Reference
from unitwork.adapters.mapping.types import ColumnType, Integer, Uuid


class Customer(AggregateRoot):
    id: Key[UUID]


class Product(AggregateRoot):
    sku: Key[str]


class Tag(AggregateRoot):
    id: Key[int]


class Address(Value):
    owner: Field[UUID]
    city: Field[str]


class Part(Entity):
    number: Key[int]


class Line(Entity):
    product: Key[str]
    parts: Field[list[Part]] = field(factory=list)


class Order(AggregateRoot):
    id: Key[UUID]
    customer: Field[UUID | None]
    billing: Field[Address]
    previous: Field[UUID | None]
    lines: Field[list[Line]] = field(factory=list)
    tags: Field[set[int]] = field(factory=set)


def test_a_schema_of_nothing_is_empty() -> None:
    """Nothing is wrong with it."""
    schema = Schema()
    schema.check()
    assert (schema.mappings, schema.warnings) == ((), ())


def test_aggregate_returns_the_schema() -> None:
    """So that classes can be added in a chain."""
    schema = Schema()
    assert schema.aggregate(Customer).aggregate(Tag) is schema
    assert [mapping.aggregate for mapping in schema.mappings] == [Customer, Tag]


def test_a_class_that_is_not_there_is_named() -> None:
    """With those that are."""
    with pytest.raises(MisuseError) as raised:
        Schema(Customer, Tag).mapping(Order)
    assert raised.value.describe() == (
        "Order is not in the schema.",
        "The schema knows these classes: Customer, Tag.",
        "Add it: Schema(..., Order).",
    )


def test_an_empty_schema_knows_none() -> None:
    """The same error."""
    with pytest.raises(MisuseError, match="knows these classes: none"):
        Schema().mapping(Order)


def test_a_schema_in_use_takes_no_more_classes() -> None:
    """Tables have been made from it."""
    schema = Schema(Customer)
    assert schema.mapping(Customer) is schema.mapping(Customer)
    with pytest.raises(MisuseError) as raised:
        schema.aggregate(Tag)
    assert raised.value.describe() == (
        "Tag comes too late for this schema.",
        "It is in use: tables and statements have been derived from it.",
        "Add every class before the schema is handed to a database.",
    )


def test_an_unknown_argument_is_named() -> None:
    """A slip would change nothing, and nobody would see it."""
    wrong: Any = {"colums": {}}
    with pytest.raises(MisuseError) as raised:
        Schema().aggregate(Customer, **wrong)
    assert raised.value.describe() == (
        "Schema.aggregate has no argument 'colums'.",
        "It would have been passed over without a word.",
        (
            "There are: table, tables, key, keys, references, unique, columns, json,"
            " version."
        ),
    )


# ---------------------------------------------------------------- the references


def shop() -> Schema:
    """Refer from a root, a value, a child and a set."""
    return (
        Schema()
        .aggregate(
            Order,
            references={
                Order.customer: Customer,
                Address.owner: Customer,
                Order.previous: Order,
                Line.product: Product,
                Order.tags: Tag,
            },
        )
        .aggregate(Product, columns={Product.sku: Text(12)})
        .aggregate(Tag, columns={Tag.id: Integer(32)})
        .aggregate(Customer)
    )


def test_targets_of_references_come_first() -> None:
    """Inserts go in this order, deletes in the opposite one."""
    schema = shop()
    assert [m.aggregate for m in schema.mappings] == [Customer, Product, Tag, Order]
    assert [m.position for m in schema.mappings] == [0, 1, 2, 3]


def test_a_cycle_of_references_is_in_some_order() -> None:
    """The one in which the classes were given."""

    class One(AggregateRoot):
        id: Key[int]
        other: Field[int | None]

    class Other(AggregateRoot):
        id: Key[int]
        one: Field[int]

    schema = (
        Schema()
        .aggregate(One, references={One.other: Other})
        .aggregate(Other, references={Other.one: One})
    )
    assert [m.aggregate.__name__ for m in schema.mappings] == ["Other", "One"]


def test_references_name_their_attribute_from_the_root() -> None:
    """In any table of the aggregate."""
    assert shop().mapping(Order).references == (
        Reference("fk_order_customer", 0, 1, Customer, ("customer",)),
        Reference("fk_order_billing_owner", 0, 2, Customer, ("billing.owner",)),
        Reference("fk_order_previous", 0, 4, Order, ("previous",)),
        Reference("fk_order_lines_product", 1, 0, Product, ("lines.product",)),
        Reference("fk_order_tags_value", 3, 0, Tag, ("tags",)),
    )


def test_a_reference_takes_the_size_of_the_key() -> None:
    """So do the columns of nested tables that repeat it."""
    order = shop().mapping(Order)
    assert [[c.type for c in table.columns] for table in order.tables[1:]] == [
        [Text(12), Integer(32)],
        [Text(12), Integer(64), Integer(32)],
        [Integer(32)],
    ]
    assert order.tables[0].columns[1].type == Uuid()


# ------------------------------------------------------------- plain annotations


def test_classes_of_a_function_are_found() -> None:
    """Annotations are texts under `from __future__ import annotations`."""
    Code = NewType("Code", str)

    class Item(Entity):
        code: "Key[Code]"

    class Box(AggregateRoot):
        id: Key[int]
        items: "Field[list[Item]]"
        codes: "Field[set[Code]]" = field(factory=set)

    box = Box(id=1, items=[Item(Code("a"))])
    for schema in (Schema(Box), Schema().aggregate(Box)):
        mapping = schema.mapping(Box)
        assert mapping.dump(box) == (((1,),), (("a", 0),), ())


def test_classes_of_a_function_hide_those_of_the_module() -> None:
    """As in Python itself."""

    class Part(Value):
        name: Field[str]

    class Box(AggregateRoot):
        id: Key[int]
        part: "Field[Part]"

    assert Schema(Box).mapping(Box).columns == {("id",): 0, ("part", "name"): 1}


def test_registered_classes_are_found() -> None:
    """Two classes of one schema may name each other."""

    def make() -> tuple[type[AggregateRoot], type[AggregateRoot]]:
        class Far(AggregateRoot):
            id: Key[int]

        class Near(AggregateRoot):
            id: Key[int]
            far: "Field[Far]"

        return Near, Far

    schema = Schema(*make())
    with pytest.raises(Exception, match="holds another aggregate, Far"):
        schema.check()


# ------------------------------------------------------------------- comparable


@attrs.frozen
class ByAttributes:
    x: int


@attrs.frozen(eq=False)
class ByIdentity:
    x: int


@attrs.frozen
class ByPart:
    x: int
    y: int = attrs.field(eq=False)


@attrs.frozen
class ByHand:
    x: int

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ByHand)

    def __hash__(self) -> int:
        return 0


class Called:
    def __call__(self, one: object, other: object) -> bool:
        return one is other


@attrs.frozen(eq=False)
class ByObject:
    x: int
    __eq__ = Called()  # type: ignore[assignment]  # equality of an odd kind
    __hash__ = object.__hash__


@pytest.mark.parametrize(
    ("annotation", "comparable"),
    [
        (int, True),
        (ByAttributes, True),
        (list[ByAttributes], True),
        (ByIdentity, True),
        (ByPart, False),
        (ByHand, False),
        (ByObject, False),
        (dict[str, ByHand], False),
        (JsonValue, False),
        (list[Line], True),
    ],
    ids=repr,
)
def test_equal_attributes_mean_an_equal_state(
    annotation: Any,
    comparable: bool,  # noqa: FBT001 - what is expected
) -> None:
    """Unless JSON, or a value's own equality, is among them."""

    class Thing(AggregateRoot):
        id: Key[int]
        part: Field[annotation]

    assert Schema(Thing).mapping(Thing).comparable is comparable


def test_values_inside_of_values_count() -> None:
    """All of them are compared."""

    class Outer(Value):
        inner: Field[ByPart]

    class Thing(AggregateRoot):
        id: Key[int]
        outer: Field[Outer]

    assert not Schema(Thing).mapping(Thing).comparable


def test_column_types_are_told_apart() -> None:
    """A document is JSON, and no two kinds are equal."""

    class Thing(AggregateRoot):
        id: Key[int]
        a: Field[list[JsonValue]]

    kind: ColumnType = Schema(Thing).mapping(Thing).tables[0].columns[1].type
    assert isinstance(kind, Json)
    assert repr(kind).startswith("Document(what='list[")
