"""Every mistake that `Schema.check` finds, with its whole text."""

from dataclasses import dataclass
from decimal import Decimal as PythonDecimal
from enum import Flag
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

import attrs
import pytest

from unitwork import (
    AggregateRoot,
    Entity,
    Field,
    JsonValue,
    Key,
    SchemaError,
    Value,
    attribute,
    field,
    generated,
    transient,
)
from unitwork.adapters.mapping import Decimal, Schema, Text

if TYPE_CHECKING:
    from fractions import Fraction


class Money(Value):
    amount: Field[PythonDecimal]
    currency: Field[str]


class Hint(Value):
    text: Field[str | None]


class Line(Entity):
    sku: Key[str]
    quantity: Field[int] = field(default=1)


class Customer(AggregateRoot):
    id: Key[UUID]


def mistakes(schema: Schema) -> list[str]:
    """Return what check() finds wrong."""
    with pytest.raises(SchemaError) as raised:
        schema.check()
    return list(raised.value.mistakes)


def test_all_mistakes_of_all_classes_come_at_once() -> None:
    """One start, one list; the error shows each on a line of its own."""

    class One(AggregateRoot):
        name: Field[str]

    class Two(AggregateRoot):
        id: Key[int]
        ratio: Field[complex]

    with pytest.raises(SchemaError) as raised:
        Schema(One, Two).check()
    assert str(raised.value) == (
        "The schema has 2 mistakes:\n"
        "  - One has no key. Mark the attribute that identifies it: `id: Key[UUID]`.\n"
        "  - Two.ratio is of a type that no column holds: complex. Use a plain type, a"
        " Value, an Entity in a list, dict or set, or keep it as JSON:"
        " json=[Two.ratio].\n"
        "Found at start, before any data was touched.\n"
        "Mend each one; the page of this code explains them. [schema]"
    )


# ------------------------------------------------------------------- the classes


@pytest.mark.parametrize("thing", [int, "Order"])
def test_a_root_is_a_class_with_attributes(thing: Any) -> None:
    """Nothing else can be dumped."""
    name = getattr(thing, "__name__", repr(thing))
    assert mistakes(Schema(thing)) == [
        (
            f"{name} is no class with attributes. Derive it from AggregateRoot, or"
            " make it"
            " with attrs.define."
        )
    ]


def test_an_entity_is_no_root() -> None:
    """It lives inside of one."""
    assert mistakes(Schema(Line)) == [
        (
            "Line is an Entity: a root stands by itself and changes over its life."
            " Derive it from AggregateRoot, or make it with attrs.define."
        )
    ]


@attrs.frozen
class FrozenAttrs:
    id: int


@dataclass(frozen=True)
class FrozenData:
    id: int


@pytest.mark.parametrize("cls", [FrozenAttrs, FrozenData, Money])
def test_a_frozen_class_is_no_root(cls: type) -> None:
    """A root changes; values do not."""
    assert mistakes(Schema().aggregate(cls, key="id")) == [
        (
            f"{cls.__name__} is frozen: a root stands by itself and changes over its"
            " life."
            " Derive it from AggregateRoot, or make it with attrs.define."
        )
    ]


def test_a_class_is_added_once() -> None:
    """It has one table."""
    assert mistakes(Schema(Customer, Customer)) == [
        "Customer is in the schema twice. Add it once."
    ]


def test_two_tables_have_two_names() -> None:
    """The second one would overwrite the first."""

    class Client(AggregateRoot):
        id: Key[UUID]

    assert mistakes(Schema(Customer).aggregate(Client, table="CUSTOMER")) == [
        (
            "Client would be kept in the table 'CUSTOMER', as Customer is."
            " Give one of them another name: table=... or tables={...}."
        )
    ]


def test_a_table_is_a_name_or_a_table() -> None:
    """Anything else is a slip."""
    assert mistakes(Schema().aggregate(Customer, table=7)) == [
        (
            "Customer is given 7 as its table."
            " Give a name, an SQLAlchemy Table, or a declarative class."
        )
    ]


# ---------------------------------------------------------------------- the keys


def test_a_root_has_one_key() -> None:
    """Others can be unique."""

    class Order(AggregateRoot):
        id: Key[UUID]
        number: Key[int]

    assert mistakes(Schema(Order)) == [
        (
            "Order has 2 keys: id, number."
            " Keep one Key; make the others Field and list them in unique=."
        )
    ]


