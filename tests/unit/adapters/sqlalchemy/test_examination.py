"""What `unitwork doctor` makes of what a database answers."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.shop import Counter
from unitwork.adapters.mapping import Schema
from unitwork.adapters.sqlalchemy import SqlAlchemyDatabase
from unitwork.adapters.sqlalchemy.examination import examining
from unitwork.adapters.sqlalchemy.examination.collations import judge_collations
from unitwork.adapters.sqlalchemy.examination.examining import examine
from unitwork.adapters.sqlalchemy.examination.finding import (
    Expectation,
    Finding,
    Level,
    equal,
)
from unitwork.adapters.sqlalchemy.examination.mariadb import MariaDbExamination
from unitwork.adapters.sqlalchemy.examination.postgresql import PostgreSqlExamination
from unitwork.adapters.sqlalchemy.examination.sqlite import SqliteExamination

EXAMINATIONS = {
    "sqlite": SqliteExamination(),
    "postgresql": PostgreSqlExamination(),
    "mysql": MariaDbExamination(),
}


@pytest.fixture
async def database(tmp_path: Path) -> SqlAlchemyDatabase:
    made = SqlAlchemyDatabase(Schema(Counter), f"sqlite+aiosqlite:///{tmp_path}/a.db")
    await made.create_all()
    await made.dispose()
    return made


def by_subject(found: list[Finding]) -> dict[str, Finding]:
    return {finding.subject: finding for finding in found}


def test_an_answer_that_fits_needs_no_remedy() -> None:
    expected = Expectation("a", "SELECT 1", equal("ON"), "Turn it on.", Level.WARNING)
    assert expected.judge("on") == Finding(Level.OK, "a", "on")
    assert expected.judge("off") == Finding(Level.WARNING, "a", "off", "Turn it on.")


@pytest.mark.parametrize(
    ("kind", "answer", "level"),
    [
        ("sqlite", "3.35.0", Level.OK),
        ("sqlite", "3.9.2", Level.WRONG),
        ("postgresql", "180001", Level.OK),
        ("postgresql", "120020", Level.WRONG),
        ("mysql", "10.11.6-MariaDB-1", Level.OK),
        ("mysql", "5.5.5-10.6.1-MariaDB", Level.OK),
        ("mysql", "10.4.1-MariaDB", Level.WRONG),
        ("mysql", "8.0.36", Level.WRONG),
    ],
)
async def test_versions_that_are_too_old_are_wrong(
    database: SqlAlchemyDatabase, kind: str, answer: str, level: Level
) -> None:
    expected = EXAMINATIONS[kind].expectations(database)
    [version] = [one for one in expected if one.subject == "version"]
    assert version.judge(answer).level is level


async def test_a_database_that_is_well_has_only_good_findings(
    database: SqlAlchemyDatabase,
) -> None:
    found = await examine(database)
    assert {finding.level for finding in found} == {Level.OK}
    assert {"journal mode", "foreign keys", "transaction mode"} <= {*by_subject(found)}


async def test_what_may_not_be_written_is_named(
    tmp_path: Path, database: SqlAlchemyDatabase
) -> None:
    """Nothing is changed to find it out."""
    with closing(sqlite3.connect(tmp_path / "a.db")) as connection:
        connection.executescript(
            "ALTER TABLE counter RENAME TO kept;"
            " CREATE VIEW counter AS SELECT * FROM kept;"
        )
    found = by_subject(await examine(database))["permissions"]
    assert found.level is Level.WRONG
    assert "INSERT counter: " in found.found
    assert "SELECT counter: " not in found.found


async def test_a_file_that_is_no_database_is_told(
    tmp_path: Path, database: SqlAlchemyDatabase
) -> None:
    """Contract 41: by its own error."""
    (tmp_path / "a.db").write_text("no database" * 1000)
    found = by_subject(await examine(database))["answers"]
    assert (found.level, found.found.partition(".")[0]) == (
        Level.WRONG,
        "The file is not a database",
    )


@pytest.mark.parametrize(
    ("ahead", "level"),
    [(0, Level.OK), (5, Level.WARNING), (-5, Level.WARNING), (60, Level.WRONG)],
)
async def test_a_clock_that_differs_is_told(
    database: SqlAlchemyDatabase,
    monkeypatch: pytest.MonkeyPatch,
    ahead: int,
    level: Level,
) -> None:
    class Elsewhere(SqliteExamination):
        now = f"SELECT strftime('%Y-%m-%d %H:%M:%f', 'now', '{ahead} seconds')"

    monkeypatch.setitem(examining.KNOWN, "sqlite", Elsewhere())
    assert by_subject(await examine(database))["clock"].level is level


async def test_only_the_schemas_own_texts_are_judged(
    database: SqlAlchemyDatabase,
) -> None:
    """Contract 24: whatever else is in the database is nobody's business."""
    rows = [("counter", "name", "de_DE"), ("other", "name", "de_DE")]
    found = judge_collations(database, rows, good=("C",), best='"C"')
    assert (found.level, found.found) == (Level.WRONG, "counter.name: de_DE")
    found = judge_collations(database, [], good=("C",), best='"C"')
    assert (found.level, found.found) == (Level.OK, '"C", or as good')
