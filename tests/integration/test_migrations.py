"""Migrations: up, down, nothing left to do, on every database."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import inspect
from sqlalchemy.ext.asyncio import create_async_engine

from examples.users import services
from examples.users.adapters import SqlAlchemyUsers, migrate, schema
from unitwork.adapters.sqlalchemy import SqlAlchemyDatabase
from unitwork.adapters.sqlalchemy.migrations import upgrade

if TYPE_CHECKING:
    from tests.storages import SqlStorage

ROOT = Path(__file__).parents[2]
OFFLINE = {
    "sqlite+aiosqlite://": "id INTEGER NOT NULL",
    "postgresql+asyncpg://": "id BIGSERIAL NOT NULL",
    "postgresql+psycopg://": "id BIGSERIAL NOT NULL",
    "mysql+asyncmy://": "id BIGINT NOT NULL AUTO_INCREMENT",
}


@pytest.fixture
async def url(sql_storage: "SqlStorage") -> AsyncIterator[str]:
    async with sql_storage.fresh() as (url, _):
        yield url.render_as_string(hide_password=False)


def alembic(url: str, **options: object) -> Config:
    """Configure it the way that the command line does."""
    config = Config(
        toml_file=ROOT / "pyproject.toml",
        attributes={"unitwork.url": url},
        **options,  # type: ignore[arg-type]  # stdout and output_buffer
    )
    config.cmd_opts = None
    return config


async def tables(url: str) -> set[str]:
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        names = await connection.run_sync(lambda c: inspect(c).get_table_names())
    await engine.dispose()
    return set(names)


async def test_up_and_down_and_nothing_left_to_do(url: str) -> None:
    """After `upgrade head` autogenerate finds nothing; `downgrade base` cleans up."""
    config = alembic(url)
    await asyncio.to_thread(command.upgrade, config, "head")
    assert await tables(url) == {"alembic_version", "users"}
    await asyncio.to_thread(command.check, config)
    await asyncio.to_thread(command.downgrade, config, "base")
    assert await tables(url) == {"alembic_version"}
    await asyncio.to_thread(command.upgrade, config, "head")


async def test_the_application_runs_on_migrated_tables(url: str) -> None:
    await asyncio.to_thread(migrate, url)
    database = SqlAlchemyDatabase(schema, url)
    uow = SqlAlchemyUsers(database)
    user = await services.register(uow, "𠮷野", "πηνελόπη@example.com")
    assert (await services.show(uow, user.id)).name == "𠮷野"
    await database.dispose()


async def test_migrated_and_created_tables_are_the_same(
    sql_storage: "SqlStorage",
) -> None:
    """`create_all`, which tests use, makes what the migrations make."""
    async with sql_storage.database(schema) as database:
        url = database.engine.url.render_as_string(hide_password=False)
        config = alembic(url)
        await asyncio.to_thread(command.stamp, config, "head")
        await asyncio.to_thread(command.check, config)


@pytest.mark.parametrize("url", OFFLINE)
def test_sql_is_written_without_a_database(url: str) -> None:
    written = StringIO()
    command.upgrade(alembic(url, output_buffer=written), "head", sql=True)
    assert OFFLINE[url] in written.getvalue()
    assert "CONSTRAINT uq_users_email UNIQUE (email)" in written.getvalue()


BROKEN = """
import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None

def upgrade():
    op.create_table("half", sa.Column("id", sa.Integer, primary_key=True))
    op.execute("INSERT INTO nowhere VALUES (1)")
"""
ENVIRONMENT = """
from sqlalchemy import MetaData
from unitwork.adapters.sqlalchemy.migrations import run