def test_a_plain_root_needs_the_name_of_its_key() -> None:
    """Nothing in the class marks it."""

    @attrs.define
    class Plain:
        id: int

    assert mistakes(Schema(Plain)) == [
        'Plain has no key. Name the attribute that identifies it: key="id".'
    ]
    assert mistakes(Schema().aggregate(Plain, key="ident")) == [
        "Plain has no attribute 'ident'. Correct the key's name."
    ]


def test_a_key_is_marked_in_the_class_that_can() -> None:
    """One way to say it."""
    assert mistakes(Schema().aggregate(Customer, key="id")) == [
        "Customer is given a key by name. Mark it in the class: Key[...]."
    ]


def test_a_key_is_said_of_a_class_that_is_met() -> None:
    """A key of a class that the root does not hold is a slip."""
    assert mistakes(Schema().aggregate(Customer, keys={Money: "amount"})) == [
        (
            "Money in keys= of Customer is nothing that it could be said of."
            " Correct the name, or leave it out."
        )
    ]


@pytest.mark.parametrize(
    "annotation", [int | None, Hint, JsonValue, list[int]], ids=repr
)
def test_a_key_is_one_column(annotation: Any) -> None:
    """Never None, no value of several parts, no JSON."""

    class Order(AggregateRoot):
        id: Key[annotation]

    assert mistakes(Schema(Order)) == [
        (
            "Order.id cannot be a key."
            " A key is one column, never None, not JSON: Key[UUID], Key[str] ..."
        )
    ]


def test_a_value_has_no_key() -> None:
    """It is what its attributes are."""

    class Tag(Value):
        name: Key[str]

    class Order(AggregateRoot):
        id: Key[int]
        tag: Field[Tag]

    assert mistakes(Schema(Order)) == [
        (
            "Tag.name is a Key of a value, which has no identity."
            " Make it a Field, or derive the class from Entity."
        )
    ]


def test_the_key_of_a_child_is_one_column() -> None:
    """As that of a root."""

    class Part(Entity):
        id: Key[int | None]

    class Order(AggregateRoot):
        id: Key[int]
        parts: Field[list[Part]]

    assert mistakes(Schema(Order)) == [
        (
            "Part.id cannot be a key."
            " A key is one column, never None, not JSON: Key[UUID], Key[str] ..."
        )
    ]


def test_databases_make_integers_only() -> None:
    """Anything else is made by the client."""

    class Order(AggregateRoot):
        id: Key[UUID] = generated()

    assert mistakes(Schema(Order)) == [
        (
            "Order.id cannot be generated(): the database makes integers only."
            " Write Key[int], or make it on the client: key(factory=new_id)."
        )
    ]


def test_databases_make_keys_of_roots_only() -> None:
    """Not of children, and not what is no key."""

    class Part(Entity):
        id: Key[int] = generated()

    class Order(AggregateRoot):
        id: Key[int]
        number: Field[int] = generated()
        parts: Field[list[Part]] = field(factory=list)

    rule = (
        "cannot be generated(): the database makes keys of roots only."
        " Make it on the client: key(factory=new_id)."
    )
    assert mistakes(Schema(Order)) == [f"Order.number {rule}", f"Part.id {rule}"]


# ---------------------------------------------------------------- the attributes


def test_an_attribute_is_field_key_or_transient() -> None:
    """On roots and entities, so that nothing is left out by accident."""

    class Order(AggregateRoot):
        id: Key[int]
        total: int
        cache: dict[str, int] = transient(factory=dict)

    assert mistakes(Schema(Order)) == [
        (
            "Order.total is neither Field nor Key. Write Field[...] to keep it, or"
            " = transient(factory=...) if it is not to be stored."
        )
    ]


class Ratio(AggregateRoot):
    id: Key[int]
    value: "Field[Fraction]"


def test_annotations_are_resolved_at_run_time() -> None:
    """What hides under TYPE_CHECKING does not exist then; ruff can be told."""
    assert mistakes(Schema(Ratio)) == [
        (
            "Ratio.value is not understood: its annotation cannot be resolved at run"
            " time"
            " (name 'Fraction' is not defined). Import what it names outside of"
            " `if TYPE_CHECKING:`, and tell ruff so:"
            " [tool.ruff.lint.flake8-type-checking] runtime-evaluated-base-classes ="
            ' ["unitwork.AggregateRoot", "unitwork.Entity", "unitwork.Value"].'
        )
    ]


def test_a_plain_attribute_needs_an_annotation() -> None:
    """Old attrs classes may have none."""

    @attrs.define
    class Plain:
        id: int

    bare = attrs.make_class("Bare", {"id": attrs.field()}, bases=(Plain,))
    size = attrs.make_class("Size", {"width": attrs.field()}, bases=(Plain,))
    assert bare is not None
    assert mistakes(Schema().aggregate(size, key="id")) == [
        (
            "Size.width is not understood: it has no annotation."
            " Write its type: `name: type`."
        )
    ]


