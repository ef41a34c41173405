"""What a database says, in the library's words: by its code and the phase."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import BigInteger, CheckConstraint, Column, MetaData, Table, text

from tests.shop import Counter, Order, Shop, ShopUnitOfWork, open_shop
from tests.storages import STORAGES, Servers
from unitwork import (
    AccessDeniedError,
    CommitOutcomeUnknownError,
    ConcurrencyConflictError,
    ConnectionLostError,
    ConstraintViolationError,
    Outcome,
    PersistenceError,
    PoolTimeoutError,
    ReferenceViolationError,
    StatementTimeoutError,
    StorageBusyError,
    StorageCorruptError,
    StorageError,
    StorageFullError,
    StorageMissingError,
    StorageReadOnlyError,
    UniqueViolationError,
    all_of,
    new_id,
)
from unitwork.adapters.mapping import Schema
from unitwork.adapters.sqlalchemy import PoolOptions, SqlAlchemyDatabase, types

if TYPE_CHECKING:
    from tests.storages import Storage

DRIVERS = {"sqlite3", "asyncpg", "psycopg", "asyncmy"}
RETRYABLE = (
    ConcurrencyConflictError,
    ConnectionLostError,
    PoolTimeoutError,
    StatementTimeoutError,
    StorageBusyError,
)


def checked(error: PersistenceError) -> PersistenceError:
    """Return an error that came from a driver, after checking what all of them say."""
    cause = error.__cause__
    assert isinstance(cause, OSError) or (
        type(cause).__module__.partition(".")[0] in DRIVERS
    )
    assert error.retryable is isinstance(error, RETRYABLE)
    lost = isinstance(error, CommitOutcomeUnknownError)
    assert error.outcome is (Outcome.UNKNOWN if lost else Outcome.ROLLED_BACK)
    return error


@pytest.fixture
async def sql_shop(sql_storage: "Storage") -> AsyncIterator[Shop]:
    """A fresh shop on each storage that has a database behind it."""
    async with open_shop(sql_storage) as opened:
        yield opened


async def execute(shop: Shop, *statements: str) -> None:
    """Execute statements as a user would, beside all units."""
    database: Any = shop.database
    async with database.engine.begin() as connection:
        for statement in statements:
            await connection.exec_driver_sql(statement)


async def fail(uow: ShopUnitOfWork) -> PersistenceError:
    """Commit, which fails; the unit and the error must agree on the outcome."""
    with pytest.raises(PersistenceError) as raised:
        await uow.commit()
    assert uow.outcome is raised.value.outcome
    return checked(raised.value)


# ── by code and phase ───────────────────────────────────────────────────────────

POSTGRES: dict[str, tuple[type[PersistenceError], type[PersistenceError]]] = {
    "23505": (UniqueViolationError, UniqueViolationError),
    "23503": (ReferenceViolationError, ReferenceViolationError),
    "23514": (ConstraintViolationError, ConstraintViolationError),
    "23502": (ConstraintViolationError, ConstraintViolationError),
    "40001": (ConcurrencyConflictError, ConcurrencyConflictError),
    "40P01": (ConcurrencyConflictError, ConcurrencyConflictError),
    "55P03": (StorageBusyError, StorageBusyError),
    "57014": (StatementTimeoutError, StatementTimeoutError),
    "57P01": (ConnectionLostError, CommitOutcomeUnknownError),
    "08006": (ConnectionLostError, CommitOutcomeUnknownError),
    "53100": (StorageFullError, StorageFullError),
    "25006": (StorageReadOnlyError, StorageReadOnlyError),
    "XX001": (StorageCorruptError, StorageCorruptError),
    "P0001": (StorageError, StorageError),
    "22012": (StorageError, StorageError),
}
"""By SQLSTATE: what it means before COMMIT, and in it."""
MARIADB: dict[int, type[PersistenceError]] = {
    1062: UniqueViolationError,
    1452: ReferenceViolationError,
    4025: ConstraintViolationError,
    1020: ConcurrencyConflictError,
    1213: ConcurrencyConflictError,
    1205: StorageBusyError,
    1969: StatementTimeoutError,
    1021: StorageFullError,
    1114: StorageFullError,
    1290: StorageReadOnlyError,
    1034: StorageCorruptError,
    1644: StorageError,
}


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
async def test_postgresql_is_understood_by_sqlstate_and_phase(
    servers: Servers, driver: str
) -> None:
    """Contract 27: a lost connection means one thing before COMMIT, another in it."""
    wrong = []
    async with open_shop(STORAGES[f"postgresql-{driver}"](servers)) as shop:
        await execute(
            shop,
            """CREATE OR REPLACE FUNCTION say() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = NEW.name; END $$""",
            """CREATE TRIGGER before_commit BEFORE INSERT ON counter FOR EACH ROW
            WHEN (NEW.value = 0) EXECUTE FUNCTION say()""",
            """CREATE CONSTRAINT TRIGGER in_commit AFTER INSERT ON counter
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION say()""",
        )
        for state, meant in POSTGRES.items():
            for phase in (0, 1):
                async with shop.unit() as uow:
                    uow.counters.add(Counter(name=state, value=phase))
                    error = await fail(uow)
                if type(error) is not meant[phase]:
                    wrong.append((state, phase, error))
        assert await shop.counters() == {}

    assert wrong == []


async def test_mariadb_is_understood_by_its_error_numbers(servers: Servers) -> None:
    """Contract 27: they say more than the SQLSTATE, which is HY000 for most."""
    wrong = []
    async with open_shop(STORAGES["mariadb"](servers)) as shop:
        await execute(
            shop,
            """CREATE TRIGGER say BEFORE INSERT ON counter FOR EACH ROW BEGIN
            DECLARE number INT DEFAULT NEW.value;
            SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = number, MESSAGE_TEXT = 'no';
            END""",
        )
        for number, meant in MARIADB.items():
            async with shop.unit() as uow:
                uow.counters.add(Counter(name="x", value=number))
                error = await fail(uow)
            if type(error) is not meant:
                wrong.append((number, error))
        assert await shop.counters() == {}

    assert wrong == []


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
async def test_the_session_that_dies_in_commit_leaves_the_outcome_unknown(
    servers: Servers, driver: str
) -> None:
    """Contract 10, 27: nobody can tell; the next unit gets another connection."""
    async with open_shop(
        STORAGES[f"postgresql-{driver}"](servers),
        pool=PoolOptions(size=1, overflow=0),
    ) as shop:
        await execute(
            shop,
            """CREATE OR REPLACE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END;
            $$""",
            """CREATE CONSTRAINT TRIGGER in_commit AFTER INSERT ON counter
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION die()""",
        )
        async with shop.unit() as uow:
            uow.counters.add(Counter(name="x"))
            error = await fail(uow)

        assert type(error) is CommitOutcomeUnknownError
        assert uow.outcome is Outcome.UNKNOWN
        assert await shop.counters() == {}


# ── constraints ─────────────────────────────────────────────────────────────────


async def test_constraint_errors_have_the_drivers_error_as_their_cause(
    sql_shop: Shop,
) -> None:
    """Contract 27: nothing of what the driver said is lost."""
    await sql_shop.put(x=1)
    cases: list[tuple[Callable[[ShopUnitOfWork], None], type[PersistenceError]]] = [
        (lambda uow: uow.counters.add(Counter(name="x")), UniqueViolationError),
        (
            lambda uow: uow.orders.add(Order(number="1", customer=new_id())),
            ReferenceViolationError,
        ),
    ]
    for adds, kind in cases:
        async with sql_shop.unit() as uow:
            adds(uow)
            assert type(await fail(uow)) is kind


@cache
def positive() -> Schema:
    """Describe a user's own table, with a rule of its own."""
    table = Table(
        "counter",
        MetaData(),
        Column("name", types.Text(255), primary_key=True),
        Column("value", BigInteger, nullable=False),
        Column("version", BigInteger, nullable=False),
        CheckConstraint("value > 0", name="positive"),
    )
    return Schema().aggregate(Counter, table=table)


