"""Generated revisions: the same on every database, wherever they were generated."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import create_async_engine

from tests.storages import STORAGES, Servers
from unitwork.adapters.sqlalchemy.migrations import upgrade

ROOT = Path(__file__).parents[2]
PLACES = ["sqlite", "postgresql-asyncpg", "mariadb"]
HEAD = """
from uuid import UUID
from unitwork import AggregateRoot, Field, Key, field, generated, key, new_id
from unitwork.adapters.mapping import Schema
from unitwork.adapters.sqlalchemy.migrations import run
from unitwork.adapters.sqlalchemy.tables import tables_of
"""
FIRST = f"""{HEAD}
class Part(AggregateRoot):
    id: Key[UUID] = key(factory=new_id)
    of: Field[UUID | None] = field(default=None)
    ordered: Field[int | None] = field(default=None)

class Ordered(AggregateRoot):
    id: Key[int] = generated()
    customer: Field[UUID | None] = field(default=None)
    number: Field[str | None] = field(default=None)
    note: Field[str | None] = field(default=None)

class Customer(AggregateRoot):
    id: Key[UUID] = key(factory=new_id)
    address: Field[UUID | None] = field(default=None)
    name: Field[str]

class Address(AggregateRoot):
    id: Key[UUID] = key(factory=new_id)
    customer: Field[UUID]

schema = (
    Schema()
    .aggregate(Part, references={{Part.of: Part, Part.ordered: Ordered}})
    .aggregate(
        Ordered, references={{Ordered.customer: Customer}}, unique=[Ordered.number]
    )
    .aggregate(Customer, references={{Customer.address: Address}})
    .aggregate(Address, references={{Address.customer: Customer}})
)
run(tables_of(schema), url="")
"""
SECOND = f"""{HEAD}
class Part(AggregateRoot):
    id: Key[UUID] = key(factory=new_id)
    ordered: Field[int | None] = field(default=None)

class Ordered(AggregateRoot):
    id: Key[int] = generated()
    number: Field[str | None] = field(default=None)
    note: Field[str]
    more: Field[str] = field(default="")

class Bill(AggregateRoot):
    id: Key[UUID] = key(factory=new_id)
    ordered: Field[int]

