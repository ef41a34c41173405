"""What tables a schema derives from classes."""

from datetime import date, datetime, timedelta
from decimal import Decimal as PythonDecimal
from enum import Enum, IntEnum, StrEnum
from typing import Annotated, Any, NewType
from uuid import UUID

import attrs
import pytest

from unitwork import (
    AggregateRoot,
    Entity,
    Field,
    JsonValue,
    Key,
    Value,
    field,
    generated,
)
from unitwork.adapters.mapping import (
    Binary,
    Boolean,
    Date,
    Decimal,
    Duration,
    Enumeration,
    Float,
    Integer,
    Json,
    Schema,
    Text,
    Timestamp,
    Uuid,
)
from unitwork.adapters.mapping.description import AggregateMapping
from unitwork.adapters.mapping.types import ColumnType

Sku = NewType("Sku", str)
ShortSku = NewType("ShortSku", Sku)


class Colour(Enum):
    RED = 1


class Level(IntEnum):
    LOW = 1


class Mood(StrEnum):
    GOOD = "good"


class Money(Value):
    amount: Field[PythonDecimal]
    currency: Field[str]


class Offer(Value):
    price: Field[Money]
    label: Field[str | None] = field(default=None)


def columns(mapping: AggregateMapping, table: int = 0) -> list[str]:
    """Show the columns of a table, `?` marking those that may be null."""
    return [
        f"{column.name}{'?' if column.nullable else ''}"
        for column in mapping.tables[table].columns
    ]


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (int, Integer(64)),
        (bool, Boolean()),
        (float, Float()),
        (str, Text()),
        (datetime, Timestamp()),
        (date, Date()),
        (timedelta, Duration()),
        (UUID, Uuid()),
        (bytes, Binary()),
        (Colour, Enumeration(Colour)),
        (Level, Enumeration(Level)),
        (Mood, Enumeration(Mood)),
        (ShortSku, Text()),
        (Annotated[int, "of whom"], Integer(64)),
    ],
    ids=repr,
)
def test_an_annotation_tells_the_column_type(
    annotation: Any, expected: ColumnType
) -> None:
    """Plain types, enums and NewTypes of them need no words; None may be added."""

    class Thing(AggregateRoot):
        id: Key[int]
        always: Field[annotation]
        perhaps: Field[annotation | None]

    _, always, perhaps = Schema(Thing).mapping(Thing).tables[0].columns
    assert (always.type, always.nullable) == (expected, False)
    assert (perhaps.type, perhaps.nullable) == (expected, True)


def test_json_values_are_one_column() -> None:
    """A JsonValue may be None, dicts and lists of them may not."""

    class Thing(AggregateRoot):
        id: Key[int]
        anything: Field[JsonValue]
        names: Field[dict[str, JsonValue]]
        rows: Field[list[JsonValue] | None]

    mapping = Schema(Thing).mapping(Thing)
    assert columns(mapping) == ["id", "anything?", "names", "rows?"]
    assert all(isinstance(c.type, Json) for c in mapping.tables[0].columns[1:])


def test_the_key_is_the_first_column() -> None:
    """Wherever it stands in the class."""

    class Thing(AggregateRoot):
        name: Field[str]
        number: Key[str]

    mapping = Schema(Thing).mapping(Thing)
    assert columns(mapping) == ["number", "name"]
    assert mapping.key_attribute == "number"
    assert mapping.key.type == Text(255)
    assert mapping.columns == {("number",): 0, ("name",): 1}
    assert not mapping.generated


def test_a_generated_key_is_known() -> None:
    """The database makes it, so it is no less required."""

    class Thing(AggregateRoot):
        id: Key[int] = generated()

    mapping = Schema(Thing).mapping(Thing)
    assert mapping.generated
    assert columns(mapping) == ["id"]


def test_values_are_embedded_part_by_part() -> None:
    """Nested ones too; all parts of an optional value may be null."""

    class Article(AggregateRoot):
        id: Key[int]
        offer: Field[Offer]
        discount: Field[Money | None]

    schema = Schema().aggregate(Article, columns={Money.amount: Decimal(9, 2)})
    mapping = schema.mapping(Article)
    assert columns(mapping) == [
        "id",
        "offer_price_amount",
        "offer_price_currency",
        "offer_label?",
        "discount_amount?",
        "discount_currency?",
    ]
    assert mapping.columns["offer", "price", "amount"] == 1
    assert mapping.tables[0].columns[1].names == ("offer", "price", "amount")


def test_the_longest_path_says_the_column_type() -> None:
    """`Money.amount` means every amount, `Article.discount[Money.amount]` this one."""

    class Article(AggregateRoot):
        id: Key[int]
        price: Field[Money]
        discount: Field[Money]

    schema = Schema().aggregate(
        Article,
        columns={
            Article.discount[Money.amount]: Decimal(5, 1),
            Money.amount: Decimal(9, 2),
        },
    )
    types = [column.type for column in schema.mapping(Article).tables[0].columns]
    assert types == [Integer(64), Decimal(9, 2), Text(), Decimal(5, 1), Text()]


