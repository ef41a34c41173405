"""Statements that write the tables of one aggregate, made once and kept."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Delete, Insert, Select, Update, bindparam

from unitwork.adapters.mapping.types import Integer
from unitwork.adapters.sqlalchemy.codec import PLAIN, Plain
from unitwork.adapters.sqlalchemy.dialects.dialect import AbstractDialect
from unitwork.adapters.sqlalchemy.layout import Layout, Sheet

KEY = "uw_key"
"""The root's key, of a root or as the owner of a child row."""
KEYS = "uw_keys"
"""Any number of keys, packed."""
VERSION = "uw_version"
"""The version that a written root gets."""
FOUND = "uw_found"
"""The version that a written root must have."""


def value(position: int) -> str:
    """Name the parameter for a column of a row."""
    return f"uw_{position}"


def _bind(name: str, kind: Plain = PLAIN) -> Any:
    return bindparam(name, type_=kind)


class Statements:
    """The statements of one aggregate; each is made when it is first used."""

    def __init__(self, layout: Layout, dialect: AbstractDialect) -> None:
        """Write the tables of `layout`."""
        self.layout = layout
        self.children = tuple(ChildStatements(sheet) for sheet in layout.children)
        self._dialect = dialect
        self._updates: dict[tuple[int, ...], Update] = {}
        table = layout.root.table
        self._version = table.c[layout.mapping.version_column]
        self._this = (
            table.c[layout.key.name] == _bind(KEY),
            self._version == _bind(FOUND),
        )

    @cached_property
    def guard(self) -> Select[*tuple[Any, ...]]:
        """Lock the roots that have any of some keys; give version and key."""
        return self._guard(self._dialect.one_of(*self._key, KEYS))

    @cached_property
    def guard_one(self) -> Select[*tuple[Any, ...]]:
        """Lock the root that has a key; give version and key."""
        return self._guard(self._key[0] == _bind(KEYS))

    @property
    def _key(self) -> tuple[Any, Any]:
        key = self.layout.key
        return key.within(self.layout.root.clause), key.column.type

    def _guard(self, condition: Any) -> Select[*tuple[Any, ...]]:
        root, key = self.layout.root.clause, self._key[0]
        version = root.c[self.layout.mapping.version_column]
        statement = sa.select(version, key).where(condition)
        return statement.order_by(key).with_for_update()

    @cached_property
    def insert_root(self) -> Insert:
        """Insert roots."""
        root = self.layout.root
        values = _values(root, range(len(root.places)))
        return sa.insert(root.table).values({**values, self._version: _bind(VERSION)})

    @cached_property
    def insert_keyless(self) -> Insert:
        """Insert roots without keys, and give those that the database makes, in order.

        Many are inserted by one statement, in which parameters must name their types.
        """
        root = self.layout.root
        values = {
            root.table.c[place.name]: _bind(value(number), place.codec.parameter)
            for number, place in enumerate(root.places)
            if number > 0
        }
        version = _bind(VERSION, self._dialect.codec(Integer(64)).parameter)
        return (
            sa.insert(root.table)
            .values({**values, self._version: version})
            .returning(root.table.c[self.layout.key.name], sort_by_parameter_order=True)
        )

    def update_root(self, changed: tuple[int, ...]) -> Update:
        """Update some columns, and the version, of a root at a known version."""
        made = self._updates.get(changed)
        if made is None:
            root = self.layout.root
            values = {**_values(root, changed), self._version: _bind(VERSION)}
            made = sa.update(root.table).where(*self._this).values(values)
            self._updates[changed] = made
        return made

    @cached_property
    def delete_root(self) -> Delete:
        """Delete a root at a known version."""
        return sa.delete(self.layout.root.table).where(*self._this)


class ChildStatements:
    """The statements of one child table."""

    def __init__(self, sheet: Sheet) -> None:
        """Write the table of `sheet`."""
        self._sheet = sheet
        self._owner = sheet.table.c[sheet.described.owner_column]
        self._owned = self._owner == _bind(KEY)

    @cached_property
    def insert(self) -> Insert:
        """Insert rows."""
        sheet = self._sheet
        values = _values(sheet, range(len(sheet.places)))
        return sa.insert(sheet.table).values({self._owner: _bind(KEY), **values})

    @cached_property
    def update(self) -> Update:
        """Update rows, whichever of their columns have changed."""
        sheet = self._sheet
        values = _values(sheet, range(sheet.key_size, len(sheet.places)))
        return sa.update(sheet.table).where(*self._this).values(values)

    @cached_property
    def delete(self) -> Delete:
        """Delete rows."""
        return sa.delete(self._sheet.table).where(*self._this)

    @cached_property
    def delete_all(self) -> Delete:
        """Delete all rows of an aggregate."""
        return sa.delete(self._sheet.table).where(self._owned)

    @property
    def _this(self) -> tuple[Any, ...]:
        sheet = self._sheet
        return (
            self._owned,
            *(
                sheet.table.c[place.name] == _bind(value(number))
                for number, place in enumerate(sheet.places[: sheet.key_size])
            ),
        )


def _values(sheet: Sheet, positions: Iterable[int]) -> dict[Any, Any]:
    return {
        sheet.table.c[sheet.places[number].name]: _bind(value(number))
        for number in positions
    }
