"""Contract 41: what can be wrong with a SQLite file, each its own error."""

import asyncio
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.shop import Counter, ShopUnitOfWork, shop_schema
from unitwork import (
    NotADatabaseError,
    Outcome,
    StorageBusyError,
    StorageCorruptError,
    StorageError,
    StorageFullError,
    StorageMissingError,
    StorageReadOnlyError,
    all_of,
)
from unitwork.adapters.sqlalchemy import SqlAlchemyDatabase, SqlAlchemyUnitOfWork

NOBODY = 65534
ROOT = Path(__file__).parents[2]


class SqlShop(SqlAlchemyUnitOfWork, ShopUnitOfWork): ...


@asynccontextmanager
async def opened(file: Path, **options: Any) -> AsyncIterator[SqlAlchemyDatabase]:
    database = SqlAlchemyDatabase(
        shop_schema(), f"sqlite+aiosqlite:///{file}", **options
    )
    try:
        yield database
    finally:
        await database.dispose()


@pytest.fixture
async def file(tmp_path: Path) -> Path:
    """A database with one counter, closed: everything is in the one file."""
    path = tmp_path / "shop.db"
    async with opened(path) as database:
        await database.create_all()
        await add(database, "before")
    assert not path.with_name("shop.db-wal").exists()
    return path


async def add(database: SqlAlchemyDatabase, name: str) -> None:
    async with SqlShop(database) as uow:
        uow.counters.add(Counter(name=name))
        await uow.commit()


async def names(database: SqlAlchemyDatabase) -> list[str]:
    async with SqlShop(database) as uow:
        return [counter.name for counter in await uow.counters.matching(all_of())]


async def test_a_file_that_is_something_else_is_not_touched(tmp_path: Path) -> None:
    """Contract 41: not a database."""
    path = tmp_path / "notes.txt"
    path.write_text("Dear diary, " * 500)
    before = path.read_bytes()
    async with opened(path) as database:
        with pytest.raises(NotADatabaseError) as refused:
            await names(database)

    assert refused.value.retryable is False
    assert refused.value.detail == f"file is not a database: {path}"
    assert path.read_bytes() == before


async def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    """Contract 41: missing."""
    async with opened(tmp_path / "nowhere" / "shop.db") as database:
        with pytest.raises(StorageMissingError) as refused:
            await names(database)

    assert refused.value.detail == (
        f"unable to open database file: {tmp_path / 'nowhere' / 'shop.db'}"
    )
    assert not (tmp_path / "nowhere").exists()


async def test_a_folder_in_place_of_the_file_is_told(tmp_path: Path) -> None:
    """Contract 41: it is there, and no file."""
    async with opened(tmp_path) as database:
        with pytest.raises(StorageMissingError) as refused:
            await names(database)

    assert refused.value.detail == (
        f"unable to open database file: {tmp_path}, which is a folder"
    )


async def test_missing_tables_are_named(tmp_path: Path) -> None:
    """Contract 41: the migrations have not run."""
    async with opened(tmp_path / "empty.db") as database:
        with pytest.raises(StorageMissingError, match="no such table: counter"):
            await names(database)
        with pytest.raises(StorageMissingError, match="no such table: counter"):
            await add(database, "a")


async def test_a_damaged_file_is_corrupt_and_not_made_worse(file: Path) -> None:
    """Contract 41: every page behind the first is garbage."""
    data = bytearray(file.read_bytes())
    data[4096:] = b"\xa5" * (len(data) - 4096)
    file.write_bytes(data)
    async with opened(file) as database:
        with pytest.raises(StorageCorruptError):
            await names(database)
        with pytest.raises(StorageCorruptError):
            await add(database, "a")

    assert file.read_bytes()[4096:] == data[4096:]


