"""The database object: options, pools, one event loop."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection

from tests.unit.adapters.sqlalchemy.samples import SCHEMA, Customer, SqlShop
from unitwork import AggregateRoot, Field, Key, all_of, field
from unitwork.adapters.mapping import Schema
from unitwork.adapters.memory import InMemoryDatabase
from unitwork.adapters.sqlalchemy import PoolOptions, SqlAlchemyDatabase
from unitwork.adapters.sqlalchemy.dialects.dialect import Limits
from unitwork.adapters.sqlalchemy.dialects.known import dialect_named
from unitwork.adapters.sqlalchemy.dialects.sqlite import Sqlite
from unitwork.adapters.sqlalchemy.engines import Engines, _merged
from unitwork.domain.errors import MisuseError
from unitwork.domain.storage_errors import StorageError, StorageMissingError

MEMORY = "sqlite+aiosqlite://"


def engines(url: str, pool: PoolOptions | None = None, **connect_args: Any) -> Engines:
    made = make_url(url)
    dialect = dialect_named(made.get_backend_name())
    limits = Limits(2.5, None)
    options = pool or PoolOptions()
    return Engines(dialect, made, limits, options, connect_args, echo=False)


def test_a_driver_that_was_not_tested_is_refused() -> None:
    """Contract: 27 needs to know its errors."""
    with pytest.raises(MisuseError) as refused:
        SqlAlchemyDatabase(SCHEMA, "sqlite:///file.db")
    assert str(refused.value) == (
        "The URL begins with 'sqlite'.\n"
        "Units of work need a driver for asyncio that they have been tested with.\n"
        "Use one of sqlite+aiosqlite, postgresql+asyncpg, postgresql+psycopg,"
        " mysql+asyncmy, mariadb+asyncmy. [misuse]"
    )


@pytest.mark.parametrize("url", ["stock.db", "", "hello world", None, "a://h:b/n"])
def test_what_is_no_url_is_refused_at_start(url: Any) -> None:
    """And is not repeated: it may have a password in it."""
    with pytest.raises(MisuseError) as refused:
        SqlAlchemyDatabase(SCHEMA, url)
    assert str(refused.value) == (
        "What was given as the URL of a database is none.\n"
        "It names a driver, and where the database is; it was not connected to.\n"
        "Write sqlite+aiosqlite:///stock.db, or"
        " postgresql+asyncpg://user:password@host/name. [misuse]"
    )


@pytest.mark.parametrize(
    ("driver", "extra"),
    [
        ("postgresql+asyncpg", "postgresql"),
        ("postgresql+psycopg", "postgresql"),
        ("mysql+asyncmy", "mysql"),
        ("mariadb+asyncmy", "mysql"),
    ],
)
def test_a_driver_that_is_not_installed_is_told_at_start(
    driver: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the extra that brings it."""
    module = driver.partition("+")[2]
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MisuseError) as refused:
        SqlAlchemyDatabase(SCHEMA, f"{driver}://host/name")
    what, why, remedy = str(refused.value).splitlines()
    assert what.startswith(f"The driver of {driver!r} cannot be imported: ")
    assert why == "Drivers of servers come with extras of the library."
    assert remedy == f"Install it: pip install unitwork[{extra}]. [misuse]"


@pytest.mark.parametrize("seconds", ["5", -1, 0, 0.0001, float("nan"), 1e9, True])
@pytest.mark.parametrize("name", ["lock_timeout", "statement_timeout"])
def test_a_time_limit_that_databases_would_read_differently_is_refused(
    name: str, seconds: Any
) -> None:
    """0 is no limit at all to PostgreSQL."""
    with pytest.raises(MisuseError) as refused:
        SqlAlchemyDatabase(SCHEMA, MEMORY, **{name: seconds})
    assert str(refused.value) == (
        f"{name}={seconds!r} is no time limit.\n"
        "It counts seconds, as an int or float, from 0.001 to 2,000,000.\n"
        "Say how long; leave it out for the default. [misuse]"
    )