class Rights(Flag):
    READ = 1


@pytest.mark.parametrize(
    ("annotation", "shown"),
    [
        (tuple[int, ...], "tuple[int, ...]"),
        (int | str, "int | str"),
        (int | str | None, "typing.Union[int, str]"),
        (Rights, "Rights"),
        (Any, "Any"),
        (object, "object"),
    ],
    ids=repr,
)
def test_other_types_have_no_column(annotation: Any, shown: str) -> None:
    """They are refused at start, and not at the first commit."""

    class Order(AggregateRoot):
        id: Key[int]
        odd: Field[annotation]

    assert mistakes(Schema(Order)) == [
        (
            f"Order.odd is of a type that no column holds: {shown}. Use a plain type, a"
            " Value, an Entity in a list, dict or set, or keep it as JSON:"
            " json=[Order.odd]."
        )
    ]


def test_a_decimal_needs_its_size() -> None:
    """Databases would round it, each in its own way."""

    class Order(AggregateRoot):
        id: Key[int]
        total: Field[Money]

    assert mistakes(Schema(Order)) == [
        (
            "Money.amount is a Decimal of unknown size. Say how many digits it has,"
            " and how many of them after the point: columns={Money.amount:"
            " unitwork.adapters.mapping.Decimal(12, 2)}."
        )
    ]


def test_a_column_type_fits_the_annotation() -> None:
    """It adds a size; it converts nothing."""

    class Order(AggregateRoot):
        id: Key[int]
        note: Field[str]

    assert mistakes(Schema().aggregate(Order, columns={Order.note: Decimal(5, 2)})) == [
        (
            "Order.note is annotated as Text, and columns= says"
            " Decimal(precision=5, scale=2). Give a Text, or change the annotation."
        )
    ]


def test_an_indexed_text_needs_a_length() -> None:
    """Unless nothing is said: then it has one."""

    class Order(AggregateRoot):
        id: Key[int]
        code: Field[str]

    schema = Schema().aggregate(
        Order, columns={Order.code: Text()}, unique=[Order.code]
    )
    assert mistakes(schema) == [
        (
            "Order.code is indexed, and columns= gives it no length."
            " MariaDB cannot index it: say Text(length=255), for example."
        )
    ]


def test_json_is_not_indexed() -> None:
    """Databases do not agree on when two documents are equal."""

    class Order(AggregateRoot):
        id: Key[int]
        meta: Field[JsonValue]

    assert mistakes(Schema().aggregate(Order, unique=[Order.meta])) == [
        (
            "Order.meta is JSON, which cannot be indexed."
            " Keep what is to be unique or referred to in an attribute of its own."
        )
    ]


def test_json_takes_what_has_a_form() -> None:
    """Everything else is named."""

    class Order(AggregateRoot):
        id: Key[int]
        odd: Field[complex]

    assert mistakes(Schema().aggregate(Order, json=[Order.odd])) == [
        (
            "Order.odd cannot be kept as JSON: it has no form for <class 'complex'>."
            " JSON"
            " takes JsonValue, scalars, values, and list, tuple, set or dict[str, ...]"
            " of"
            " them."
        )
    ]


class Wave(Value):
    ratio: "Field[Fraction]"


def test_json_takes_values_that_can_be_resolved() -> None:
    """The attribute is named, and why."""

    class Order(AggregateRoot):
        id: Key[int]
        wave: Field[Wave]

    assert mistakes(Schema().aggregate(Order, json=[Order.wave])) == [
        (
            "Order.wave cannot be kept as JSON: Wave.ratio: its annotation cannot be"
            " resolved at run time (name 'Fraction' is not defined). JSON takes"
            " JsonValue,"
            " scalars, values, and list, tuple, set or dict[str, ...] of them."
        )
    ]


def test_two_columns_have_two_names() -> None:
    """An embedded part, and the version, count too; case does not."""

    class Order(AggregateRoot):
        id: Key[int]
        hint: Field[Hint]
        hint_text: Field[str]
        Version: Field[int]

    assert mistakes(Schema(Order)) == [
        (
            "Order needs two columns called 'hint_text' in the table 'order'."
            " Rename the attribute (the version column has version=...)."
        ),
        (
            "Order needs two columns called 'version' in the table 'order'."
            " Rename the attribute (the version column has version=...)."
        ),
    ]


