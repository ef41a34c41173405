"""The tables of a schema; the user's own among them."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.schema import CreateTable

from tests.unit.adapters.sqlalchemy.conftest import URLS
from tests.unit.adapters.sqlalchemy.samples import SCHEMA, Color
from unitwork import (
    AbstractRepository,
    AbstractUnitOfWork,
    AggregateRoot,
    Field,
    Key,
    field,
    generated,
)
from unitwork.adapters.mapping import Schema
from unitwork.adapters.mapping.criterion import HasText
from unitwork.adapters.sqlalchemy import (
    SqlAlchemyDatabase,
    SqlAlchemyUnitOfWork,
    types,
)
from unitwork.adapters.sqlalchemy.tables import tables_of
from unitwork.adapters.storage import Query
from unitwork.domain.errors import SchemaError, StoredValueError
from unitwork.domain.specification import TextOperator

Sql = Callable[..., str]
AWARE = sa.DateTime(timezone=True)


def test_a_root_and_its_children_are_tables(sql: Sql) -> None:
    """Child rows refer to their root; references to other roots are indexed."""
    tables = tables_of(SCHEMA).tables
    assert sql("sqlite", CreateTable(tables["parcel"])) == (
        'CREATE TABLE parcel ( id VARCHAR(255) NOT NULL, "order" CHAR(32),'
        " back CHAR(32), version INTEGER NOT NULL, PRIMARY KEY (id),"
        ' CONSTRAINT fk_parcel_order FOREIGN KEY("order") REFERENCES "order" (id),'
        ' CONSTRAINT fk_parcel_back FOREIGN KEY(back) REFERENCES "order" (id) )'
    )
    assert sorted(str(index.name) for index in tables["parcel"].indexes) == [
        "ix_fk_parcel_back",
        "ix_fk_parcel_order",
    ]
    assert sql("sqlite", CreateTable(tables["parcel_stops"])) == (
        "CREATE TABLE parcel_stops ( parcel_id VARCHAR(255) NOT NULL,"
        " position INTEGER NOT NULL, value TEXT NOT NULL,"
        " PRIMARY KEY (parcel_id, position), CONSTRAINT fk_parcel_stops_parcel_id"
        " FOREIGN KEY(parcel_id) REFERENCES parcel (id) )"
    )


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("sqlite", "id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT"),
        ("postgresql", "id BIGSERIAL NOT NULL"),
        ("mysql", "id BIGINT NOT NULL AUTO_INCREMENT"),
    ],
)
def test_keys_that_the_database_makes_are_never_given_twice(
    sql: Sql, name: str, key: str
) -> None:
    """SQLite would give the greatest key again after its row was deleted."""
    assert key in sql(name, CreateTable(tables_of(SCHEMA).tables["customer"]))


class Base(DeclarativeBase):
    """Tables of a user."""


class TeamRow(Base):
    __tablename__ = "team"
    id: Mapped[int] = mapped_column(primary_key=True)


class PersonRow(Base):
    __tablename__ = "person"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column("full_name", sa.String(40))
    team: Mapped[int | None] = mapped_column(sa.ForeignKey("team.id"))
    version: Mapped[int] = mapped_column(sa.BigInteger)


class Person(AggregateRoot):
    id: Key[int] = generated()
    name: Field[str]


def test_a_users_table_is_copied_with_what_it_refers_to() -> None:
    """The user's own metadata is left alone."""
    schema = Schema().aggregate(Person, table=PersonRow)
    tables = tables_of(schema).tables
    assert sorted(tables) == ["person", "team"]
    assert tables["person"] is not PersonRow.__table__
    assert tables["person"].c.keys() == ["id", "full_name", "team", "version"]


def table_of(name: str, **columns: Any) -> sa.Table:
    """Make a table of a user with a key, a version and some more columns."""
    return sa.Table(
        name,
        sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        *(sa.Column(column, kind, nullable=False) for column, kind in columns.items()),
        sa.Column("version", sa.BigInteger, nullable=False),
    )


class Thing(AggregateRoot):
    id: Key[int]
    text: Field[str] = field(default="a")
    at: Field[datetime] = field(factory=datetime.now)
    price: Field[Decimal] = field(default=Decimal(1))
    ratio: Field[float] = field(default=0.5)
    uid: Field[UUID] = field(factory=UUID)
    blob: Field[bytes] = field(default=b"")
    color: Field[Color] = field(default=Color.RED)
    document: Field[dict[str, object]] = field(factory=dict)


EXACT: dict[str, Any] = {
    "text": types.Text(80),
    "at": types.Timestamp(),
    "price": types.Decimal(12, 2),
    "ratio": types.Float(),
    "uid": types.Uuid(),
    "blob": types.Binary(),
    "color": types.Enumeration(Color),
    "document": types.Json(),
}


