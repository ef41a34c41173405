"""`unitwork migrate`: tables and revisions, over Alembic."""

import logging
from collections.abc import Callable

import click

from unitwork.entrypoints.cli import loading
from unitwork.entrypoints.cli.exits import ExitCode, interrupted
from unitwork.entrypoints.cli.project import read_project
from unitwork.entrypoints.cli.stopping import StoppedError, cancelling, stopping
from unitwork.entrypoints.cli.storage import (
    Migrations,
    see_that_it_is_there,
    sql_database,
)
from unitwork.entrypoints.cli.telling import say

_START = "No revision: the very start."
_STOPPED = """\
Stopped in the middle of a migration.
Its revision was rolled back; MariaDB keeps each statement that changes a table.
`unitwork migrate current` tells where the database is."""


@click.group(name="migrate")
def command() -> None:
    """Bring the tables to a revision, and write revisions."""


@command.command()
@click.argument("revision", default="heads")
@click.option("--sql", is_flag=True, help="Write the statements, and do nothing.")
def upgrade(revision: str, *, sql: bool) -> int:
    """Go up to REVISION, by default to the newest."""
    return _shown(lambda m: m.upgrade(revision, sql=sql))


@command.command(context_settings={"ignore_unknown_options": True})
@click.argument("revision")
@click.option("--sql", is_flag=True, help="Write the statements, from FROM:TO.")
def downgrade(revision: str, *, sql: bool) -> int:
    """Go down to REVISION: -1 is one step, `base` the very start."""
    return _shown(lambda m: m.downgrade(revision, sql=sql))


@command.command()
@click.option("-m", "--message", required=True, help="What it does.")
@click.option("--autogenerate", is_flag=True, help="Write what the database lacks.")
def revision(message: str, *, autogenerate: bool) -> int:
    """Write a new revision; read it before you use it."""
    return _shown(lambda m: str(m.revise(message, autogenerate=autogenerate)))


@command.command()
def history() -> int:
    """List the revisions, the newest first."""
    return _shown(lambda m: m.history())


@command.command()
def current() -> int:
    """Tell which revision the database is at."""
    return _shown(lambda m: m.current() or _START, only_looks=True)


@command.command()
def check() -> int:
    """Fail if the tables of the models need a revision that nobody has written."""
    found: list[str] = []
    code = _shown(lambda m: found.extend(_missing(m)), only_looks=True)
    for line in found:
        say(line)
    if code or found:
        return code or ExitCode.ROLLED_BACK
    click.echo("The models and the migrations agree.")
    return ExitCode.COMMITTED


def _missing(migrations: Migrations) -> list[str]:
    pending = migrations.pending()
    if pending:
        return [
            f"The database lacks {', '.join(pending)}.",
            "It is compared with the models, and has to be at the newest revision.",
            "Run `unitwork migrate upgrade` first.",
        ]
    found = migrations.differences()
    if not found:
        return []
    return [
        f"The models and the migrations differ: {'; '.join(found)}.",
        "Nobody has written the revision that leads from one to the other.",
        "`unitwork migrate revision --autogenerate -m ...` writes it.",
    ]


def _shown(
    work: Callable[[Migrations], str | None], *, only_looks: bool = False
) -> int:
    """Do something with the project's migrations, and show what it returns."""
    project = read_project()
    loading.reach(project)
    stored = sql_database(project) if project.find("database") else None
    if only_looks and stored is not None:
        see_that_it_is_there(stored)
    made = Migrations(
        project.migrations,
        url=None if stored is None else stored.url,
        file=project.file,
    )
    _show_steps()
    try:
        with stopping() as signals, cancelling(signals):
            said = work(made)
    except StoppedError as stopped:
        say(_STOPPED)
        return interrupted(stopped.by)
    if said:
        click.echo(said)
    return ExitCode.COMMITTED


def _show_steps() -> None:
    """Let Alembic tell each revision that it runs, and nothing else."""
    logger = logging.getLogger("alembic.runtime.migration")
    logger.setLevel(logging.INFO)
    logger.addFilter(_is_step)


def _is_step(record: logging.LogRecord) -> bool:
    return record.levelno > logging.INFO or record.msg.startswith("Running")
