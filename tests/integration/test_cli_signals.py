"""SIGINT and SIGTERM end a command in a known outcome: real processes and signals.

Each process says where it stands, and is answered: nothing waits for time to pass.
"""

import asyncio
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.projects import project, unitwork

COMMITTING = """
from unitwork.adapters.sqlalchemy.drivers.portable import PortableConnection

_commit = PortableConnection.commit


async def commit(self) -> None:
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    await _commit(self)


PortableConnection.commit = commit
"""
LOADING = """
print("ready", flush=True)
sys.stdin.readline()
"""
MIGRATION = """
import sys

import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None

def upgrade():
    op.create_table("half", sa.Column("id", sa.Integer, primary_key=True))
    print("ready", flush=True)
    sys.stdin.readline()
    op.create_table("whole", sa.Column("id", sa.Integer, primary_key=True))
"""
SIGNALS = [signal.SIGINT, signal.SIGTERM]


@pytest.fixture(params=SIGNALS, ids=lambda number: number.name)
def number(request: pytest.FixtureRequest) -> signal.Signals:
    found: signal.Signals = request.param
    return found


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project with tables."""
    url = f"sqlite+aiosqlite:///{tmp_path}/stock.db"
    with project(tmp_path, url, monkeypatch) as folder:
        monkeypatch.syspath_prepend(folder)
        import stockroom  # type: ignore[import-not-found]  # just written

        async def create() -> None:
            database = stockroom.database()
            await database.create_all()
            await database.dispose()

        asyncio.run(create())
        yield folder


def amend(folder: Path, addition: str) -> None:
    with (folder / "stockroom.py").open("a") as module:
        module.write(addition)


def run(operation: str) -> "subprocess.Popen[str]":
    return unitwork("run", f"stockroom:{operation}", "--arg", "reference=a")


def interrupted(
    process: "subprocess.Popen[str]", *numbers: signal.Signals
) -> tuple[int, str, str]:
    """Wait until it is ready, send the signals, let it go on, and see it end."""
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    for number in numbers:
        process.send_signal(number)
    out, err = process.communicate("go\n", timeout=60)
    return process.returncode, out, err


def stored(folder: Path, table: str = "batch") -> int:
    with closing(sqlite3.connect(folder / "stock.db")) as connection:
        count: int = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        return count


def test_before_the_commit_everything_is_rolled_back(
    folder: Path, number: signal.Signals
) -> None:
    """Contract 40: the code is that of the signal, as shells have it."""
    code, out, err = interrupted(run("wait"), number)
    assert (code, out) == (128 + number, "")
    assert err == f"{number.name}: rolled back, nothing is stored.\n"
    assert stored(folder) == 0


def test_a_commit_that_has_begun_runs_to_its_end(
    folder: Path, number: signal.Signals
) -> None:
    """Contract 31, 40: it is reported, with the result."""
    amend(folder, COMMITTING)
    code, out, err = interrupted(run("add"), number)
    assert (code, out) == (0, '{"a": 1}\n')
    assert "ran to its end, everything is stored" in err
    assert stored(folder) == 1


def test_signals_that_are_repeated_cut_no_commit_short(folder: Path) -> None:
    """Whoever is impatient gets the same answer."""
    amend(folder, COMMITTING)
    code, _, _ = interrupted(run("add"), *SIGNALS, *SIGNALS)
    assert code == 0
    assert stored(folder) == 1


def test_what_follows_a_commit_of_the_service_is_stopped(
    folder: Path, number: signal.Signals
) -> None:
    """Its result is not known, so nothing is printed, and the code is another one."""
    amend(folder, COMMITTING)
    code, out, err = interrupted(run("store"), number)
    assert (code, out) == (4, "")
    assert "came after a commit" in err
    assert stored(folder) == 1


def test_before_a_unit_is_open_there_is_nothing_to_roll_back(
    folder: Path, number: signal.Signals
) -> None:
    amend(folder, LOADING)
    code, out, err = interrupted(run("add"), number)
    assert (code, out) == (128 + number, "")
    assert err.lstrip() == f"{number.name}: no unit of work was open.\n"
    assert stored(folder) == 0


def test_seeders_that_have_run_stay(folder: Path, number: signal.Signals) -> None:
    """Each is a unit of its own, and the next `seed` goes on."""
    amend(folder, "\nasync def chairs(uow):\n    await wait(uow, 'chairs')\n")
    code, _, err = interrupted(unitwork("seed"), number)
    assert code == 128 + number
    assert "stockroom:lamps: stored" in err
    assert stored(folder) == 1


def test_a_migration_that_is_interrupted_is_rolled_back(
    folder: Path, number: signal.Signals
) -> None:
    (folder / "migrations" / "versions" / "1.py").write_text(MIGRATION)
    code, _, err = interrupted(unitwork("migrate", "upgrade"), number)
    assert code == 128 + number, err
    assert "Stopped in the middle of a migration." in err
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        stored(folder, "half")


COMMAND = """
import click
import stockroom
from unitwork.entrypoints.cli.decorator import unit_of_work

@click.command()
@unit_of_work(lambda: stockroom.SqlAlchemyStock(stockroom.database()))
async def command(uow: stockroom.StockUnitOfWork) -> None:
    await stockroom.wait(uow, "a")

command()
"""


def test_a_command_of_ones_own_ends_alike(folder: Path, number: signal.Signals) -> None:
    """Contract 40: by the decorator alone."""
    (folder / "command.py").write_text(COMMAND)
    process = subprocess.Popen(
        [sys.executable, "command.py"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    code, _, err = interrupted(process, number)
    assert code == 128 + number
    assert err == f"{number.name}: rolled back, nothing is stored.\n"
    assert stored(folder) == 0
