"""`unitwork run`, `seed`, `purge`: one operation, one unit, one exit code."""

import asyncio
import json
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.projects import project
from unitwork.entrypoints.cli.exits import ExitCode
from unitwork.entrypoints.cli.start import main


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project whose database has its tables."""
    made = tmp_path / "stock.db"
    with project(tmp_path, f"sqlite+aiosqlite:///{made}", monkeypatch) as folder:
        monkeypatch.syspath_prepend(folder)
        import stockroom  # type: ignore[import-not-found]  # just written

        database = stockroom.database()
        asyncio.run(_create(database))
        yield made


async def _create(database: object) -> None:
    await database.create_all()  # type: ignore[attr-defined]  # a SqlAlchemyDatabase
    await database.dispose()  # type: ignore[attr-defined]  # as above


def stored(file: Path) -> dict[str, int]:
    with closing(sqlite3.connect(file)) as connection:
        return dict(connection.execute("SELECT reference, quantity FROM batch"))


def test_an_operation_is_committed_and_its_result_is_json(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Contract 40: one command, one unit."""
    code = main(["run", "stockroom:add", "--arg", "reference=a", "--arg", "quantity=3"])
    assert code == ExitCode.COMMITTED
    assert json.loads(capsys.readouterr().out) == {"a": 3}
    assert stored(file) == {"a": 3}


def test_a_refusal_is_told_in_three_lines_and_rolled_back(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "stockroom:refuse", "--arg", "reference=a"]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "OutOfStockError: There are none.",
        "The operation raised it, and was rolled back: nothing of it is stored.",
        "Mend what it names; --traceback shows where it was raised.",
    ]
    assert stored(file) == {}


def test_an_error_of_the_library_is_told_in_its_own_three_lines(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "stockroom:add", "--arg", "reference=a"]) == 0
    assert main(["run", "stockroom:add", "--arg", "reference=a"]) == 1
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "Another Batch already has the same reference."
    assert len(said) == 3
    assert stored(file) == {"a": 1}


def test_a_failure_after_a_commit_has_a_code_of_its_own(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["run", "stockroom:store_and_fail", "--arg", "reference=a"])
    assert code == ExitCode.COMMITTED_THEN_FAILED
    assert "what was committed is stored" in capsys.readouterr().err
    assert stored(file) == {"a": 1}


def test_a_traceback_is_shown_if_it_is_wanted(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["--traceback", "run", "stockroom:refuse", "--arg", "reference=a"])
    assert "Traceback (most recent call last)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["stockroom:nothing"], "There is no 'nothing' in 'stockroom'."),
        (["nowhere:add"], "'nowhere' cannot be imported"),
        (["stockroom"], "The command line says 'stockroom'."),
        (["stockroom:Batch"], "stockroom:Batch is no operation"),
        (["stockroom:add"], "stockroom.add also needs reference."),
        (["stockroom:add", "--deadline", "0"], "deadline=0.0 is no time"),
        (["stockroom:add", "--attempts", "0"], "RetryPolicy(attempts=0)"),
        (["stockroom:add", "--key", "x" * 256], "is no operation key"),
        ([], "Missing argument 'MODULE:OPERATION'"),
    ],
)
def test_wrong_usage_has_a_code_of_its_own(
    file: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    """Nothing was begun, so a script may tell it from a failure."""
    assert main(["run", *arguments]) == ExitCode.USAGE
    assert said in capsys.readouterr().err


def test_with_a_key_an_operation_takes_effect_once(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Contract 34, 40: and prints the stored result again."""
    command = ["run", "stockroom:add", "--arg", "reference=a", "--key", "k"]
    assert [main(command), main(command)] == [0, 0]
    assert capsys.readouterr().out == '{"a": 1}\n{"a": 1}\n'
    assert main([*command, "--arg", "quantity=2"]) == 1
    assert "was used for another request" in capsys.readouterr().err


def test_a_deadline_ends_an_operation(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["run", "stockroom:wait", "--arg", "reference=a", "--deadline", "0.05"]
    assert main([*command, "--attempts", "1"]) == ExitCode.ROLLED_BACK
    assert "longer than its 0.05 s" in capsys.readouterr().err
    assert stored(file) == {}


def test_seeding_twice_does_nothing(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each seeder is one operation under its own name as the key."""
    assert main(["seed"]) == 0
    assert capsys.readouterr().err.splitlines()[:2] == [
        "stockroom:lamps: stored",
        "stockroom:chairs: stored",
    ]
    assert main(["seed"]) == 0
    assert capsys.readouterr().err.splitlines()[:2] == [
        "stockroom:lamps: was there",
        "stockroom:chairs: was there",
    ]
    assert stored(file) == {"lamps": 100, "chairs": 4}


def test_a_seeder_that_fails_ends_the_seeding(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "stockroom:add", "--arg", "reference=chairs"]) == 0
    assert main(["seed"]) == ExitCode.ROLLED_BACK
    said = capsys.readouterr().err
    assert "stockroom:chairs: failed" in said
    assert "Another Batch already has the same reference." in said
    assert stored(file) == {"lamps": 100, "chairs": 1}


def test_records_that_have_expired_are_purged(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Those of seeders stay: they are to be run once for ever."""
    main(["seed"])
    for number in range(3):
        name = f"a{number}"
        main(["run", "stockroom:add", "--arg", f"reference={name}", "--key", name])
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(
            "UPDATE operation_record SET expires = '2000-01-01 00:00:00.000000'"
            " WHERE operation LIKE 'a%'"
        )
        connection.commit()
    capsys.readouterr()
    assert main(["purge", "--batch", "2"]) == 0
    assert capsys.readouterr().out == "3\n"
    with closing(sqlite3.connect(file)) as connection:
        kept = connection.execute("SELECT count(*) FROM operation_record").fetchone()
    assert kept == (2,)


def test_the_module_is_found_from_a_folder_below(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The nearest pyproject.toml counts, and its folder is where modules are."""
    (file.parent / "deep" / "down").mkdir(parents=True)
    monkeypatch.chdir(file.parent / "deep" / "down")
    sys.modules.pop("stockroom")
    assert main(["run", "stockroom:add", "--arg", "reference=a"]) == 0
    monkeypatch.chdir("/")
    assert main(["run", "stockroom:add", "--arg", "reference=b"]) == ExitCode.USAGE
    below = ["--project", str(file.parent)]
    assert main([*below, "run", "stockroom:add", "--arg", "reference=b"]) == 0
    assert Path.cwd() == Path("/")


def test_a_project_elsewhere_finds_its_files_as_if_it_was_started_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relative path of SQLite would make a second, empty database here."""
    here = tmp_path / "here"
    here.mkdir()
    with project(tmp_path, "sqlite+aiosqlite:///stock.db", monkeypatch) as folder:
        monkeypatch.syspath_prepend(folder)
        import stockroom  # just written

        asyncio.run(_create(stockroom.database()))
        monkeypatch.chdir(here)
        add = ["run", "stockroom:add", "--arg", "reference=a"]
        assert main(["--project", str(tmp_path), *add]) == ExitCode.COMMITTED
    assert stored(tmp_path / "stock.db") == {"a": 1}
    assert list(here.iterdir()) == []