def open_with(name: str, **columns: Any) -> SqlAlchemyDatabase:
    table = table_of("thing", **{**EXACT, **columns})
    schema = Schema().aggregate(
        Thing, table=table, json=[Thing.document], version="version"
    )
    return SqlAlchemyDatabase(schema, URLS[name])


@pytest.mark.parametrize(
    ("name", "column", "kind"),
    [
        ("sqlite", "text", sa.String(80)),
        ("sqlite", "text", sa.Text()),
        ("sqlite", "at", AWARE),
        ("sqlite", "price", sa.Numeric(15, 2)),
        ("sqlite", "ratio", sa.Float()),
        ("sqlite", "uid", sa.Uuid()),
        ("sqlite", "blob", sa.LargeBinary()),
        ("sqlite", "color", sa.Enum(Color)),
        ("postgresql", "text", sa.String(80)),
        ("postgresql", "text", sa.String(80, collation="C")),
        ("postgresql", "at", AWARE),
        ("postgresql", "price", sa.Numeric(30, 10)),
        ("postgresql", "ratio", sa.Float()),
        ("postgresql", "ratio", sa.Double()),
        ("postgresql", "uid", sa.Uuid()),
        ("postgresql", "uid", sa.Uuid(native_uuid=False)),
        ("postgresql", "color", sa.Enum(Color, name="color")),
        ("postgresql", "color", sa.Enum(Color, native_enum=False)),
        ("postgresql", "document", sa.JSON()),
        ("mysql", "text", sa.String(80)),
        ("mysql", "text", sa.String(80, collation="utf8mb4_nopad_bin")),
        ("mysql", "at", AWARE.with_variant(mysql.DATETIME(fsp=6), "mysql")),
        ("mysql", "price", sa.Numeric(30, 10)),
        ("mysql", "ratio", sa.Double()),
        ("mysql", "uid", sa.Uuid(native_uuid=False)),
        ("mysql", "document", sa.JSON()),
        ("mysql", "color", sa.Enum(Color)),
    ],
)
def test_types_of_sqlalchemy_are_taken_where_they_are_exact(
    name: str, column: str, kind: Any
) -> None:
    """They keep their column as it is."""
    database = open_with(name, **{column: kind})
    assert type(database.metadata.tables["thing"].c[column].type) is type(kind)


class String(sa.TypeDecorator[str]):
    """A type that a user wrote."""

    impl = sa.String
    cache_ok = True
    length = 80


INEXACT: list[tuple[str, str, Any, str]] = [
    (
        "sqlite",
        "text",
        String(80),
        "is of a type of your own, which converts as it likes, on sqlite. Use {}.Text.",
    ),
    (
        "sqlite",
        "text",
        sa.String(8, collation="NOCASE"),
        "compares by NOCASE on sqlite. Use {}.Text.",
    ),
    (
        "sqlite",
        "price",
        sa.Numeric(16, 2),
        "is binary floating point, exact up to 15 digits on sqlite. Use {}.Decimal.",
    ),
    (
        "sqlite",
        "at",
        sqlite.DATETIME(timezone=True),  # type: ignore[no-untyped-call]  # SQLAlchemy has no types here
        "may have a format of its own on sqlite. Use {}.Timestamp.",
    ),
    (
        "sqlite",
        "at",
        sa.DateTime(),
        "is without time zone, so that nothing says UTC on sqlite. Use {}.Timestamp.",
    ),
    (
        "sqlite",
        "document",
        sa.JSON(),
        "turns a document that is one number into another on sqlite. Use {}.Json.",
    ),
    (
        "postgresql",
        "document",
        postgresql.JSONB(),
        "does not keep how numbers are written on postgresql. Use {}.Json.",
    ),
    (
        "postgresql",
        "ratio",
        sa.Float(20),
        "keeps single precision only on postgresql. Use {}.Float.",
    ),
    (
        "mysql",
        "ratio",
        sa.Float(),
        "keeps single precision only on mysql. Use {}.Float.",
    ),
    (
        "mysql",
        "at",
        AWARE,
        "is not DATETIME(6), and cuts microseconds on mysql. Use {}.Timestamp.",
    ),
    (
        "mysql",
        "uid",
        sa.Uuid(),
        "becomes a UUID column, with an order of its own, on mysql. Use {}.Uuid.",
    ),
]


@pytest.mark.parametrize(("name", "column", "kind", "problem"), INEXACT)
def test_types_that_are_not_exact_are_refused_at_start(
    name: str, column: str, kind: Any, problem: str
) -> None:
    """The mistake names column, database, and the type to use. Contract: 24."""
    with pytest.raises(SchemaError) as refused:
        open_with(name, **{column: kind})
    said = problem.format("unitwork.adapters.sqlalchemy.types")
    assert refused.value.mistakes == (f"thing.{column}, of type {kind!r}, {said}",)