def test_a_child_leaves_position_to_the_list() -> None:
    """Its own column would have the same name."""

    class Step(Entity):
        position: Field[int]

    class Plan(AggregateRoot):
        id: Key[int]
        steps: Field[list[Step]]

    assert mistakes(Schema(Plan)) == [
        (
            "Plan.steps needs two columns called 'position' in the table 'plan_steps'."
            " Rename the attribute (the version column has version=...)."
        )
    ]


# -------------------------------------------------------------- values, children


def test_an_optional_value_has_a_part_that_is_always_there() -> None:
    """None could not be told from a value of Nones."""

    class Order(AggregateRoot):
        id: Key[int]
        hint: Field[Hint | None]

    assert mistakes(Schema(Order)) == [
        (
            "Order.hint may be None, but Hint has no part that is always there. None"
            " could"
            " not be told from a Hint of Nones: give Hint a part that is not optional,"
            " or"
            " do without None here."
        )
    ]


def test_a_value_holds_no_collection() -> None:
    """It is part of a row; JSON can keep it."""

    class Labels(Value):
        texts: Field[list[str]]

    class Order(AggregateRoot):
        id: Key[int]
        labels: Field[Labels]
        all: Field[list[Labels]]

    assert mistakes(Schema(Order)) == [
        (
            "Labels.texts is a list inside of a value."
            " Keep it as JSON, json=[Labels.texts], or make the value an Entity."
        )
    ]


def test_an_entity_stands_in_a_collection() -> None:
    """Alone it would be a value."""

    class Order(AggregateRoot):
        id: Key[int]
        line: Field[Line]

    assert mistakes(Schema(Order)) == [
        (
            "Order.line holds one entity, Line."
            " Make it a Value, or hold it in a list, dict or set."
        )
    ]


@pytest.mark.parametrize("annotation", [Customer, list[Customer]], ids=repr)
def test_another_aggregate_is_referred_to_by_key(annotation: Any) -> None:
    """Each has a version, and a life, of its own."""

    class Order(AggregateRoot):
        id: Key[int]
        customer: Field[annotation]

    assert mistakes(Schema(Order)) == [
        (
            "Order.customer holds another aggregate, Customer."
            " Hold its key, and say so: references={Order.customer: Customer}."
        )
    ]


class Tree(Value):
    label: Field[str]
    left: "Field[Tree | None]"


class Branch(Entity):
    name: Key[str]
    branches: "Field[list[Branch]]"


def test_nothing_contains_itself() -> None:
    """Tables are finite; JSON, and references, are not."""

    class Forest(AggregateRoot):
        id: Key[int]
        tree: Field[Tree]
        branches: Field[list[Branch]]

    remedy = "Refer to the other one by its key, or keep the tree as JSON."
    assert mistakes(Schema(Forest)) == [
        f"Tree.left makes Tree contain itself. {remedy}",
        f"Branch.branches makes Branch contain itself. {remedy}",
    ]


@pytest.mark.parametrize(
    ("annotation", "mistake"),
    [
        (list, "does not say what its list holds. Write list[...]."),
        (dict, "does not say what its dict holds. Write dict[...]."),
        (
            set[int] | None,
            "is a collection that may be None. Use an empty one: field(factory=set).",
        ),
        (list[int | None], "holds None. Leave None out of what the collection holds."),
        (
            dict[Money, int],
            (
                "is a dict with keys that cannot be one column."
                " Use str, int, UUID, an enum, date or another plain type as key."
            ),
        ),
        (
            dict[PythonDecimal, int],
            (
                "is a dict with keys that cannot be one column."
                " Use str, int, UUID, an enum, date or another plain type as key."
            ),
        ),
        (
            list[complex],
            (
                "is of a type that no column holds: complex. Use a plain type, a"
                " Value, an"
                " Entity in a list, dict or set, or keep it as JSON:"
                " json=[Order.items]."
            ),
        ),
        (
            list[JsonValue | int],
            (
                "is of a type that no column holds: "
                f"{JsonValue | int!r}. Use a plain type, a Value, an"
                " Entity in a list, dict or set, or keep it as JSON:"
                " json=[Order.items]."
            ),
        ),
    ],
    ids=repr,
)
def test_a_collection_says_what_it_holds(annotation: Any, mistake: str) -> None:
    """Columns of one type, never None."""

    class Order(AggregateRoot):
        id: Key[int]
        items: Field[annotation]

    assert mistakes(Schema(Order)) == [f"Order.items {mistake}"]


