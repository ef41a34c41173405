"""What a project says of itself, in pyproject.toml or the environment."""

import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from unitwork.domain.errors import MisuseError

FILE = "pyproject.toml"
KEYS: Mapping[str, str] = {
    "database": '"shop.composition:database", a database object or what makes it',
    "runner": '"shop.composition:runner", a Runner, a unit class, or what makes one',
    "seeders": '["shop.seeders:products"], operations in their order',
    "migrations": '"migrations", the folder of env.py',
}
LIST = "seeders"


@attrs.frozen
class Setting:
    """One value, and the place that says it."""

    key: str
    value: str
    place: str


@attrs.frozen
class Project:
    """The settings of a project, and the folder that they start from."""

    folder: Path
    file: Path | None
    settings: Mapping[str, tuple[Setting, ...]]

    def find(self, key: str) -> Setting | None:
        """Return a setting, or None where nobody has made it."""
        found = self.settings.get(key, ())
        return found[0] if found else None

    def get(self, key: str) -> Setting:
        """Return a setting.

        Raises:
            MisuseError: nobody has made it.
        """
        found = self.find(key)
        if found is None:
            where = self.file or f"{FILE}, which is neither in {self.folder} nor above"
            raise MisuseError(
                f"The project does not say its {key}.",
                f"Looked for `{key}` in [tool.unitwork] of {where}, and for the"
                f" environment variable {variable(key)}.",
                f"Write {key} = {KEYS[key]}.",
            )
        return found

    def all(self, key: str) -> tuple[Setting, ...]:
        """Return the settings of a key that takes several."""
        return self.settings.get(key, ())

    @property
    def migrations(self) -> Path:
        """Return the folder of env.py; default: migrations, beside pyproject.toml.

        Raises:
            MisuseError: it is not there.
        """
        said = self.find("migrations")
        folder = self.folder / (said.value if said else "migrations")
        if (folder / "env.py").is_file():
            return folder
        place = (
            said.place if said else f"the default, since nobody says {'migrations'!r}"
        )
        raise MisuseError(
            f"There is no env.py in {folder}.",
            f"The folder of the migrations is {place}.",
            "Make it as docs/cli.md shows, or write migrations = "
            f"{KEYS['migrations']}.",
        )


def variable(key: str) -> str:
    """Return the environment variable that stands for a key."""
    return f"UNITWORK_{key.upper()}"


def read_project(
    start: str | Path = ".", environment: Mapping[str, str] = os.environ
) -> Project:
    """Read the nearest pyproject.toml; the environment goes before it.

    Raises:
        MisuseError: it cannot be read, or has a key or value that means nothing.
    """
    start = Path(start).absolute()
    folders = (start, *start.parents)
    file = next((f / FILE for f in folders if (f / FILE).is_file()), None)
    settings = {} if file is None else dict(_from_file(file))
    for key in KEYS:
        said = environment.get(variable(key))
        if said:
            place = f"the environment variable {variable(key)}"
            values = said.split() if key == LIST else [said]
            settings[key] = tuple(Setting(key, value, place) for value in values)
    return Project(start if file is None else file.parent, file, settings)


def _from_file(file: Path) -> Iterator[tuple[str, tuple[Setting, ...]]]:
    try:
        tool = tomllib.loads(file.read_text("utf-8")).get("tool", {})
    except (OSError, ValueError) as error:
        raise MisuseError(
            f"{file} cannot be read: {error}.",
            "The project's settings are in it, below [tool.unitwork].",
            "Mend the file.",
        ) from error
    table = tool.get("unitwork", {}) if isinstance(tool, dict) else {}
    if not isinstance(table, dict):
        raise _wrong(file, "", table)
    for key, value in table.items():
        if key not in KEYS:
            raise MisuseError(
                f"{file} has a key {key!r} in [tool.unitwork].",
                f"The keys are: {', '.join(KEYS)}.",
                "Correct its name, or take it out.",
            )
        yield key, tuple(_settings(file, key, value))


def _settings(file: Path, key: str, value: Any) -> Iterator[Setting]:
    values = value if key == LIST else [value]
    if not isinstance(values, list) or not all(isinstance(v, str) for v in values):
        raise _wrong(file, key, value)
    for one in values:
        yield Setting(key, one, f"`{key}` in [tool.unitwork] of {file}")


def _wrong(file: Path, key: str, value: object) -> MisuseError:
    shown = KEYS.get(key, 'a table: [tool.unitwork], then database = "..."')
    what = "a list of texts" if key == LIST else "a text" if key else "a table"
    place = "[tool.unitwork]" if key else "[tool]"
    return MisuseError(
        f"{file} says {key or 'unitwork'} = {value!r} in {place}.",
        f"It is {what}.",
        f"Write, for example, {shown}.",
    )