def test_text_that_a_constraint_compares_says_its_collation_on_mariadb() -> None:
    """Otherwise 'a' and 'A' would be one value there, and two elsewhere."""

    class Named(AggregateRoot):
        name: Key[str]

    table = sa.Table(
        "named",
        sa.MetaData(),
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
    )
    with pytest.raises(SchemaError) as refused:
        SqlAlchemyDatabase(Schema().aggregate(Named, table=table), URLS["mysql"])
    said = (
        "named.name, of type String(length=40), is unique or refers to something, and"
        " compares by another collation than utf8mb4_nopad_bin on mysql."
        " Use unitwork.adapters.sqlalchemy.types.Text."
    )
    assert refused.value.mistakes == (said,)
    table.dialect_options["mysql"]["collate"] = "utf8mb4_nopad_bin"
    SqlAlchemyDatabase(Schema().aggregate(Named, table=table), URLS["mysql"])


class Shop(AbstractUnitOfWork):
    things: AbstractRepository[Thing, int]


class SqlShop(SqlAlchemyUnitOfWork, Shop):
    """On SQL."""


async def test_a_users_columns_keep_values_exactly() -> None:
    """As SQLAlchemy itself writes and reads them. Contract: 24."""
    database = open_with(
        "sqlite",
        text=sa.String(80),
        at=AWARE,
        price=sa.Numeric(15, 2),
        ratio=sa.Float(),
        uid=sa.Uuid(),
        blob=sa.LargeBinary(),
        color=sa.Enum(Color),
    )
    await database.create_all()
    thing = Thing(
        id=1,
        at=datetime(2024, 5, 6, 7, 8, 9, 123456, tzinfo=UTC),
        price=Decimal("1234567890123.45"),
        uid=UUID(int=10),
        document={"a": [1.0]},
    )
    async with SqlShop(database) as uow:
        uow.things.add(thing)
        await uow.commit()
    async with SqlShop(database) as uow:
        found = await uow.things.get(1)
        assert {name: getattr(found, name) for name in vars(thing)} == vars(thing)
        connection = await uow.connection()
        table = database.metadata.tables["thing"]
        row = (await connection.execute(sa.select(table))).one()
    assert row.at == thing.at.replace(tzinfo=None)
    assert (row.price, row.uid, row.color) == (thing.price, thing.uid, thing.color)
    async with database.engine.begin() as connection:
        await connection.execute(sa.text("UPDATE thing SET price = 'x'"))
    with pytest.raises(StoredValueError, match="It must be a number"):
        async with SqlShop(database) as uow:
            await uow.things.get(1)
    await database.dispose()


class Span(AggregateRoot):
    id: Key[int]
    took: Field[timedelta]


@pytest.mark.parametrize("name", ["sqlite", "postgresql"])
def test_intervals_are_exact_on_postgresql_alone(name: str) -> None:
    """Elsewhere SQLAlchemy keeps them as moments after 1970."""
    schema = Schema().aggregate(Span, table=table_of("span", took=sa.Interval()))
    if name == "postgresql":
        SqlAlchemyDatabase(schema, URLS[name])
        return
    with pytest.raises(SchemaError) as refused:
        SqlAlchemyDatabase(schema, URLS[name])
    said = (
        "span.took, of type Interval(), is kept as a date and time after 1970 on"
        " sqlite. Use unitwork.adapters.sqlalchemy.types.Duration."
    )
    assert refused.value.mistakes == (said,)


class Day(AggregateRoot):
    id: Key[int]
    day: Field[date]


def test_dates_with_a_format_of_their_own_are_refused() -> None:
    """What they write may not sort as dates do."""
    table = table_of("day", day=sqlite.DATE())  # type: ignore[no-untyped-call]  # as above
    with pytest.raises(SchemaError) as refused:
        SqlAlchemyDatabase(Schema().aggregate(Day, table=table), URLS["sqlite"])
    said = (
        "day.day, of type DATE(), may have a format of its own on sqlite."
        " Use unitwork.adapters.sqlalchemy.types.Date."
    )
    assert refused.value.mistakes == (said,)


def test_texts_of_the_user_are_compared_by_code_point(sql: Sql) -> None:
    """The expression says so where the column does not. Contract: 24."""
    database = open_with("postgresql", text=sa.String(80))
    query = Query(
        database.schema.mapping(Thing), HasText(1, TextOperator.CONTAINS, "a")
    )
    step = next(database._gateway.reads.count(query))
    assert sql("postgresql", step.statement).endswith(
        'WHERE strpos(thing.text COLLATE "C", $1) > $2::INTEGER'
    )
