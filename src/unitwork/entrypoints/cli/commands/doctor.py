"""`unitwork doctor`: what is wrong, and what to do about it."""

import asyncio
import importlib.metadata
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from unitwork.domain.errors import UnitworkError
from unitwork.entrypoints.cli import loading
from unitwork.entrypoints.cli.exits import ExitCode
from unitwork.entrypoints.cli.project import Project, read_project
from unitwork.entrypoints.cli.storage import (
    ANSWERS,
    Finding,
    Level,
    Migrations,
    SqlAlchemyDatabase,
    examine,
    sql_database,
)

_PIPED = 1_000
"""Columns, where no terminal has any."""
_WORDS = {
    Level.OK: ("ok", "green"),
    Level.WARNING: ("warning", "yellow"),
    Level.WRONG: ("wrong", "red"),
}
_CODES = {
    Level.OK: ExitCode.COMMITTED,
    Level.WARNING: ExitCode.WARNINGS,
    Level.WRONG: ExitCode.ROLLED_BACK,
}


@click.command(name="doctor")
def command() -> int:
    """Look at settings, drivers and database; nothing is changed.

    The exit code says the worst: 0 all is well, 5 there are warnings, 1 something is
    wrong.
    """
    project = read_project()
    loading.reach(project)
    found = list(_findings(project))
    console = Console()
    if not console.is_terminal:
        console.width = _PIPED  # for grep: a line each
    console.print(_table(found))
    return _CODES[max(finding.level for finding in found)]


def _findings(project: Project) -> Iterator[Finding]:
    yield _version()
    yield from _settings(project)
    database, finding = _tried("database", lambda: sql_database(project))
    yield finding
    if database is None:
        return
    found = asyncio.run(examine(database))
    yield from found
    if any(one.subject == ANSWERS and one.level is Level.OK for one in found):
        yield from _migrations(project, database)


def _version() -> Finding:
    names = ("unitwork", "sqlalchemy", "alembic")
    said = (f"{name} {importlib.metadata.version(name)}" for name in names)
    return Finding(Level.OK, "versions", ", ".join(said))


def _settings(project: Project) -> Iterator[Finding]:
    if project.file is None:
        remedy = "Start in the project's folder, or name it by --project."
        yield Finding(Level.WARNING, "settings", "no pyproject.toml", remedy)
    else:
        yield Finding(Level.OK, "settings", str(project.file))
    yield _tried("runner", lambda: loading.runner(project))[1]
    for said in project.all("seeders"):
        yield _tried(f"seeder {said.value}", partial(loading.seeder, said))[1]


def _migrations(project: Project, database: SqlAlchemyDatabase) -> Iterator[Finding]:
    folder, finding = _tried("migrations", lambda: project.migrations)
    if folder is None:
        yield Finding(Level.WARNING, finding.subject, finding.found, finding.remedy)
        return
    made = Migrations(folder, url=database.url, file=project.file)
    pending, finding = _tried("pending migrations", made.pending)
    if pending is None:
        yield finding
    elif pending:
        remedy = "Run `unitwork migrate upgrade`."
        yield Finding(Level.WRONG, finding.subject, ", ".join(pending), remedy)
    else:
        yield Finding(Level.OK, finding.subject, "none")
        yield _differences(made)


def _differences(made: Migrations) -> Finding:
    different, finding = _tried("models and migrations", made.differences)
    if different is None:
        return finding
    if not different:
        return Finding(Level.OK, finding.subject, "agree")
    remedy = "Run `unitwork migrate revision --autogenerate -m ...`."
    return Finding(Level.WRONG, finding.subject, "; ".join(different), remedy)


def _tried(subject: str, look: Callable[[], Any]) -> tuple[Any, Finding]:
    """Return what a look gives, and that it did; or None, and why not."""
    try:
        found = look()
    except UnitworkError as error:
        what, why, remedy = error.describe()
        return None, Finding(Level.WRONG, subject, f"{what} {why}", remedy)
    return found, Finding(Level.OK, subject, "can be loaded")


def _table(found: list[Finding]) -> Table:
    table = Table(show_lines=False)
    for title in ("", "what", "found", "what to do"):
        table.add_column(title, overflow="fold")
    for finding in found:
        word, style = _WORDS[finding.level]
        remedy = "" if finding.level is Level.OK else finding.remedy
        cells = (_plain(finding.subject), _plain(finding.found), _plain(remedy))
        table.add_row(f"[{style}]{word}[/]", *cells)
    return table


def _plain(text: str) -> str:
    """Let rich see no markup in it."""
    return text.replace("[", r"\[")
