"""The composition root: the one place that knows which storage runs."""

from functools import partial

from fastapi import FastAPI

from examples.users.adapters import SqlAlchemyUsers, schema
from examples.users.api import Units, application
from unitwork.adapters.sqlalchemy import SqlAlchemyDatabase
from unitwork.application.bootstrap import Composition


def sqlalchemy_units(database: SqlAlchemyDatabase) -> Units:
    """Read from one snapshot, so that a page and its total agree."""
    return Units(
        reading=partial(
            SqlAlchemyUsers, database, read_only=True, isolation="snapshot"
        ),
        writing=partial(SqlAlchemyUsers, database),
        dispose=database.dispose,
    )


def compose(url: str) -> FastAPI:
    parts = Composition().instance(SqlAlchemyDatabase(schema, url))
    parts.factory(sqlalchemy_units).factory(application)
    return parts.start().get(FastAPI)