async def test_a_full_disk_stores_nothing_and_loses_nothing(file: Path) -> None:
    """Contract 41: what was committed is there, and when there is room, it goes on."""
    async with opened(file) as database:
        # A file that must not grow: what a full disk looks like to SQLite.
        async with database.engine.connect() as connection:
            pages = await connection.exec_driver_sql("PRAGMA page_count")
            limit = f"PRAGMA max_page_count = {pages.scalar_one()}"
            await connection.exec_driver_sql(limit)
        with pytest.raises(StorageFullError) as refused:
            async with SqlShop(database) as uow:
                for number in range(5000):
                    uow.counters.add(Counter(name=f"{number}-{'x' * 200}"))
                await uow.commit()

        assert uow.outcome is Outcome.ROLLED_BACK
        assert refused.value.retryable is False
        assert await names(database) == ["before"]
    async with opened(file) as database:
        await add(database, "after")
        assert sorted(await names(database)) == ["after", "before"]


async def fill_up(folder: Path) -> None:
    """Meet a full disk in a folder on a small one, then make room again."""
    async with opened(folder / "shop.db") as database:
        await database.create_all()
        await add(database, "before")
        ballast = folder / "ballast"
        with suppress(OSError), ballast.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        with pytest.raises(StorageFullError):
            async with SqlShop(database) as uow:
                for number in range(100):
                    uow.counters.add(Counter(name=f"{number}-{'x' * 200}"))
                await uow.commit()
        assert uow.outcome is Outcome.ROLLED_BACK
        assert await names(database) == ["before"]
        ballast.unlink()
        await add(database, "after")
        assert sorted(await names(database)) == ["after", "before"]