async def test_a_rule_of_a_users_table_is_a_constraint_violation(
    sql_storage: "Storage",
) -> None:
    """Contract 27: it is named; retrying cannot help."""
    unit = sql_storage.unit(ShopUnitOfWork)  # type: ignore[type-abstract]  # a port
    async with sql_storage.database(positive()) as database, unit(database) as uow:
        uow.counters.add(Counter(name="x", value=-1))
        error = await fail(uow)

    assert isinstance(error, ConstraintViolationError)
    assert error.constraint == "positive"


# ── what is not there ───────────────────────────────────────────────────────────


async def test_a_missing_table_is_named_before_and_in_a_commit(sql_shop: Shop) -> None:
    """Contract 27: read, counted, locked or written."""
    await execute(sql_shop, "DROP TABLE counter")
    reads: list[Callable[[ShopUnitOfWork], Awaitable[object]]] = [
        lambda uow: uow.counters.get("x"),
        lambda uow: uow.counters.get("x", lock=True),
        lambda uow: uow.counters.matching(all_of()),
        lambda uow: uow.counters.count(),
    ]
    for read in reads:
        async with sql_shop.unit() as uow:
            with pytest.raises(StorageMissingError, match="counter") as raised:
                await read(uow)
        checked(raised.value)
    async with sql_shop.unit() as uow:
        uow.counters.add(Counter(name="x"))
        assert type(await fail(uow)) is StorageMissingError


