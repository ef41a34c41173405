"""Settings: the nearest pyproject.toml, and the environment before it."""

from pathlib import Path

import pytest

from unitwork import MisuseError
from unitwork.entrypoints.cli.project import KEYS, Project, read_project

SETTINGS = """
[tool.unitwork]
database = "shop.composition:database"
seeders = ["shop.seeders:a", "shop.seeders:b"]
"""


def project(folder: Path, text: str = SETTINGS, **environment: str) -> Project:
    (folder / "pyproject.toml").write_text(text)
    return read_project(folder, environment)


def values(found: Project, key: str) -> list[str]:
    return [setting.value for setting in found.all(key)]


def test_settings_are_read_from_the_nearest_file(tmp_path: Path) -> None:
    project(tmp_path)
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    found = read_project(below, {})
    assert found.folder == tmp_path
    assert found.get("database").value == "shop.composition:database"
    assert values(found, "seeders") == ["shop.seeders:a", "shop.seeders:b"]
    assert found.find("runner") is None


def test_the_environment_goes_first(tmp_path: Path) -> None:
    found = project(
        tmp_path, UNITWORK_DATABASE="other:database", UNITWORK_SEEDERS="a:b c:d"
    )
    assert found.get("database").value == "other:database"
    assert found.get("database").place == "the environment variable UNITWORK_DATABASE"
    assert values(found, "seeders") == ["a:b", "c:d"]


def test_without_a_file_the_environment_is_enough(tmp_path: Path) -> None:
    found = read_project(tmp_path, {"UNITWORK_RUNNER": "a:b"})
    assert found.file is None
    assert found.get("runner").value == "a:b"


def test_what_is_missing_is_asked_for_by_name(tmp_path: Path) -> None:
    """File, key and remedy."""
    with pytest.raises(MisuseError) as mistake:
        project(tmp_path).get("runner")
    assert str(mistake.value) == (
        "The project does not say its runner.\n"
        f"Looked for `runner` in [tool.unitwork] of {tmp_path}/pyproject.toml, and for"
        " the environment variable UNITWORK_RUNNER.\n"
        f"Write runner = {KEYS['runner']}. [misuse]"
    )


@pytest.mark.parametrize(
    ("text", "what", "remedy"),
    [
        (
            '[tool.unitwork]\ndatabse = "a:b"',
            "{file} has a key 'databse' in [tool.unitwork].",
            "Correct its name, or take it out.",
        ),
        (
            "[tool.unitwork]\ndatabase = 7",
            "{file} says database = 7 in [tool.unitwork].",
            f"Write, for example, {KEYS['database']}.",
        ),
        (
            '[tool.unitwork]\nseeders = "a:b"',
            "{file} says seeders = 'a:b' in [tool.unitwork].",
            f"Write, for example, {KEYS['seeders']}.",
        ),
        (
            "[tool]\nunitwork = 1",
            "{file} says unitwork = 1 in [tool].",
            'Write, for example, a table: [tool.unitwork], then database = "...".',
        ),
    ],
)
def test_what_means_nothing_is_told_with_its_file(
    tmp_path: Path, text: str, what: str, remedy: str
) -> None:
    with pytest.raises(MisuseError) as mistake:
        project(tmp_path, text)
    assert mistake.value.what == what.format(file=tmp_path / "pyproject.toml")
    assert mistake.value.remedy == remedy


def test_a_file_that_is_no_toml_is_told(tmp_path: Path) -> None:
    with pytest.raises(MisuseError, match=r"pyproject\.toml cannot be read"):
        project(tmp_path, "[tool")


def test_migrations_are_beside_the_file_unless_it_says_otherwise(
    tmp_path: Path,
) -> None:
    for name in ("migrations", "db"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "env.py").touch()
    assert project(tmp_path).migrations == tmp_path / "migrations"
    said = project(tmp_path, '[tool.unitwork]\nmigrations = "db"')
    assert said.migrations == tmp_path / "db"
    with pytest.raises(MisuseError, match=r"There is no env\.py in .*/nowhere"):
        assert project(tmp_path, UNITWORK_MIGRATIONS="nowhere").migrations
