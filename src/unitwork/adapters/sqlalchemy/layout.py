"""How the rows of one aggregate stand in tables: names, positions, conversions."""

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import sqlalchemy as sa
from sqlalchemy import TableClause

from unitwork.adapters.mapping.description import AggregateMapping, Column, Row, Table
from unitwork.adapters.mapping.types import Refused
from unitwork.adapters.sqlalchemy.codec import Codec
from unitwork.adapters.sqlalchemy.dialects.dialect import Element
from unitwork.domain.errors import StoredValueError


@attrs.frozen(eq=False)
class Place:
    """One column of a table."""

    column: Column
    name: str
    codec: Codec

    def write(self, value: Any) -> Any:
        """Return what the driver is given for a canonical value."""
        if value is None or self.codec.write is None:
            return value
        return self.codec.write(value)

    def canonical(self, given: Any) -> Any:
        """Return the canonical value of what SQL gave for this column.

        A statement that knows types gives the value of the domain; one of plain text
        gives what the driver does. A whole number for a Decimal is the driver's.

        Raises:
            Refused: it is neither.
        """
        kind = self.column.type
        with contextlib.suppress(Refused):
            canonical = kind.canonical(given)
            if type(kind.restore(canonical)) is type(given):
                return canonical
        if self.codec.read is None:
            return kind.canonical(given)
        try:
            return self.codec.read(given)
        except (AttributeError, TypeError):  # a driver's value has another type
            return kind.canonical(given)

    def shown(self, stored: Any) -> Any:
        """Return the canonical value for a message; what cannot be read, as it is."""
        try:
            return stored if self.codec.read is None else self.codec.read(stored)
        except Refused:
            return stored

    def within(self, table: Any) -> Element:
        """Return the column of a clause or alias, as it is selected and compared."""
        column: Element = table.c[self.name]
        if self.codec.as_text:
            return sa.cast(column, sa.Text)
        return (
            column
            if self.codec.collation is None
            else sa.collate(column, self.codec.collation)
        )


@attrs.frozen(eq=False)
class Sheet:
    """One table of an aggregate, as statements name it."""

    table: sa.Table
    clause: TableClause
    """The same names without types: nothing is converted behind our back."""
    described: Table
    places: tuple[Place, ...]

    @property
    def key_size(self) -> int:
        """How many leading columns identify a row inside its aggregate."""
        return self.described.key_size

    def encode(self, row: Row) -> list[Any]:
        """Return what the driver is given for a row."""
        return [
            place.write(value) for place, value in zip(self.places, row, strict=True)
        ]

    def decode(self, stored: Sequence[Any], owner: Place, key: Any) -> Row:
        """Return the canonical row.

        Args:
            stored: the row, as the driver gave it.
            owner: the root's key, for errors.
            key: its value in this aggregate, as the driver gave it.

        Raises:
            StoredValueError: a value is outside the contract.
        """
        row = []
        for place, value in zip(self.places, stored, strict=True):
            if value is None:
                if not place.column.nullable:
                    rule = "It must not be NULL."
                    raise self._unreadable(place, owner.shown(key), None, rule)
            elif place.codec.read is not None:
                try:
                    value = place.codec.read(value)  # noqa: PLW2901 - the same, converted
                except Refused as refused:
                    shown = owner.shown(key)
                    raise self._unreadable(place, shown, value, str(refused)) from None
            row.append(value)
        return tuple(row)

    def _unreadable(
        self, place: Place, key: Any, value: Any, rule: str
    ) -> StoredValueError:
        return StoredValueError(self.table.name, place.name, key, value, rule)


@attrs.frozen(eq=False)
class Layout:
    """All tables of one aggregate; the first is the root's."""

    mapping: AggregateMapping
    sheets: tuple[Sheet, ...]

    @property
    def root(self) -> Sheet:
        """Return the root's table."""
        return self.sheets[0]

    @property
    def children(self) -> tuple[Sheet, ...]:
        """Return the other tables, parents before what they own."""
        return self.sheets[1:]

    @property
    def key(self) -> Place:
        """Return the root's key."""
        return self.root.places[0]


Layouts = Mapping[AggregateMapping, Layout]
