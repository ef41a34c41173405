"""What of the command line works on SQL databases only."""

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