@pytest.mark.parametrize(
    "driver", ["postgresql+asyncpg", "postgresql+psycopg", "mysql+asyncmy"]
)
async def test_a_server_that_does_not_answer_is_a_lost_connection(
    servers: Servers, driver: str
) -> None:
    """Contract 27: also at commit, where nothing has been sent: rolled back."""
    unit = STORAGES["sqlite"](servers).unit(ShopUnitOfWork)  # type: ignore[type-abstract]  # a port
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        url = f"{driver}://root@127.0.0.1:{silent.getsockname()[1]}/shop"
        database = SqlAlchemyDatabase(Schema(Counter), url)
        async with unit(database) as uow:
            with pytest.raises(ConnectionLostError) as raised:
                await uow.counters.count()
            uow.counters.add(Counter(name="x"))
            assert type(await fail(uow)) is ConnectionLostError
        await database.dispose()

    assert isinstance(raised.value, ConnectionError)
    assert raised.value.retryable
    assert raised.value.made is False


@pytest.mark.parametrize(
    "storage", ["postgresql-asyncpg", "postgresql-psycopg", "mariadb"]
)
async def test_a_user_that_the_server_does_not_know_is_denied(
    servers: Servers, storage: str
) -> None:
    """Contract 27: alike by every driver; running it again cannot help."""
    kind = STORAGES[storage](servers)
    async with kind.database(Schema(Counter)) as database:
        assert isinstance(database, SqlAlchemyDatabase)
        url = database.url.set(username="nobody_here", password="wrong")
        other = SqlAlchemyDatabase(Schema(Counter), url)
        unit = kind.unit(ShopUnitOfWork)  # type: ignore[type-abstract]  # a port
        with pytest.raises(AccessDeniedError) as raised:
            async with unit(other) as uow:
                await uow.counters.count()
        await other.dispose()

    checked(raised.value)
    assert raised.value.retryable is False
    assert str(raised.value).startswith("The database denied access.\n")


async def test_a_pool_that_is_empty_for_too_long_is_a_timeout(
    sql_storage: "Storage",
) -> None:
    """Contract 27: it may be retried; nothing was written."""
    one = PoolOptions(size=1, overflow=0, timeout=0.05)
    async with open_shop(sql_storage, pool=one) as shop:
        async with shop.unit("snapshot") as holder:
            await holder.counters.count()
            async with shop.unit() as uow:
                with pytest.raises(PoolTimeoutError) as raised:
                    await uow.counters.count()
                uow.counters.add(Counter(name="x"))
                with pytest.raises(PoolTimeoutError):
                    await uow.commit()

        assert isinstance(raised.value, TimeoutError)
        assert uow.outcome is Outcome.ROLLED_BACK
        assert await shop.counters() == {}


KILL = {
    "postgresql-asyncpg": """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND state LIKE 'idle in transaction%%'
        AND pid <> pg_backend_pid()""",
    "mariadb": """
        SELECT id FROM information_schema.innodb_trx
        JOIN information_schema.processlist ON id = trx_mysql_thread_id
        WHERE db = DATABASE() AND id <> CONNECTION_ID()""",
}
KILL["postgresql-psycopg"] = KILL["postgresql-asyncpg"]


@pytest.mark.parametrize("server", KILL)
@pytest.mark.parametrize("then", ["read", "commit"])
async def test_a_session_killed_before_commit_is_a_lost_connection(
    servers: Servers, server: str, then: str
) -> None:
    """Contract 27: known to be rolled back, so it may be retried; the pool recovers."""
    async with open_shop(STORAGES[server](servers)) as shop:
        await shop.put(x=1)
        async with shop.unit() as uow:
            (await uow.counters.get("x", lock=True)).value = 2
            await _kill(shop, KILL[server])
            if then == "commit":
                assert type(await fail(uow)) is ConnectionLostError
            else:
                with pytest.raises(ConnectionLostError) as raised:
                    await uow.counters.count()
                checked(raised.value)
                await uow.rollback()

        assert await shop.counters() == {"x": 1}


async def _kill(shop: Shop, statement: str) -> None:
    database: Any = shop.database
    async with database.engine.connect() as connection:
        asked = text(statement.replace("%%", "%"))
        numbers = list((await connection.execute(asked)).scalars())
        while not numbers:
            await asyncio.sleep(0.15)  # InnoDB lists anew if nobody asked for 0.1 s
            numbers = list((await connection.execute(asked)).scalars())
        [number] = numbers
        if isinstance(number, bool):
            return
        await connection.execute(text(f"KILL {number}"))
