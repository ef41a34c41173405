"""A user's own tables: they say how things are called, and how long they are."""

from datetime import date, datetime, timedelta
from decimal import Decimal as PythonDecimal
from enum import Enum
from typing import Any
from uuid import UUID

import attrs
import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from unitwork import (
    AggregateRoot,
    Entity,
    Field,
    JsonValue,
    Key,
    SchemaError,
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
from unitwork.adapters.mapping.description import Reference
from unitwork.adapters.mapping.types import ColumnType


class Colour(Enum):
    RED = "r"
    BLUE = "b"


class Money(Value):
    amount: Field[PythonDecimal]
    currency: Field[str]


class Line(Entity):
    sku: Key[str]
    quantity: Field[int]


class Customer(AggregateRoot):
    id: Key[int] = generated()
    name: Field[str]
    _email: Field[str | None] = field(alias="email")


class Order(AggregateRoot):
    id: Key[UUID]
    customer: Field[int | None]
    total: Field[Money]
    lines: Field[list[Line]] = field(factory=list)


class Base(DeclarativeBase):
    pass


class CustomerRow(Base):
    __tablename__ = "customers"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column("full_name", sa.String(80))
    email: Mapped[str | None] = mapped_column(sa.String(200), unique=True)
    version: Mapped[int] = mapped_column(sa.BigInteger)
    created: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    seen: Mapped[datetime | None]
    __table_args__ = (sa.Index("ix_full_name_email", name, email, unique=True),)


class OrderRow(Base):
    __tablename__ = "orders"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer: Mapped[int | None] = mapped_column(
        "customer_id", sa.ForeignKey("customers.id", name="who")
    )
    total_amount: Mapped[PythonDecimal] = mapped_column(sa.Numeric(9, 3))
    total_currency: Mapped[str] = mapped_column(sa.String(3))
    row_version: Mapped[int] = mapped_column("ver", sa.BigInteger)


class LineRow(Base):
    __tablename__ = "lines"
    of: Mapped[UUID] = mapped_column(sa.ForeignKey("orders.id"), primary_key=True)
    sku: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    position: Mapped[int] = mapped_column(sa.SmallInteger)
    quantity: Mapped[int]


def shop() -> Schema:
    """Map the three classes onto the three rows."""
    return (
        Schema()
        .aggregate(
            Order, table=OrderRow, tables={Order.lines: LineRow}, version="row_version"
        )
        .aggregate(Customer, table=CustomerRow)
    )


def described(
    schema: Schema, cls: type, table: int = 0
) -> list[tuple[str, ColumnType]]:
    """Show the columns of a table."""
    return [(c.name, c.type) for c in schema.mapping(cls).tables[table].columns]


def mistakes(schema: Schema) -> list[str]:
    """Return what check() finds wrong."""
    with pytest.raises(SchemaError) as raised:
        schema.check()
    return list(raised.value.mistakes)


def test_a_declarative_class_is_the_source_of_truth() -> None:
    """For names, lengths, and nullability; by its attributes, not by its columns."""
    schema = shop()
    assert described(schema, Customer) == [
        ("id", Integer(32)),
        ("full_name", Text(80)),
        ("email", Text(200)),
    ]
    assert described(schema, Order) == [
        ("id", Uuid()),
        ("customer_id", Integer(32)),
        ("total_amount", Decimal(9, 3)),
        ("total_currency", Text(3)),
    ]
    assert described(schema, Order, 1) == [
        ("sku", Text(12)),
        ("position", Integer(16)),
        ("quantity", Integer(32)),
    ]


def test_names_of_tables_owners_and_versions_are_the_users() -> None:
    """The owner's column is the one whose foreign key points at the root."""
    order = shop().mapping(Order)
    assert [(t.name, t.owner_column) for t in order.tables] == [
        ("orders", ""),
        ("lines", "of"),
    ]
    assert order.version_column == "ver"


def test_the_users_own_objects_are_kept_for_the_adapter() -> None:
    """It knows what to do with them; here they are only carried."""
    mapping = shop().mapping(Customer)
    assert mapping.tables[0].source is CustomerRow.__table__
    assert mapping.tables[0].columns[1].source is CustomerRow.__table__.c.full_name


def test_constraints_of_the_table_are_those_of_the_aggregate() -> None:
    """Unique constraints, unique indexes, and foreign keys between roots."""
    schema = shop()
    assert [attrs.astuple(each) for each in schema.mapping(Customer).uniques] == [
        ("uq_customers_email", (2,), ("_email",)),
        ("ix_full_name_email", (1, 2), ("name", "_email")),
    ]
    assert schema.mapping(Order).references == (
        Reference("who", 0, 1, Customer, ("customer",)),
    )
    assert [m.aggregate for m in schema.mappings] == [Customer, Order]
    assert schema.warnings == ()


def test_what_is_said_twice_may_agree() -> None:
    """unique= and references= and columns= are compared with the table."""
    schema = (
        Schema()
        .aggregate(Customer, table=CustomerRow, unique=[Customer._email])
        .aggregate(
            Order,
            table=OrderRow,
            tables={Order.lines: LineRow},
            version="ver",
            references={Order.customer: Customer},
            columns={Money.amount: Decimal(9, 3)},
        )
    )
    schema.check()
    assert len(schema.mapping(Customer).uniques) == 2
    assert len(schema.mapping(Order).references) == 1


def test_state_and_rows_are_as_without_a_table() -> None:
    """Only names differ."""
    mapping = shop().mapping(Order)
    order = Order(
        id=UUID(int=1),
        customer=None,
        total=Money(PythonDecimal(1), "EUR"),
        lines=[Line("b", 1), Line("a", 2)],
    )
    state = mapping.dump(order)
    assert state[1] == (("a", 1, 2), ("b", 0, 1))
    assert mapping.dump(mapping.load(state)) == state


class OfOurOwn(sa.types.UserDefinedType[Any]):
    cache_ok = True
    column_type = Decimal(30, 10)


@pytest.mark.parametrize(
    ("annotation", "kind", "expected"),
    [
        (str, sa.Text(), Text()),
        (str, sa.Unicode(5), Text(5)),
        (str, sa.VARCHAR(6), Text(6)),
        (str, mysql.LONGTEXT(), Text()),
        (int, sa.BigInteger(), Integer(64)),
        (int, sa.SMALLINT(), Integer(16)),
        (bool, sa.Boolean(), Boolean()),
        (float, sa.Float(), Float()),
        (float, sa.Double(), Float()),
        (float, postgresql.DOUBLE_PRECISION(), Float()),
        (PythonDecimal, sa.DECIMAL(7, 2), Decimal(7, 2)),
        (PythonDecimal, OfOurOwn(), Decimal(30, 10)),
        (datetime, sa.DateTime(timezone=True), Timestamp()),
        (datetime, postgresql.TIMESTAMP(timezone=True), Timestamp()),
        (date, sa.Date(), Date()),
        (timedelta, sa.Interval(), Duration()),
        (timedelta, postgresql.INTERVAL(), Duration()),
        (UUID, sa.Uuid(), Uuid()),
        (bytes, sa.LargeBinary(), Binary()),
        (bytes, sa.VARBINARY(9), Binary(9)),
        (Colour, sa.Enum(Colour), Enumeration(Colour)),
        (JsonValue, sa.JSON(), Json()),
        (JsonValue, postgresql.JSONB(), Json()),
    ],
    ids=repr,
)
def test_a_column_tells_its_type(
    annotation: Any, kind: Any, expected: ColumnType
) -> None:
    """Lengths, widths and scales come from it."""

    class Thing(AggregateRoot):
        id: Key[int]
        part: Field[annotation]

    table = _table(sa.Column("part", kind, nullable=annotation is JsonValue))
    schema = Schema().aggregate(Thing, table=table)
    assert described(schema, Thing)[1] == ("part", expected)


@pytest.mark.parametrize(
    ("annotation", "column", "problem"),
    [
        (
            int,
            sa.Column("part", sa.String(5)),
            "is of type String(length=5), which holds no Integer",
        ),
        (
            str,
            sa.Column("part", sa.CHAR(5)),
            "is of type CHAR(length=5), which is not known",
        ),
        (
            int,
            sa.Column("part", mysql.BIGINT(unsigned=True)),
            "is of type BIGINT(unsigned=True), and numbers of ours have a sign",
        ),
        (
            PythonDecimal,
            sa.Column("part", sa.Numeric()),
            "is of type Numeric(), without precision and scale",
        ),
        (
            float,
            sa.Column("part", sa.Float(asdecimal=True)),
            (
                "is of type"
                " Float(asdecimal=True) with asdecimal, which is neither one nor the"
                " other"
            ),
        ),
        (
            Colour,
            sa.Column("part", sa.Enum("RED", "BLUE")),
            "is of type Enum('RED', 'BLUE'), which names no enum class",
        ),
        (
            Colour,
            sa.Column(
                "part", sa.Enum(Colour, values_callable=lambda e: [m.value for m in e])
            ),
            "holds the members ['r', 'b'] and not those of Colour",
        ),
        (
            int,
            sa.Column("part", sa.Integer, nullable=True),
            "may be null, and the attribute is never None",
        ),
        (
            int | None,
            sa.Column("part", sa.Integer, nullable=False),
            "may not be null, and the attribute may be None",
        ),
        (
            int,
            sa.Column("part", sa.Integer, sa.Computed("1")),
            "is computed by the database, and the attribute is written",
        ),
        (
            int,
            sa.Column("part", sa.Integer, nullable=False, onupdate=99),
            "is changed by its onupdate, and the attribute is written",
        ),
        (
            int,
            sa.Column(
                "part", sa.Integer, nullable=False, server_onupdate=sa.FetchedValue()
            ),
            "is changed by its onupdate, and the attribute is written",
        ),
    ],
)
def test_a_column_that_does_not_fit_is_named(
    annotation: Any, column: Any, problem: str
) -> None:
    """With the attribute, so that either can be changed."""

    class Thing(AggregateRoot):
        id: Key[int]
        part: Field[annotation]

    if "null" not in problem:
        column.nullable = False
    assert mistakes(Schema().aggregate(Thing, table=_table(column))) == [
        (
            f"Thing.part and its column thing.part differ: the column {problem}."
            " Change the class or the table, so that they agree."
        )
    ]


class Thing(AggregateRoot):
    id: Key[int]
    part: Field[str]


def test_a_length_said_twice_is_the_same() -> None:
    """The table is the source of truth."""
    schema = Schema().aggregate(
        Thing, table=_table(_part(sa.String(5))), columns={Thing.part: Text(6)}
    )
    assert mistakes(schema) == [
        (
            "Thing.part and its column thing.part differ: the column is"
            " Text(length=5), and"
            " columns= says Text(length=6). Change the class or the table, so that they"
            " agree."
        )
    ]


def test_every_attribute_has_a_column() -> None:
    """Also those of children, and what identifies these."""
    assert mistakes(Schema().aggregate(Thing, table=_table())) == [
        (
            "Thing.part has no column in the table 'thing'. Add a column 'part' to the"
            " table."
        )
    ]


def test_every_required_column_is_filled() -> None:
    """By an attribute, by a default, or by the database."""
    table = _table(
        _part(sa.String(5)),
        sa.Column("a", sa.Integer, nullable=True),
        sa.Column("b", sa.Integer, default=1, nullable=False),
        sa.Column("c", sa.Integer, server_default="1", nullable=False),
        sa.Column("d", sa.Integer, sa.Identity(), nullable=False),
        sa.Column("e", sa.Integer, sa.Computed("1"), nullable=False),
        sa.Column("f", sa.Integer, nullable=False),
    )
    assert mistakes(Schema().aggregate(Thing, table=table)) == [
        (
            "Thing leaves the column thing.f empty, which may not be null and has no"
            " default."
            " Map an attribute to it, or give the column a default."
        )
    ]


def test_the_key_is_the_primary_key() -> None:
    """Alone."""
    table = sa.Table(
        "thing",
        sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("part", sa.String, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
    )
    assert mistakes(Schema().aggregate(Thing, table=table)) == [
        (
            "Thing is told apart by id, and the table 'thing' by id, part."
            " Make these columns the primary key of the table."
        )
    ]


def test_there_is_a_version_column() -> None:
    """Or no update could be guarded."""
    table = sa.Table(
        "thing",
        sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("part", sa.String, nullable=False),
        sa.Column("small", sa.Integer, nullable=False, default=0),
    )
    assert mistakes(Schema().aggregate(Thing, table=table)) == [
        (
            "Thing has no version column 'version' in the table 'thing'. Add `version:"
            " BigInteger, not null` to the table, or name the one that there is:"
            " version=..."
        )
    ]
    assert mistakes(Schema().aggregate(Thing, table=table, version="small")) == [
        (
            "Thing has the version column thing.small, which cannot hold 63 bits or"
            " may be"
            " null. Make it BigInteger, not null."
        )
    ]


def test_unique_is_said_in_the_table() -> None:
    """Where there is one, it decides."""
    schema = Schema().aggregate(
        Thing, table=_table(_part(sa.String(5))), unique=[(Thing.part, Thing.id)]
    )
    assert mistakes(schema) == [
        (
            "Thing.part, id is unique by unique=, and the table 'thing' has no such"
            " constraint. Add a UniqueConstraint to the table, or leave it out of"
            " unique=."
        )
    ]


# ---------------------------------------------------------------- references


class Owner(AggregateRoot):
    id: Key[int]
    other: Field[int | None]


def _owner(*rest: Any, **options: Any) -> sa.Table:
    return sa.Table(
        "owner",
        sa.MetaData(),
        sa.Column("id", sa.BigInteger, primary_key=True),
        sa.Column("other", sa.BigInteger, *rest),
        sa.Column("version", sa.BigInteger, nullable=False),
        **options,
    )


def test_a_reference_has_a_foreign_key() -> None:
    """The database would not keep it otherwise."""
    schema = Schema().aggregate(Owner, table=_owner(), references={Owner.other: Owner})
    assert mistakes(schema) == [
        (
            "Owner.other refers to Owner by references=, and its column owner.other"
            " has no"
            " foreign key. Add a ForeignKey to the table, or leave it out of"
            " references=."
        )
    ]


def test_a_reference_and_its_foreign_key_agree() -> None:
    """On the class, and on its key."""
    other = Schema(Thing).aggregate(
        Owner, table=_owner(sa.ForeignKey("thing.id")), references={Owner.other: Owner}
    )
    assert mistakes(other) == [
        (
            "Owner.other refers to Owner by references=, and its column owner.other to"
            " the"
            " table 'thing'. Correct one of them, so that they agree."
        )
    ]
    missing = Schema().aggregate(
        Owner, table=_owner(sa.ForeignKey("gone.id")), references={Owner.other: Owner}
    )
    assert mistakes(missing) == [
        (
            "Owner.other refers to Owner by references=, and its column owner.other to"
            " the"
            " table 'gone'. Correct one of them, so that they agree."
        )
    ]
    column = Schema(Thing).aggregate(Owner, table=_owner(sa.ForeignKey("thing.part")))
    assert mistakes(column) == [
        (
            "Owner.other has the column owner.other, which refers to thing.part."
            " Refer to the key, thing.id."
        )
    ]


def test_a_foreign_key_has_the_type_of_the_key() -> None:
    """Neither of two tables can be changed from here."""

    class Holder(AggregateRoot):
        id: Key[UUID]

    table = sa.Table(
        "holder",
        sa.MetaData(),
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
    )
    schema = (
        Schema()
        .aggregate(Holder, table=table)
        .aggregate(Owner, table=_owner(sa.ForeignKey("holder.id")))
    )
    assert mistakes(schema) == [
        (
            "Owner.other is Integer(bits=64), and the key of Holder that it refers to"
            " is"
            " Uuid(). Give both the same type."
        )
    ]


def test_a_foreign_key_is_named_where_the_table_does_not() -> None:
    """By table and column."""
    schema = Schema(Thing).aggregate(Owner, table=_owner(sa.ForeignKey("thing.id")))
    assert schema.mapping(Owner).references == (
        Reference("fk_owner_other", 0, 1, Thing, ("other",)),
    )


@pytest.mark.parametrize(
    ("key", "warning"),
    [
        (
            sa.ForeignKey("gone.id"),
            (
                "owner.other refers to the table 'gone', in which no class of the"
                " schema is"
                " kept; the database checks it, and no other storage does."
            ),
        ),
        (
            sa.ForeignKey("thing.id", deferrable=True),
            (
                "owner: the foreign key of other is deferrable; the database keeps it,"
                " and no"
                " other storage does."
            ),
        ),
        (
            sa.ForeignKey("thing.id", ondelete="CASCADE"),
            (
                "owner: the foreign key of other has ondelete='CASCADE'; the database"
                " keeps"
                " it, and no other storage does."
            ),
        ),
        (
            sa.ForeignKey("thing.id", onupdate="SET NULL"),
            (
                "owner: the foreign key of other has onupdate='SET NULL'; the database"
                " keeps"
                " it, and no other storage does."
            ),
        ),
    ],
    ids=["elsewhere", "deferrable", "ondelete", "onupdate"],
)
def test_foreign_keys_outside_of_the_verified_set_warn(key: Any, warning: str) -> None:
    """Contract 26."""
    assert Schema(Thing).aggregate(Owner, table=_owner(key)).warnings == (warning,)


def test_restricting_actions_are_what_everyone_does() -> None:
    """They say what would happen anyway."""
    key = sa.ForeignKey("thing.id", ondelete="RESTRICT", onupdate="NO ACTION")
    assert Schema(Thing).aggregate(Owner, table=_owner(key)).warnings == ()


def test_unique_constraints_outside_of_the_verified_set_warn() -> None:
    """Partial and deferrable ones, those of expressions and unmapped columns."""
    table = _table(
        _part(sa.String(5)),
        sa.Column("extra", sa.Integer, nullable=True),
        sa.UniqueConstraint("part", "id", deferrable=True),
        sa.UniqueConstraint("part", "extra"),
        sa.UniqueConstraint("part", postgresql_nulls_not_distinct=True),
        sa.Index("ix_lower", sa.text("lower(part)"), unique=True),
        sa.Index("ix_some", "part", unique=True, sqlite_where=sa.text("part > 'a'")),
        sa.Index("ix_all", "part", unique=True, mysql_using="btree"),
        sa.Index("ix_plain", "part", "id"),
    )
    schema = Schema().aggregate(Thing, table=table)
    assert [unique.name for unique in schema.mapping(Thing).uniques] == ["ix_all"]
    rest = "the database keeps it, and no other storage does."
    assert schema.warnings == (
        f"thing: the unique constraint ix_lower is over an expression; {rest}",
        (
            f"thing: the unique constraint over part has postgresql_nulls_not_distinct;"
            f" {rest}"
        ),
        f"thing: the unique constraint ix_some has sqlite_where; {rest}",
        (
            f"thing: the unique constraint over part, extra is over columns that no"
            " attribute"
            f" has; {rest}"
        ),
        f"thing: the unique constraint over part, id is deferrable; {rest}",
    )


# ------------------------------------------------------------------ child tables


class Order2(AggregateRoot):
    id: Key[int]
    lines: Field[list[Line]] = field(factory=list)


def _child(*columns: Any) -> Schema:
    metadata = sa.MetaData()
    root = sa.Table(
        "order2",
        metadata,
        sa.Column("id", sa.BigInteger, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
    )
    line = sa.Table(
        "line",
        metadata,
        sa.Column("sku", sa.String(9), primary_key=True),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("quantity", sa.Integer, nullable=False),
        *columns,
    )
    return Schema().aggregate(Order2, table=root, tables={Order2.lines: line})


def test_a_child_table_has_a_column_for_its_root() -> None:
    """By foreign key, or by name."""
    assert mistakes(_child()) == [
        (
            "Order2.lines has no column for the key of its root in the table 'line'."
            " Add 'order2_id', a foreign key to 'order2'."
        ),
        (
            "Order2.lines is told apart by order2_id, sku, and the table 'line' by sku."
            " Make these columns the primary key of the table."
        ),
    ]
    named = _child(sa.Column("order2_id", sa.BigInteger, primary_key=True))
    assert named.mapping(Order2).tables[1].owner_column == "order2_id"


def test_the_column_for_the_root_has_its_type() -> None:
    """Or it could not hold its key."""
    key = sa.ForeignKey("order2.id")
    assert mistakes(_child(sa.Column("of", sa.Uuid, key, primary_key=True))) == [
        (
            "Order2.lines and its column line.of differ: the column must hold the key"
            " of"
            " Order2, Integer(bits=64), and never null."
            " Change the class or the table, so that they agree."
        )
    ]


def test_a_child_table_may_have_a_key_of_its_own() -> None:
    """If a unique constraint tells its rows apart, and the database fills the key."""
    metadata = sa.MetaData()
    line = sa.Table(
        "line",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("order2_id", sa.BigInteger, nullable=False),
        sa.Column("sku", sa.String(9), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("quantity", sa.Integer, nullable=False),
        sa.UniqueConstraint("order2_id", "sku"),
        sa.UniqueConstraint("quantity"),
    )
    schema = Schema().aggregate(Order2, tables={Order2.lines: line})
    assert schema.warnings == (
        (
            "line: the unique constraint over quantity is on a child table; the"
            " database"
            " keeps it, and no other storage does."
        ),
    )


def test_nested_tables_name_the_columns_of_their_parents() -> None:
    """After the attribute that holds the parents."""

    class Step(Entity):
        marks: Field[set[str]]

    class Plan(AggregateRoot):
        id: Key[int]
        steps: Field[list[Step]]

    table = sa.Table(
        "mark",
        sa.MetaData(),
        sa.Column("plan_id", sa.BigInteger, primary_key=True),
        sa.Column("steps_position", sa.Integer, primary_key=True),
        sa.Column("value", sa.String(9), primary_key=True),
    )
    schema = Schema().aggregate(Plan, tables={Step.marks: table})
    assert described(schema, Plan, 2) == [
        ("steps_position", Integer(32)),
        ("value", Text(9)),
    ]


def _part(kind: Any) -> sa.Column[Any]:
    return sa.Column("part", kind, nullable=False)


def _table(*columns: Any) -> sa.Table:
    return sa.Table(
        "thing",
        sa.MetaData(),
        sa.Column("id", sa.BigInteger, primary_key=True),
        *columns,
        sa.Column("version", sa.BigInteger, nullable=False),
    )