schema = (
    Schema()
    .aggregate(Bill, references={{Bill.ordered: Ordered}})
    .aggregate(Part, references={{Part.ordered: Ordered}})
    .aggregate(Ordered)
)
run(tables_of(schema), url="")
"""
KEYS = {
    "fk_address_customer",
    "fk_customer_address",
    "fk_ordered_customer",
    "fk_part_of",
    "fk_part_ordered",
}


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    template = ROOT / "migrations" / "script.py.mako"
    (tmp_path / template.name).write_text(template.read_text())
    (tmp_path / "versions").mkdir()
    return tmp_path


def alembic(url: str, scripts: Path) -> Config:
    config = Config(attributes={"unitwork.url": url})
    config.set_main_option("script_location", str(scripts))
    return config


@contextmanager
def database(name: str, servers: Servers) -> Iterator[str]:
    """Lend an empty database on a storage, by its URL."""
    with asyncio.Runner() as runner:
        storage: Any = STORAGES[name](servers)
        fresh = storage.fresh()
        url, _ = runner.run(fresh.__aenter__())
        try:
            yield url.render_as_string(hide_password=False)
        finally:
            runner.run(fresh.__aexit__(None, None, None))


def look(url: str, see: Any) -> Any:
    async def seen() -> Any:
        engine = create_async_engine(url)
        async with engine.begin() as connection:
            found = await connection.run_sync(see)
        await engine.dispose()
        return found

    return asyncio.run(seen())


def foreign_keys(connection: Connection) -> set[str | None]:
    inspector = inspect(connection)
    return {
        key["name"]
        for table in inspector.get_table_names()
        for key in inspector.get_foreign_keys(table)
    }


def tables(connection: Connection) -> list[str]:
    return inspect(connection).get_table_names()


@pytest.mark.parametrize("origin", PLACES)
def test_a_revision_does_the_same_on_every_database(
    scripts: Path, servers: Servers, origin: str
) -> None:
    """Circles of foreign keys, indexes, dropped tables and columns; up and down."""
    environment = scripts / "env.py"
    with database(origin, servers) as url:
        config = alembic(url, scripts)
        for number, schema in enumerate((FIRST, SECOND), 1):
            environment.write_text(schema)
            command.revision(config, rev_id=str(number), autogenerate=True)
            command.upgrade(config, "head")
    for name in PLACES:
        with database(name, servers) as url:
            config = alembic(url, scripts)
            environment.write_text(FIRST)
            command.upgrade(config, "1")
            assert look(url, foreign_keys) == KEYS, name
            environment.write_text(SECOND)
            command.upgrade(config, "2")
            command.check(config)
            command.downgrade(config, "1")
            assert look(url, foreign_keys) == KEYS, name
            command.downgrade(config, "base")
            assert look(url, tables) == ["alembic_version"], name


def test_what_a_database_says_of_its_columns_is_in_no_revision(
    scripts: Path, servers: Servers
) -> None:
    """Collations and types of PostgreSQL and MariaDB mean nothing to the others."""
    written = {}
    for origin in ("postgresql-asyncpg", "mariadb"):
        with database(origin, servers) as url:
            for number, schema in enumerate((FIRST, SECOND), 1):
                (scripts / "env.py").write_text(schema)
                command.revision(
                    alembic(url, scripts), rev_id=str(number), autogenerate=True
                )
                command.upgrade(alembic(url, scripts), "head")
        for file in sorted((scripts / "versions").glob("*.py")):
            written[origin, file.name] = file.read_text()
            file.unlink()

    said = "\n".join(written.values())
    for word in ("collation", "sa.UUID", "sa.TEXT", "sa.VARCHAR", "mysql."):
        assert word not in said
    postgresql, mariadb = (
        written[origin, "1_.py"] for origin in ("postgresql-asyncpg", "mariadb")
    )
    assert postgresql == mariadb


def test_a_copied_table_on_sqlite_gives_no_key_twice(
    scripts: Path, servers: Servers
) -> None:
    """AUTOINCREMENT is not among what SQLAlchemy sees of a table."""
    with database("sqlite", servers) as url:
        for number, schema in enumerate((FIRST, SECOND), 1):
            (scripts / "env.py").write_text(schema)
            command.revision(
                alembic(url, scripts), rev_id=str(number), autogenerate=True
            )
            command.upgrade(alembic(url, scripts), "head")
        made = look(
            url,
            lambda connection: connection.scalar(
                text("SELECT sql FROM sqlite_master WHERE name = 'ordered'")
            ),
        )
    assert "PRIMARY KEY AUTOINCREMENT" in made


FILLED = """
import sqlalchemy as sa
from alembic import op
from unitwork.adapters.sqlalchemy import types

revision = "2"
down_revision = "1"


def upgrade() -> None:
    op.execute("INSERT INTO address (id, customer, version) VALUES ('a', 'b', 1)")
    with op.batch_alter_table("address") as batch:
        batch.add_column(sa.Column("priority", types.Integer(), nullable=True))
    op.execute("UPDATE address SET priority = 0")
    with op.batch_alter_table("address") as batch:
        batch.alter_column(
            "priority", existing_type=types.Integer(), nullable=False
        )
"""


async def test_an_upgrade_runs_where_an_event_loop_runs(
    scripts: Path, tmp_path: Path
) -> None:
    """As in the start-up of a web application; on a table that has rows."""
    url = f"sqlite+aiosqlite:///{tmp_path}/app.db"
    (scripts / "env.py").write_text(FIRST)
    command.revision(alembic(url, scripts), rev_id="1", autogenerate=True)
    (scripts / "versions" / "2.py").write_text(FILLED)
    upgrade(url, scripts=scripts)
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        found = await connection.execute(text("SELECT priority FROM address"))
        assert found.scalars().all() == [0]
    await engine.dispose()