def test_the_fake_refuses_the_same_time_limits() -> None:
    """As the SQL storages do."""
    with pytest.raises(MisuseError, match="lock_timeout=0 is no time limit"):
        InMemoryDatabase(SCHEMA, lock_timeout=0)


def test_a_pool_is_not_a_number() -> None:
    """Of what?"""
    wrong: Any = 5
    with pytest.raises(MisuseError) as refused:
        SqlAlchemyDatabase(SCHEMA, MEMORY, pool=wrong)
    assert str(refused.value) == (
        "pool=5 does not say what it counts.\n"
        "A pool has a size, an overflow, and times.\n"
        "Write pool=PoolOptions(size=5). [misuse]"
    )


def test_a_unit_is_made_with_a_database() -> None:
    """Not with the schema alone."""
    wrong: Any = SCHEMA
    with pytest.raises(MisuseError) as refused:
        SqlShop(wrong)
    assert str(refused.value) == (
        "SqlShop was given an object of Schema.\n"
        "A unit keeps its aggregates in a database object, which is made once.\n"
        "Write SqlShop(InMemoryDatabase(schema)), or the same with a"
        " SqlAlchemyDatabase(schema, url). [misuse]"
    )


@pytest.mark.parametrize(
    ("url", "size", "overflow", "recycle"),
    [
        ("sqlite+aiosqlite:///file.db", 5, 15, -1),
        (MEMORY, 1, 0, -1),
        ("postgresql+asyncpg://host/name", 10, 10, -1),
        ("mysql+asyncmy://host/name", 10, 10, 1800),
        ("mariadb+asyncmy://host/name", 10, 10, 1800),
    ],
)
def test_pools_have_sizes_that_fit_the_database(
    url: str, size: int, overflow: int, recycle: int
) -> None:
    """SQLite in memory is one connection: that is its lock."""
    pool: Any = engines(url).make(read_only=False).pool
    assert (pool.size(), pool._max_overflow, pool._recycle) == (size, overflow, recycle)


def test_pools_take_what_they_are_told() -> None:
    """In sizes and seconds."""
    said = PoolOptions(size=3, overflow=-1, timeout=1.5, recycle=60)
    pool: Any = engines("postgresql+asyncpg://h/n", said).make(read_only=False).pool
    assert (pool.size(), pool._max_overflow) == (3, -1)
    assert (pool._timeout, pool._recycle) == (1.5, 60)


def connecting(made: Engines, *, read_only: bool = False) -> dict[str, Any]:
    own = made.dialect.connect_arguments(made.url, made.limits, read_only=read_only)
    return _merged(own, made.connect_args)


def test_settings_of_the_user_are_joined_with_ours() -> None:
    """The user's win."""
    asyncpg = engines(
        "postgresql+asyncpg://h/n",
        timeout=3,
        server_settings={"application_name": "shop", "lock_timeout": "1s"},
    )
    assert connecting(asyncpg, read_only=True) == {
        "timeout": 3,
        "server_settings": {
            "lock_timeout": "1s",
            "statement_timeout": "0ms",
            "timezone": "UTC",
            "default_transaction_read_only": "on",
            "application_name": "shop",
        },
    }
    psycopg = connecting(engines("postgresql+psycopg://h/n", options="-c a=1"))
    assert psycopg["options"].startswith(
        "-c lock_timeout=2500ms -c statement_timeout=0"
    )
    assert psycopg["options"].endswith("-c default_transaction_read_only=off -c a=1")
    mariadb = connecting(
        engines("mysql+asyncmy://h/n", init_command="SET SESSION a = 1")
    )
    assert mariadb["init_command"].startswith(
        "SET SESSION sql_mode = 'STRICT_ALL_TABLES"
    )
    assert "SESSION innodb_lock_wait_timeout = 3," in mariadb["init_command"]
    assert mariadb["init_command"].endswith(", SESSION a = 1")


