"""Find the reference that failed, where the database does not name it.

Contract: 26.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from unitwork.adapters.mapping.description import AggregateMapping, Reference
from unitwork.adapters.sqlalchemy.dialects.dialect import AbstractDialect
from unitwork.adapters.sqlalchemy.layout import Layouts
from unitwork.adapters.sqlalchemy.phase import Parameters, Phase, Step, Writes
from unitwork.adapters.sqlalchemy.statements import KEY, KEYS, value
from unitwork.domain.errors import ReferenceViolationError

Sets = Sequence[Parameters]


class Blame:
    """Look, inside the transaction whose statement failed, at what it refers to."""

    def __init__(self, layouts: Layouts, dialect: AbstractDialect) -> None:
        """Know all references."""
        self._layouts = layouts
        self._dialect = dialect

    def find(
        self, writes: Writes, sets: Sets, error: ReferenceViolationError
    ) -> Phase[ReferenceViolationError]:
        """Return the error, with the reference that failed if it can be told."""
        look = self._referring if writes.removes else self._missing
        for mapping, reference in self._suspects(writes):
            if (yield from look(mapping, reference, sets)):
                made = ReferenceViolationError(
                    mapping.aggregate, reference.fields, reference.name
                )
                made.__cause__ = error.__cause__
                return made
        return error

    def _suspects(self, writes: Writes) -> Iterator[tuple[AggregateMapping, Reference]]:
        for mapping in self._layouts:
            for reference in mapping.references:
                if writes.removes:
                    suspect = reference.target is writes.mapping.aggregate
                else:
                    suspect = mapping is writes.mapping
                    suspect = suspect and reference.table == writes.table
                if suspect:
                    yield mapping, reference

    def _missing(
        self,
        mapping: AggregateMapping,
        reference: Reference,
        sets: Sequence[Parameters],
    ) -> Phase[bool]:
        """Tell whether a written value is no key of the target."""
        del mapping
        name = value(reference.column)
        wanted = {one[name] for one in sets if one.get(name) is not None}
        target = next(m for m in self._layouts if m.aggregate is reference.target)
        layout = self._layouts[target]
        found = yield self._step(layout.root.clause, layout.key.name, target, wanted)
        return len({row[0] for row in found}) < len(wanted)

    def _referring(
        self,
        mapping: AggregateMapping,
        reference: Reference,
        sets: Sequence[Parameters],
    ) -> Phase[bool]:
        """Tell whether a row holds a key that is being removed."""
        sheet = self._layouts[mapping].sheets[reference.table]
        target = next(m for m in self._layouts if m.aggregate is reference.target)
        removed = {one[KEY] for one in sets}
        name = sheet.places[reference.column].name
        found = yield self._step(sheet.clause, name, target, removed)
        return bool(found)

    def _step(
        self, table: Any, column: str, target: AggregateMapping, values: set[Any]
    ) -> Step:
        """Select a column's values that are among some keys of a target."""
        kind, place = target.key.type, table.c[column]
        if not values:
            return Step(sa.select(place).where(sa.false()), ({},))
        found = self._dialect.one_of(place, kind, KEYS)
        packed = self._dialect.pack(kind, list(values))
        return Step(sa.select(place).where(found), ({KEYS: packed},))
