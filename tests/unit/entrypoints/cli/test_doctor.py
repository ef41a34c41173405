"""What `unitwork doctor` says of a project that has no database to look at."""

import sys
from pathlib import Path

import pytest

from unitwork.adapters.mapping import Schema
from unitwork.adapters.memory import InMemoryDatabase
from unitwork.entrypoints.cli.project import KEYS
from unitwork.entrypoints.cli.start import main

fake = InMemoryDatabase(Schema())


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    for key in KEYS:
        monkeypatch.delenv(f"UNITWORK_{key.upper()}", raising=False)


def printed(capsys: pytest.CaptureFixture[str]) -> dict[str, list[str]]:
    lines = [line.split("│") for line in capsys.readouterr().out.splitlines()]
    cells = [[cell.strip() for cell in line[1:-1]] for line in lines if len(line) > 1]
    return {what: [level, *rest] for level, what, *rest in cells}


def test_without_settings_it_says_which_are_needed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["doctor"]) == 1
    found = printed(capsys)
    assert found["settings"][0] == "warning"
    assert found["runner"][0] == "wrong"
    assert found["database"][2] == f"Write database = {KEYS['database']}."


def test_a_database_in_memory_has_nothing_to_look_at(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNITWORK_DATABASE", f"{__name__}:fake")
    assert main(["doctor"]) == 1
    assert printed(capsys)["database"][2] == "Name a SqlAlchemyDatabase."


def test_without_migrations_there_is_a_warning(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Whoever makes tables by create_all has none; nothing of that is wrong."""
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "memory_only.py").write_text(
        "from unitwork.adapters.mapping import Schema\n"
        "from unitwork.adapters.sqlalchemy import *\n"
        "database = SqlAlchemyDatabase(Schema(), 'sqlite+aiosqlite://')\n"
        "class Units(SqlAlchemyUnitOfWork): ...\n"
    )
    monkeypatch.setenv("UNITWORK_DATABASE", "memory_only:database")
    monkeypatch.setenv("UNITWORK_RUNNER", "memory_only:Units")
    monkeypatch.syspath_prepend(tmp_path)
    assert main(["doctor"]) == 5
    del sys.modules["memory_only"]
    found = printed(capsys)
    assert found["migrations"][0] == "warning"
    assert found["file"][:2] == ["warning", "none: in memory"]
