"""What of the command line works on SQL databases only."""

from pathlib import Path

from unitwork.adapters.sqlalchemy.database import SqlAlchemyDatabase
from unitwork.adapters.sqlalchemy.examination.examining import ANSWERS, examine
from unitwork.adapters.sqlalchemy.examination.finding import Finding, Level
from unitwork.adapters.sqlalchemy.migrating import Migrations
from unitwork.domain.errors import MisuseError
from unitwork.entrypoints.cli import loading
from unitwork.entrypoints.cli.project import Project

__all__ = [
    "ANSWERS",
    "Finding",
    "Level",
    "Migrations",
    "SqlAlchemyDatabase",
    "examine",
    "see_that_it_is_there",
    "sql_database",
]


def sql_database(project: Project) -> SqlAlchemyDatabase:
    """Return the project's database.

    Raises:
        MisuseError: it is of another kind.
    """
    found = loading.database(project)
    if isinstance(found, SqlAlchemyDatabase):
        return found
    raise MisuseError(
        f"{project.get('database').value} is an object of {type(found).__name__}.",
        "Only a database that SQLAlchemy reaches has tables to migrate or look at.",
        "Name a SqlAlchemyDatabase.",
    )


def see_that_it_is_there(database: SqlAlchemyDatabase) -> None:
    """Let nobody who only looks make a file: SQLite would, by connecting.

    Raises:
        MisuseError: there is no file.
    """
    file = database.dialect.file(database.url)
    if file is not None and not file.exists():
        raise MisuseError(
            f"There is no file {file}.",
            f"It is the project's database; a relative path counts from {Path.cwd()}.",
            "Run `unitwork migrate upgrade`, which makes it; or correct the path.",
        )
