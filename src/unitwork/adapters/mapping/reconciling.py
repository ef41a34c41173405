"""Make a user's own table and the class agree; the table is the source of truth."""

from typing import Any

import attrs

from unitwork.adapters.mapping.description import Column, Unique
from unitwork.adapters.mapping.names import joined, unique_name
from unitwork.adapters.mapping.overrides import Mistakes
from unitwork.adapters.mapping.sheet import Sheet
from unitwork.adapters.mapping.types import ColumnType, Integer
from unitwork.adapters.mapping.user_table import UserReference, UserTable, column_type

_VERSION = Integer(64)
_NULLS = {
    True: "may not be null, and the attribute may be None",
    False: "may be null, and the attribute is never None",
}


@attrs.frozen
class Reconciliation:
    """Compare one table of a schema with the user's table that it stands for."""

    sheet: Sheet
    table: UserTable
    mistakes: Mistakes
    warnings: list[str]

    def column(self, column: Column, place: object, *, said: bool) -> Column:
        """Return a column as the user's table has it.

        Args:
            column: as the class alone would have it.
            place: what it belongs to, for mistakes.
            said: its type was given by columns=.
        """
        own = self._find(column)
        if own is None:
            self.mistakes.add(
                place,
                f"has no column in the table {self.table.name!r}.",
                f"Add a column {column.name!r} to the table.",
            )
            return column
        kind = column_type(own, column.type)
        problem = kind if isinstance(kind, str) else ""
        if not problem and said and kind != column.type:
            problem = f"is {kind!r}, and columns= says {column.type!r}"
        if not problem and bool(own.nullable) != column.nullable:
            problem = _NULLS[column.nullable]
        if not problem and own.computed is not None:
            problem = "is computed by the database, and the attribute is written"
        changing = (own.onupdate, own.server_onupdate)
        if not problem and any(each is not None for each in changing):
            problem = "is changed by its onupdate, and the attribute is written"
        if problem:
            self._differ(place, own.name, problem)
        settled = column.type if isinstance(kind, str) else kind
        return attrs.evolve(column, name=own.name, type=settled, source=own)

    def _differ(self, place: object, column: str, problem: str) -> None:
        self.mistakes.add(
            place,
            f"and its column {self.table.name}.{column} differ: the column {problem}.",
            "Change the class or the table, so that they agree.",
        )

    def _find(self, column: Column) -> Any | None:
        columns = self.table.columns
        for name in ("_".join(column.names), joined(*column.names), column.name):
            if name in columns:
                return columns[name]
        return None

    def version(self, said: str) -> str:
        """Return the name of the version column, after a look at it."""
        own = self.table.columns.get(said)
        if own is None:
            self.mistakes.add(
                self.sheet.place,
                f"has no version column {said!r} in the table {self.table.name!r}.",
                f"Add `{said}: BigInteger, not null` to the table, or name the one that"
                " there is: version=...",
            )
            return said
        kind: ColumnType | str = column_type(own, _VERSION)
        if kind != _VERSION or own.nullable:
            self.mistakes.add(
                self.sheet.place,
                f"has the version column {self.table.name}.{own.name}, which cannot"
                " hold 63 bits or may be null.",
                "Make it BigInteger, not null.",
            )
        return str(own.name)

    def owner(self, root: Sheet) -> str:
        """Return the name of the column that holds the root's key."""
        pointing = [
            each.columns[0]
            for each in self.table.references()
            if each.table == root.name and len(each.columns) == 1
        ]
        mapped = {column.name for column in self.sheet.columns}
        pointing = [name for name in pointing if name not in mapped]
        default = self.sheet.owner_column
        name = pointing[0] if len(pointing) == 1 else default
        own = self.table.columns.get(name)
        if own is None:
            self.mistakes.add(
                self.sheet.place,
                f"has no column for the key of its root in the table"
                f" {self.table.name!r}.",
                f"Add {default!r}, a foreign key to {root.name!r}.",
            )
            return default
        key = root.columns[0]
        kind = column_type(own, key.type)
        if kind != key.type or own.nullable:
            self._differ(
                self.sheet.place,
                own.name,
                f"must hold the key of {root.place}, {key.type!r}, and never null",
            )
        return str(own.name)

    def keys(self, *, version: str = "") -> None:
        """Check that the table tells rows apart as the schema does; fill the rest."""
        sheet = self.sheet
        needed = [column.name for column in sheet.columns[: sheet.key_size]]
        if sheet.owner_column:
            needed.insert(0, sheet.owner_column)
        told = [self.table.primary_key]
        if sheet.owner_column:
            told += [each.columns for each in self.table.uniques() if not each.oddity]
        if set(needed) not in (set(columns) for columns in told):
            self.mistakes.add(
                sheet.place,
                f"is told apart by {', '.join(needed)}, and the table"
                f" {self.table.name!r} by {', '.join(self.table.primary_key)}.",
                "Make these columns the primary key of the table.",
            )
        mapped = {column.name for column in sheet.columns}
        for name in self.table.unfilled(mapped | {version, sheet.owner_column}):
            self.mistakes.add(
                sheet.place,
                f"leaves the column {self.table.name}.{name} empty, which may not be"
                " null and has no default.",
                "Map an attribute to it, or give the column a default.",
            )

    def uniques(self) -> list[Unique]:
        """Return the unique constraints of the root's table."""
        found: dict[tuple[int, ...], Unique] = {}
        positions = {column.name: n for n, column in enumerate(self.sheet.columns)}
        for each in self.table.uniques():
            problem = each.oddity
            if not set(each.columns) <= positions.keys():
                problem = problem or "is over columns that no attribute has"
            if problem:
                self._warn(f"unique constraint {each}", problem)
                continue
            columns = tuple(positions[name] for name in each.columns)
            name = each.name or unique_name(self.sheet.name, each.columns)
            fields = tuple(".".join(self.sheet.columns[n].names) for n in columns)
            found.setdefault(columns, Unique(name, columns, fields))
        return list(found.values())

    def child_uniques(self) -> None:
        """Warn of unique constraints that only this table has."""
        key = {column.name for column in self.sheet.columns[: self.sheet.key_size]}
        for each in self.table.uniques():
            if set(each.columns) != {self.sheet.owner_column, *key}:
                self._warn(f"unique constraint {each}", "is on a child table")

    def references(self) -> list[UserReference]:
        """Return the foreign keys of single columns that attributes have."""
        mapped = {column.name for column in self.sheet.columns}
        found = []
        for each in self.table.references():
            if each.oddity:
                self._warn(f"foreign key {each}", each.oddity)
            if len(each.columns) == 1 and each.columns[0] in mapped:
                found.append(each)
        return found

    def _warn(self, what: str, problem: str) -> None:
        self.warnings.append(
            f"{self.table.name}: the {what} {problem}; the database keeps it, and no"
            " other storage does."
        )