@pytest.fixture
def small_disk(tmp_path: Path) -> list[str]:
    """Words before a command that let it see a disk of 256 KiB in the test's folder.

    It takes a mount namespace, and no rights. Where even that is forbidden, as inside
    of many containers, the test before this one has to do.
    """
    mount = f'mount -t tmpfs -o size=256k none "{tmp_path}" && exec "$@"'
    command = ["unshare", "--map-root-user", "--mount", "sh", "-c", mount, "sh"]
    try:
        subprocess.run([*command, "true"], check=True, capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("There is no unshare to make a small disk with.")
    except subprocess.CalledProcessError as error:
        pytest.skip(f"This process may make no small disk: {error.stderr.strip()}")
    return command


def test_a_really_full_disk_stores_nothing_and_loses_nothing(
    tmp_path: Path, small_disk: list[str]
) -> None:
    """Contract 41: the same with a disk that is full, and one that has room again."""
    child = subprocess.run(
        [*small_disk, sys.executable, "-c", FILL_UP, str(tmp_path)],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )

    assert (child.stdout, child.returncode) == ("as promised\n", 0), child.stderr


FILL_UP = """
import asyncio, sys
from pathlib import Path
from tests.faults.test_sqlite_files import fill_up

asyncio.run(fill_up(Path(sys.argv[1])))
print("as promised")
"""


async def test_a_database_opened_for_reading_refuses_writes(file: Path) -> None:
    """Contract 41: `mode=ro`, which a root user cannot override either."""
    path = f"file:{file}?mode=ro&uri=true"
    async with opened(Path(path)) as database:
        assert await names(database) == ["before"]
        with pytest.raises(StorageReadOnlyError):
            await add(database, "a")


async def test_a_read_only_file_refuses_writes(tmp_path: Path, file: Path) -> None:
    """Contract 41: an unprivileged process and a file of somebody else."""
    folder = tmp_path / "theirs"
    folder.mkdir(mode=0o755)
    copy = Path(shutil.copy(file, folder / "shop.db"))
    copy.chmod(0o444)
    for parent in (folder, *folder.parents):
        if parent.owner() == tmp_path.owner() and parent != Path("/"):
            parent.chmod(parent.stat().st_mode | 0o055)
    before = copy.read_bytes()
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", READ_ONLY, str(copy), str(NOBODY)),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    said, failed = await child.communicate()

    assert said == b"storage-read-only\n", failed.decode()
    assert copy.read_bytes() == before


READ_ONLY = """
import asyncio, os, sys
from pathlib import Path
from tests.faults.test_sqlite_files import add, opened
from unitwork import StorageError

async def main(file):
    async with opened(file) as database:
        try:
            await add(database, "a")
        except StorageError as error:
            print(error.code)

async def import_everything():
    async with opened(Path(":memory:")) as database:
        await database.create_all()
        await add(database, "a")

asyncio.run(import_everything())  # while this process may still read its modules
if os.getuid() == 0:
    os.setuid(int(sys.argv[2]))
else:
    os.chmod(Path(sys.argv[1]).parent, 0o555)
asyncio.run(main(Path(sys.argv[1])))
"""


async def test_a_lock_of_another_process_is_waited_for_and_then_named(
    file: Path,
) -> None:
    """Contract 41: locked too long; the only one of these that may pass by waiting."""
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    async with opened(file, lock_timeout=0.05) as database:
        with pytest.raises(StorageBusyError) as refused:
            await add(database, "a")
        assert refused.value.retryable is True
        assert await names(database) == ["before"]
        other.execute("COMMIT")
        other.close()
        await add(database, "a")
        assert sorted(await names(database)) == ["a", "before"]


async def test_what_the_settings_must_be_is_read_back(file: Path) -> None:
    """Contract 41: WAL, foreign keys, and that the driver begins no transaction."""
    async with opened(file) as database, SqlShop(database) as uow:
        raw = await uow.connection()
        for pragma, value in (("journal_mode", "wal"), ("foreign_keys", 1)):
            found = await raw.exec_driver_sql(f"PRAGMA {pragma}")
            assert found.scalar_one() == value
        driver: Any = (await raw.get_raw_connection()).driver_connection
        assert driver.isolation_level is None


STUBBORN = {
    "journal_mode": ("journal_mode = DELETE", "'delete' after it was set to 'wal'"),
    "foreign_keys": ("foreign_keys = 0", "0 after it was set to 1"),
    "query_only": ("query_only = 1", "1 after it was set to 0"),
}


@pytest.mark.parametrize("pragma", STUBBORN)
async def test_a_setting_that_does_not_hold_is_an_error(
    file: Path, pragma: str
) -> None:
    """Contract 41: a file on a file system without WAL, for example."""
    instead, shown = STUBBORN[pragma]

    class Stubborn(sqlite3.Connection):
        def cursor(self, *_: Any) -> Any:
            return super().cursor(StubbornCursor)

    class StubbornCursor(sqlite3.Cursor):
        def execute(self, statement: str, *arguments: Any) -> Any:
            if statement.startswith(f"PRAGMA {pragma} ="):
                statement = f"PRAGMA {instead}"
            return super().execute(statement, *arguments)

    async with opened(file, connect_args={"factory": Stubborn}) as database:
        with pytest.raises(StorageError) as refused:
            await names(database)

    assert refused.value.detail == f"PRAGMA {pragma} is {shown}"


MODES: dict[str, dict[str, Any]] = {
    "isolation_level": {"isolation_level": "DEFERRED"},
    "autocommit": {"autocommit": True},
    "no autocommit": {"autocommit": False},
}


@pytest.mark.parametrize("mode", MODES)
async def test_a_driver_that_begins_transactions_is_an_error(
    file: Path, mode: str
) -> None:
    """Contract 41: in its own mode foreign keys are off, or COMMIT commits nothing."""
    if "autocommit" in mode and sys.version_info < (3, 12):
        pytest.skip("Before Python 3.12 sqlite3 has no autocommit.")

    class Stubborn(sqlite3.Connection):
        @property
        def isolation_level(self) -> Any:
            return MODES[mode].get("isolation_level")

        @isolation_level.setter
        def isolation_level(self, value: Any) -> None: ...

    arguments = {"factory": Stubborn, **MODES[mode]}
    async with opened(file, connect_args=arguments) as database:
        with pytest.raises(StorageError) as refused:
            await names(database)

    assert refused.value.detail.startswith("the driver begins transactions of its own")
    assert str(MODES[mode])[1:-1] in refused.value.detail