async def test_each_setting_of_sqlite_is_read_back(tmp_path: Path) -> None:
    """A mismatch is named. Contract: 41."""
    database = SqlAlchemyDatabase(SCHEMA, f"sqlite+aiosqlite:///{tmp_path}/a.db")
    async with database.engine.connect() as connection:
        found = [
            (await connection.execute(text(f"PRAGMA {name}"))).scalar()
            for name in ("journal_mode", "foreign_keys", "synchronous", "busy_timeout")
        ]
    assert found == ["wal", 1, 1, 0]
    await database.dispose()


def test_a_setting_that_sqlite_does_not_take_is_an_error() -> None:
    """A database in shared memory, for one, has no WAL."""

    class Cursor:
        def execute(self, statement: str) -> None:
            """Take anything."""

        def fetchone(self) -> tuple[str]:
            return ("memory",)

        def close(self) -> None:
            """Do nothing."""

    class Connection:
        def cursor(self) -> Cursor:
            return Cursor()

    connection: DBAPIConnection = Connection()  # type: ignore[assignment]  # a small one
    with pytest.raises(StorageError) as refused:
        Sqlite().prepare(
            connection, make_url("sqlite:///x.db"), Limits(1, None), read_only=False
        )
    assert refused.value.detail == (
        "PRAGMA journal_mode is 'memory' after it was set to 'wal'"
    )


def test_a_second_event_loop_is_refused_until_the_object_is_disposed_of(
    tmp_path: Path,
) -> None:
    """Connections belong to the loop that made them."""
    database = SqlAlchemyDatabase(SCHEMA, f"sqlite+aiosqlite:///{tmp_path}/a.db")

    async def count() -> int:
        async with SqlShop(database) as uow:
            return await uow.customers.count()

    async def begin() -> None:
        await database.create_all()
        await count()

    asyncio.run(begin())
    with pytest.raises(MisuseError) as refused:
        asyncio.run(count())
    assert str(refused.value) == (
        "A database object is used from a second event loop.\n"
        "Its connections belong to the loop that used it first.\n"
        "Make one database object for each loop, or `await database.dispose()` on the"
        " first one before the second begins. [misuse]"
    )
    asyncio.run(database.dispose())
    assert asyncio.run(count()) == 0
    asyncio.run(database.dispose())


async def test_a_loop_that_still_runs_is_not_robbed_of_its_connections() -> None:
    """dispose() is its own business."""
    database = SqlAlchemyDatabase(SCHEMA, MEMORY)
    await database.create_all()
    async with SqlShop(database) as uow:
        await uow.customers.count()
    with pytest.raises(MisuseError):
        await asyncio.to_thread(asyncio.run, database.dispose())
    await database.dispose()


async def test_no_connection_is_made_before_the_first_read() -> None:
    """Contract: 1."""
    database = SqlAlchemyDatabase(SCHEMA, "sqlite+aiosqlite:////no/such/folder/a.db")
    async with SqlShop(database) as uow:
        uow.customers.add(Customer(name="a"))
        await uow.rollback()
    with pytest.raises(StorageMissingError):
        async with SqlShop(database) as uow:
            await uow.customers.count()
    await database.dispose()


async def test_the_engine_begins_transactions_for_its_user(tmp_path: Path) -> None:
    """Ours are in autocommit mode, and begin their own."""
    database = SqlAlchemyDatabase(SCHEMA, f"sqlite+aiosqlite:///{tmp_path}/a.db")
    await database.create_all()
    table = database.metadata.tables["customer"]
    async with database.engine.connect() as connection:
        await connection.execute(table.insert().values(name="a", version=1))
    async with database.engine.begin() as connection:
        await connection.execute(table.insert().values(name="b", version=1))
    async with SqlShop(database) as uow:
        assert await uow.customers.count() == 1
    await database.drop_all()
    with pytest.raises(StorageMissingError):
        async with SqlShop(database) as uow:
            await uow.customers.count()
    await database.dispose()


