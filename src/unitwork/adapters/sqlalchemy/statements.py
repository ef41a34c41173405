"""Statements that write the tables of one aggregate, made once and kept."""

from functools import cached_property
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Delete, Insert, Select, Update, bindparam

from unitwork.adapters.sqlalchemy.codec import PLAIN
from unitwork.adapters.sqlalchemy.dialects.dialect import AbstractDialect
from unitwork.adapters.sqlalchemy.layout import Layout, Sheet

OWNER, VERSION, FOUND = "uw_owner", "uw_version", "uw_found"


def value(position: int) -> str:
    """Name the parameter of a row's column."""
    return f"uw_{position}"


def _bind(name: str) -> Any:
    return bindparam(name, type_=PLAIN)


class Statements:
    """The statements of one aggregate. Their parameters are named above."""

    def __init__(self, layout: Layout, dialect: AbstractDialect) -> None:
        """Make each statement when it is first used."""
        self.layout = layout
        self._dialect = dialect
        self._updates: dict[tuple[int, ...], Update] = {}

    @cached_property
    def guard(self) -> Select[Any]:
        """Lock the roots that have any of some keys; give key and version."""
        layout, root = self.layout, self.layout.root.clause
        key = layout.key.within(root)
        version = root.c[layout.mapping.version_column]
        found = self._dialect.one_of(key, layout.key.column.type, VERSION)
        return sa.select(version, key).where(found).order_by(key).with_for_update()

    @cached_property
    def insert_root(self) -> Insert:
        """Insert roots; where the database makes keys, give them, in order."""
        layout, table = self.layout, self.layout.root.table
        generated = layout.mapping.generated
        values = _values(layout.root, range(int(generated), len(layout.root.places)))
        values[table.c[layout.mapping.version_column]] = _bind(VERSION)
        statement = sa.insert(table).values(values)
        if not generated:
            return statement
        return statement.returning(
            table.c[layout.key.name], sort_by_parameter_order=True
        )

    def update_root(self, changed: tuple[int, ...]) -> Update:
        """Update some columns and the version of a root that is at another version."""
        made = self._updates.get(changed)
        if made is None:
            layout, table = self.layout, self.layout.root.table
            version = table.c[layout.mapping.version_column]
            values = {**_values(layout.root, changed), version: _bind(VERSION)}
            made = self._updates[changed] = (
                sa.update(table).where(*self._this_root()).values(values)
            )
        return made

    @cached_property
    def delete_root(self) -> Delete:
        """Delete a root that is at a version."""
        return sa.delete(self.layout.root.table).where(*self._this_root())

    def _this_root(self) -> tuple[Any, ...]:
        layout, clause = self.layout, self.layout.root.clause
        version = clause.c[layout.mapping.version_column]
        return layout.key.within(clause) == _bind(OWNER), version == _bind(FOUND)