def test_rows_of_a_set_are_told_apart_by_all_columns() -> None:
    """None equals nothing in a database, and JSON is not compared."""

    class Mark(Value):
        name: Field[str]
        note: Field[str | None]
        meta: Field[list[JsonValue]]

    class Order(AggregateRoot):
        id: Key[int]
        marks: Field[set[Mark]]

    assert mistakes(Schema(Order)) == [
        f"Mark.{name} may not be {what} in the set Order.marks, whose rows are told"
        " apart by all columns. Make it always there, use a list, or give the items a"
        " Key."
        for name, what in [("note", "None"), ("meta", "JSON")]
    ]


# ------------------------------------------------------------- what is said besides


def test_overrides_are_given_as_expressions() -> None:
    """A text cannot be checked by a type checker."""
    wrong = cast("Any", {"customer": Customer})
    assert mistakes(Schema().aggregate(Customer, references=wrong)) == [
        (
            "'customer' in references= is no attribute. Give an expression that begins"
            " at a"
            " class (Order.customer), or attribute(Plain, 'name', str) for a plain"
            " attrs"
            " class."
        )
    ]


def test_what_is_no_column_type_is_told_so() -> None:
    """Python has a Decimal too."""

    class Order(AggregateRoot):
        id: Key[int]
        total: Field[Money]

    wrong = cast("Any", {Money.amount: PythonDecimal(12)})
    assert mistakes(Schema().aggregate(Order, columns=wrong)) == [
        (
            "Money.amount is given Decimal('12') in columns=, which is no column type."
            " Give a unitwork.adapters.mapping.Decimal."
        )
    ]


def test_overrides_are_lists_and_dicts() -> None:
    """One attribute is written like several."""
    wrong = cast("Any", {"unique": Customer.id, "json": "id", "references": 5})
    assert mistakes(Schema().aggregate(Customer, **wrong)) == [
        (
            "references=5 is no dict. Write references={Order.customer: ...}: by"
            " attribute, or by class."
        ),
        "json='id' is no list. Write json=['id'], for one as for several.",
        (
            "unique=Customer.id is no list. Write unique=[Customer.id], for one as for"
            " several."
        ),
    ]


def test_overrides_fit_the_class() -> None:
    """What fits nothing is a slip."""

    class Order(AggregateRoot):
        id: Key[int]
        lines: Field[list[Line]]
        note: Field[str]

    schema = Schema().aggregate(
        Order,
        tables={Order.note: "notes"},
        references={attribute(Order, "owner", int): Customer},
        columns={Order.lines: Text(5)},
        json=[Customer.id],
        unique=[Order.lines, (Line.sku, Order.note)],
    )
    unique = (
        "Name attributes of the root, or parts of its values"
        " (Order.total[Money.amount])."
    )
    other = "is nothing that it could be said of. Correct the name, or leave it out."
    assert mistakes(schema) == [
        f"Order.lines in unique= is no column of Order. {unique}",
        f"Line.sku in unique= is no column of Order. {unique}",
        f"Order.note in tables= of Order {other}",
        f"Order.owner in references= of Order {other}",
        f"Customer.id in json= of Order {other}",
    ]


def test_one_mistake_hides_what_follows_from_it() -> None:
    """An attribute that is not understood is not reported as missing too."""

    class Order(AggregateRoot):
        id: Key[int]
        ratio: Field[complex]

    schema = Schema().aggregate(
        Order, columns={Order.ratio: Decimal(5, 2)}, unique=[Order.ratio]
    )
    assert len(mistakes(schema)) == 1


# ---------------------------------------------------------------- the references


def test_a_reference_needs_its_target_in_the_schema() -> None:
    """Its table has to be there."""

    class Order(AggregateRoot):
        id: Key[int]
        customer: Field[UUID]

    assert mistakes(
        Schema().aggregate(Order, references={Order.customer: Customer})
    ) == [
        (
            "Order.customer refers to Customer, which is not in the schema."
            " Add Customer to it."
        )
    ]


def test_a_reference_has_the_type_of_the_key() -> None:
    """Also in a child, and where columns= says another size."""

    class Product(AggregateRoot):
        sku: Key[str]

    class Item(Entity):
        product: Key[int]

    class Order(AggregateRoot):
        id: Key[int]
        main: Field[str]
        items: Field[list[Item]]

    schema = Schema(Product).aggregate(
        Order,
        references={Order.main: Product, Item.product: Product},
        columns={Order.main: Text(20)},
    )
    assert mistakes(schema) == [
        (
            "Order.main is Text(length=20), and the key of Product that it refers to is"
            " Text(length=255). Give both the same type."
        ),
        (
            "Order.items.product is Integer(bits=64), and the key of Product that it"
            " refers"
            " to is Text(length=255). Give both the same type."
        ),
    ]