async def test_a_transaction_that_somebody_left_open_is_not_lent_on(
    database: SqlAlchemyDatabase,
) -> None:
    """Whoever left it. Contract: 29."""
    writing = database._gateway.pools.writing
    async with writing.connect() as connection:
        await connection.exec_driver_sql("BEGIN")
        await connection.exec_driver_sql(
            "INSERT INTO customer (name, version) VALUES ('left', 1)"
        )
    async with SqlShop(database) as uow:
        assert await uow.customers.count() == 0


async def test_a_read_only_unit_has_a_pool_of_its_own_when_it_reads(
    tmp_path: Path,
) -> None:
    """Its connections refuse writes. Contract: 11."""
    database = SqlAlchemyDatabase(SCHEMA, f"sqlite+aiosqlite:///{tmp_path}/a.db")
    await database.create_all()
    pools = database._gateway.pools
    assert "reading" not in vars(pools)
    modes = []
    async with SqlShop(database, read_only=True) as uow:
        assert "reading" not in vars(pools)
        await uow.customers.count()
        async with pools.reading.connect() as connection:
            found = await connection.exec_driver_sql("PRAGMA query_only")
            modes.append(found.scalar())
    assert modes == [1]
    await database.dispose()


async def test_read_only_units_of_a_database_in_memory_share_its_connection(
    database: SqlAlchemyDatabase,
) -> None:
    """It may only read while they have it."""
    heard: list[str] = []
    engine = database._gateway.pools.writing.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *a: heard.append(a[2]))
    async with SqlShop(database, read_only=True) as uow:
        await uow.customers.count()
    assert heard == [
        "PRAGMA query_only = 1",
        "SELECT count(*) AS count_1 \nFROM customer",
        "PRAGMA query_only = 0",
    ]


async def test_a_read_only_unit_in_memory_gives_its_connection_back_when_cancelled(
    database: SqlAlchemyDatabase,
) -> None:
    """It may write again, wherever the cancellation came. Contract: 29, 31."""
    engine = database._gateway.pools.writing.sync_engine
    async with SqlShop(database) as uow:
        uow.customers.add(Customer(name="a"))
        await uow.commit()

    async def read() -> None:
        async with SqlShop(database, read_only=True) as uow:
            await uow.customers.count()

    for statement in ("= 1", "SELECT", "= 0"):
        reading = asyncio.create_task(read())

        def cancel(*heard: Any, reading: Any = reading, word: str = statement) -> None:
            if word in heard[2]:
                reading.cancel()

        event.listen(engine, "before_cursor_execute", cancel)
        with pytest.raises(asyncio.CancelledError):
            await reading
        event.remove(engine, "before_cursor_execute", cancel)
        async with SqlShop(database) as uow:
            (await uow.customers.matching(all_of()))[0].name = statement
            await uow.commit()


async def test_tables_that_refer_to_each_other_in_a_circle_are_dropped(
    tmp_path: Path,
) -> None:
    """SQLite would delete their rows first, one by one."""

    class Left(AggregateRoot):
        id: Key[int]
        other: Field[int | None] = field(default=None)

    class Right(AggregateRoot):
        id: Key[int]
        other: Field[int | None] = field(default=None)

    schema = (
        Schema()
        .aggregate(Left, references={Left.other: Right})
        .aggregate(Right, references={Right.other: Left})
    )
    url = f"sqlite+aiosqlite:///{tmp_path}/a.db"
    database = SqlAlchemyDatabase(schema, url)
    await database.create_all()
    async with database.engine.begin() as connection:
        for statement in (
            "INSERT INTO left (id, version) VALUES (1, 1)",
            "INSERT INTO right (id, other, version) VALUES (1, 1, 1)",
            "UPDATE left SET other = 1",
        ):
            await connection.execute(text(statement))
    await database.drop_all()
    async with database.engine.connect() as connection:
        found = await connection.execute(text("SELECT count(*) FROM sqlite_master"))
        assert found.scalar() == 0
    await database.dispose()