run(MetaData(), url="sqlite+aiosqlite:///unused.db")
"""


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    (tmp_path / "env.py").write_text(ENVIRONMENT)
    (tmp_path / "versions").mkdir()
    return tmp_path


def test_a_migration_that_fails_on_sqlite_changes_nothing(scripts: Path) -> None:
    """The driver alone would have kept the first half of it."""
    (scripts / "versions" / "1.py").write_text(BROKEN)
    file = scripts / "half.db"
    with pytest.raises(Exception, match="no such table: nowhere"):
        upgrade(f"sqlite+aiosqlite:///{file}", scripts=scripts)
    with closing(sqlite3.connect(file)) as connection:
        found = connection.execute("SELECT name FROM sqlite_master").fetchall()
    assert found == []


def test_the_command_line_names_the_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By -x url=..., else by the environment."""
    from alembic.config import main

    monkeypatch.chdir(ROOT)
    files = [tmp_path / "x.db", tmp_path / "environment.db"]
    urls = [f"sqlite+aiosqlite:///{file}" for file in files]
    monkeypatch.setenv("UNITWORK_DATABASE_URL", urls[1])
    main(["-x", f"url={urls[0]}", "upgrade", "head"])
    main(["upgrade", "head"])
    main(["check"])
    assert all(file.stat().st_size for file in files)


def test_check_finds_what_a_migration_forgot(scripts: Path) -> None:
    """Autogenerate is awake: a table without a migration is found."""
    (scripts / "env.py").write_text(
        "from examples.users.adapters import Base\n"
        + ENVIRONMENT.replace("MetaData()", "Base.metadata")
    )
    config = Config(attributes={"unitwork.url": f"sqlite+aiosqlite:///{scripts}/a.db"})
    config.set_main_option("script_location", str(scripts))
    with pytest.raises(CommandError, match="add_table"):
        command.check(config)


EVERY_TYPE = """
from enum import Enum

import sqlalchemy as sa
from unitwork.adapters.sqlalchemy import types
from unitwork.adapters.sqlalchemy.migrations import run
from unitwork.adapters.sqlalchemy.tables import NAMING

Color = Enum("Color", ["RED", "ULTRAMARINE"])
metadata = sa.MetaData(naming_convention=NAMING)
table = sa.Table(
    "every_type",
    metadata,
    sa.Column("id", types.Integer(), primary_key=True),
    sa.Column("small", types.Integer(16)),
    sa.Column("boolean", types.Boolean(), nullable=False),
    sa.Column("float", types.Float()),
    sa.Column("decimal", types.Decimal(12, 2)),
    sa.Column("long", types.Decimal(30, 4)),
    sa.Column("text", types.Text()),
    sa.Column("short", types.Text(20), unique=True),
    sa.Column("binary", types.Binary()),
    sa.Column("timestamp", types.Timestamp()),
    sa.Column("date", types.Date()),
    sa.Column("duration", types.Duration()),
    sa.Column("uuid", types.Uuid()),
    sa.Column("color", types.Enumeration(Color)),
    sa.Column("json", types.Json()),
    sa.Column("plain", sa.String(10), server_default="x"),
)
# more
run(metadata, url="")
"""
MORE = """
table.append_column(sa.Column("added", types.Text(30)))
table.append_constraint(sa.UniqueConstraint("added", "small"))
"""


async def test_generated_revisions_run_and_leave_nothing_to_do(
    scripts: Path, url: str
) -> None:
    """Every type of column; then a change of the table, in a batch on SQLite."""
    template = ROOT / "migrations" / "script.py.mako"
    (scripts / template.name).write_text(template.read_text())
    config = Config(attributes={"unitwork.url": url})
    config.set_main_option("script_location", str(scripts))
    for text in (EVERY_TYPE, EVERY_TYPE.replace("# more", MORE)):
        (scripts / "env.py").write_text(text)
        await asyncio.to_thread(
            command.revision, config, message="step", autogenerate=True
        )
        await asyncio.to_thread(command.upgrade, config, "head")
        await asyncio.to_thread(command.check, config)
    await asyncio.to_thread(command.downgrade, config, "base")
    assert await tables(url) == {"alembic_version"}