def test_columns_of_base_classes_come_first() -> None:
    """A path may begin at the base class too."""

    class Named(AggregateRoot):
        name: Field[str]

    class Person(Named):
        id: Key[int]
        age: Field[int]

    schema = Schema().aggregate(Person, columns={Named.name: Text(80)})
    mapping = schema.mapping(Person)
    assert columns(mapping) == ["id", "name", "age"]
    assert mapping.tables[0].columns[1].type == Text(80)


def test_private_attributes_have_public_columns() -> None:
    """The underscore says something of the class, and nothing of the table."""

    class Account(AggregateRoot):
        id: Key[int]
        _balance: Field[int] = field(alias="balance")

    assert columns(Schema(Account).mapping(Account)) == ["id", "balance"]


def test_text_has_a_length_where_it_is_indexed() -> None:
    """MariaDB cannot index unbounded text; said lengths stay."""

    class Thing(AggregateRoot):
        id: Key[str]
        code: Field[str]
        label: Field[str]
        digest: Field[bytes]
        text: Field[str]

    schema = Schema().aggregate(
        Thing,
        unique=[Thing.code, (Thing.label, Thing.digest)],
        columns={Thing.label: Text(40)},
    )
    mapping = schema.mapping(Thing)
    types = [column.type for column in mapping.tables[0].columns]
    assert types == [Text(255), Text(255), Text(40), Binary(255), Text()]
    assert [attrs.astuple(each) for each in mapping.uniques] == [
        ("uq_thing_code", (1,), ("code",)),
        ("uq_thing_label_digest", (2, 3), ("label", "digest")),
    ]


def test_parts_of_values_can_be_unique() -> None:
    """They are named as in criteria."""

    class Article(AggregateRoot):
        id: Key[int]
        price: Field[Money]

    schema = Schema().aggregate(
        Article,
        unique=[Article.price[Money.currency]],
        columns={Money.amount: Decimal(9, 2)},
    )
    [unique] = schema.mapping(Article).uniques
    assert unique.name == "uq_article_price_currency"
    assert (unique.columns, unique.fields) == ((2,), ("price.currency",))


class Part(Entity):
    number: Key[int]
    name: Field[str]


class Line(Entity):
    sku: Key[str]
    quantity: Field[int]
    parts: Field[list[Part]] = field(factory=list)
    marks: Field[set[str]] = field(factory=set)


class Note(Entity):
    text: Field[str]
    words: Field[dict[str, int]] = field(factory=dict)


class Order(AggregateRoot):
    id: Key[UUID]
    lines: Field[list[Line]] = field(factory=list)
    notes: Field[list[Note]] = field(factory=list)
    by_name: Field[dict[str, Part]] = field(factory=dict)
    spare: Field[set[Part]] = field(factory=set)
    tags: Field[set[str]] = field(factory=set)
    prices: Field[dict[Colour, Money]] = field(factory=dict)
    paid: Field[set[Money]] = field(factory=set)
    history: Field[list[int]] = field(factory=list)


def test_every_collection_has_a_table() -> None:
    """Rows begin with what identifies them below the root."""
    schema = Schema().aggregate(Order, columns={Money.amount: Decimal(9, 2)})
    tables = {
        table.name: (
            [column.name for column in table.columns],
            table.key_size,
            table.owner_column,
        )
        for table in schema.mapping(Order).tables
    }
    assert tables == {
        "order": (["id"], 1, ""),
        "order_lines": (["sku", "position", "quantity"], 1, "order_id"),
        "order_lines_parts": (
            ["lines_sku", "number", "position", "name"],
            2,
            "order_id",
        ),
        "order_lines_marks": (["lines_sku", "value"], 2, "order_id"),
        "order_notes": (["position", "text"], 1, "order_id"),
        "order_notes_words": (["notes_position", "key", "value"], 2, "order_id"),
        "order_by_name": (["key", "number", "name"], 1, "order_id"),
        "order_spare": (["number", "name"], 1, "order_id"),
        "order_tags": (["value"], 1, "order_id"),
        "order_prices": (["key", "amount", "currency"], 1, "order_id"),
        "order_paid": (["amount", "currency"], 2, "order_id"),
        "order_history": (["position", "value"], 1, "order_id"),
    }


def test_tables_can_be_named() -> None:
    """Child tables by their collection; names of others follow."""

    class Basket(AggregateRoot):
        id: Key[int]
        lines: Field[list[Line]] = field(factory=list)

    schema = Schema().aggregate(
        Basket, table="baskets", tables={Basket.lines: "rows", Line.parts: "pieces"}
    )
    names = [(t.name, t.owner_column) for t in schema.mapping(Basket).tables]
    assert names == [
        ("baskets", ""),
        ("rows", "baskets_id"),
        ("pieces", "baskets_id"),
        ("rows_marks", "baskets_id"),
    ]


def test_the_version_column_can_be_named() -> None:
    """An attribute may be called version then."""

    class Document(AggregateRoot):
        id: Key[int]
        version: Field[int]

    schema = Schema().aggregate(Document, version="row_version")
    assert schema.mapping(Document).version_column == "row_version"
