"""`unitwork migrate` and `doctor`, on every database that SQLAlchemy reaches."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from tests.projects import project
from unitwork.entrypoints.cli.exits import ExitCode
from unitwork.entrypoints.cli.start import main

if TYPE_CHECKING:
    from tests.storages import SqlStorage


@pytest.fixture
async def url(
    sql_storage: "SqlStorage", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[str]:
    """A project whose database is empty."""
    async with sql_storage.fresh() as (made, _):
        url = made.render_as_string(hide_password=False)
        with project(tmp_path, url, monkeypatch):
            yield url


async def unitwork(*arguments: str) -> int:
    """Run it beside the event loop of the test."""
    return await asyncio.to_thread(main, arguments)


async def execute(url: str, statement: str) -> None:
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.execute(text(statement))
    await engine.dispose()


def rows(table: str) -> dict[str, tuple[str, ...]]:
    """Read the cells of what doctor prints: by subject, the level first."""
    lines = [line.split("│")[1:-1] for line in table.splitlines() if "│" in line]
    cells = [[cell.strip() for cell in line] for line in lines]
    return {what: (level, *rest) for level, what, *rest in cells}


async def test_a_project_is_migrated_to_and_fro(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Write a revision, go up, find nothing left to do, go down again."""
    file = Path(make_url(url).database or "")
    if url.startswith("sqlite"):
        for looks in ("current", "check"):
            assert await unitwork("migrate", looks) == 2
            assert f"There is no file {file}." in capsys.readouterr().err
        assert not file.exists()
        file.touch()
    assert await unitwork("migrate", "check") == 1
    assert "The models and the migrations differ" in capsys.readouterr().err
    assert await unitwork("migrate", "revision", "--autogenerate", "-m", "first") == 0
    assert re.search(r"_first\.py$", capsys.readouterr().out.strip())
    assert await unitwork("migrate", "check") == 1
    assert "The database lacks" in capsys.readouterr().err
    assert await unitwork("migrate", "upgrade") == 0
    assert await unitwork("migrate", "check") == 0
    assert await unitwork("run", "stockroom:add", "--arg", "reference=a") == 0
    capsys.readouterr()
    assert await unitwork("migrate", "current") == 0
    assert "(head)" in capsys.readouterr().out
    assert await unitwork("migrate", "history") == 0
    assert "<base> -> " in capsys.readouterr().out
    assert await unitwork("migrate", "downgrade", "-1") == 0
    assert await unitwork("migrate", "current") == 0
    assert "No revision" in capsys.readouterr().out


async def test_doctor_finds_nothing_wrong_in_a_database_that_is_well(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A server that syncs less than it could is worth a warning, no more."""
    await unitwork("migrate", "revision", "--autogenerate", "-m", "first")
    await unitwork("migrate", "upgrade")
    capsys.readouterr()
    code = await unitwork("doctor")
    printed = capsys.readouterr().out
    found = rows(printed)
    assert code in (ExitCode.COMMITTED, ExitCode.WARNINGS), printed
    bad = {what for what, (level, *_) in found.items() if level not in ("ok", "")}
    assert all(what.startswith("durability") for what in bad), printed
    assert {"answers", "clock", "permissions", "pending migrations"} <= found.keys()
    assert found["models and migrations"][:2] == ("ok", "agree")


async def test_doctor_tells_what_is_missing_and_what_to_do(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await execute(url, "CREATE TABLE other (id INTEGER)")
    await unitwork("migrate", "revision", "--autogenerate", "-m", "first")
    capsys.readouterr()
    assert await unitwork("doctor") == 1
    found = rows(capsys.readouterr().out)
    assert found["tables"] == (
        "wrong",
        "missing: batch, operation_record",
        "Run `unitwork migrate upgrade`.",
    )
    assert found["pending migrations"][0] == "wrong"


COLLATED = {
    "postgresql": 'ALTER TABLE batch ALTER reference TYPE VARCHAR(255) COLLATE "POSIX"',
    "mysql": "ALTER TABLE batch MODIFY reference VARCHAR(255) COLLATE utf8mb4_bin",
}


async def test_doctor_sees_how_texts_are_compared(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Contract 24: by code point, trailing blanks and all."""
    kind = url.partition("+")[0]
    if kind == "sqlite":
        pytest.skip("SQLite: a column's collation cannot be asked for")
    await unitwork("migrate", "revision", "--autogenerate", "-m", "first")
    await unitwork("migrate", "upgrade")
    await execute(url, COLLATED[kind])
    capsys.readouterr()
    await unitwork("doctor")
    found = rows(capsys.readouterr().out)["collations of texts"]
    if kind == "mysql":
        assert found[:2] == ("wrong", "batch.reference: utf8mb4_bin")
        assert "ALTER the columns to COLLATE utf8mb4_nopad_bin" in found[2]
    else:
        assert found[:2] == ("ok", '"C", or as good')


async def test_doctor_tells_of_a_database_that_does_not_answer(
    url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And makes no file where there was none."""
    nowhere = re.sub(r"[^/]*$", "nowhere", url)
    monkeypatch.setenv("STOCKROOM_URL", nowhere)
    assert await unitwork("doctor") == 1
    found = rows(capsys.readouterr().out)
    assert found["answers"][0] == "wrong"
    assert found["answers"][2]
    assert "pending migrations" not in found
    if nowhere.startswith("sqlite"):
        assert not Path(nowhere.removeprefix("sqlite+aiosqlite:///")).exists()
