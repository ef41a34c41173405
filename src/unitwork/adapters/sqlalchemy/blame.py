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
from unitwork.domain.constraint_errors import ReferenceViolationError

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
            failed = yield from look(mapping, reference, sets)
            if failed:
                return self._violation(mapping, reference, failed, error)
        return error

    def named(
        self, writes: Writes, sets: Sets, error: ReferenceViolationError
    ) -> ReferenceViolationError:
        """Return the error of a database that names constraints, with the key.

        No statement can be asked there after one has failed: it is known where only
        one was written or removed.
        """
        for mapping, reference in self._suspects(writes):
            name = KEY if writes.removes else value(reference.column)
            keys = {one[name] for one in sets if one.get(name) is not None}
            if reference.name == error.constraint and len(keys) == 1:
                return self._violation(mapping, reference, keys, error)
        return error

    def _violation(
        self,
        mapping: AggregateMapping,
        reference: Reference,
        keys: set[Any],
        error: ReferenceViolationError,
    ) -> ReferenceViolationError:
        """Name one of the keys."""
        key = self._layouts[self._target(reference)].key.shown(min(keys))
        made = ReferenceViolationError(
            mapping.aggregate,
            reference.fields,
            reference.name,
            reference.target,
            key,
        )
        made.__cause__ = error.__cause__
        return made

    def _target(self, reference: Reference) -> AggregateMapping:
        return next(m for m in self._layouts if m.aggregate is reference.target)

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
    ) -> Phase[set[Any]]:
        """Return the written values that are no keys of the target."""
        del mapping
        name = value(reference.column)
        wanted = {one[name] for one in sets if one.get(name) is not None}
        target = self._target(reference)
        layout = self._layouts[target]
        found = yield self._step(layout.root.clause, layout.key.name, target, wanted)
        return wanted - {row[0] for row in found}

    def _referring(
        self,
        mapping: AggregateMapping,
        reference: Reference,
        sets: Sequence[Parameters],
    ) -> Phase[set[Any]]:
        """Return the keys being removed that a row holds."""
        sheet = self._layouts[mapping].sheets[reference.table]
        target = self._target(reference)
        removed = {one[KEY] for one in sets}
        name = sheet.places[reference.column].name
        found = yield self._step(sheet.clause, name, target, removed)
        return {row[0] for row in found}

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
