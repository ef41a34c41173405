"""A session that answers queries by itself, so that any part of it can be wrong."""

from typing import Any

from unitwork.adapters.mapping.criterion import (
    All,
    AnyOf,
    Compare,
    Criterion,
    HasText,
    Not,
)
from unitwork.adapters.mapping.description import SortTerm
from unitwork.adapters.mapping.predicate import arrange, comes_after, predicate
from unitwork.adapters.storage import Query, Record
from unitwork.domain.specification import Operator, TextOperator
from unitwork.testing.conformance.sabotage.bug import Wrong


class Evaluating(Wrong):
    """Goes through all rows, and gives the right answers: to be derived from."""

    async def scan(self, query: Query) -> list[Record]:
        """Sort what is meant, and cut it."""
        return self.cut(self.ordered(await self._meant(query), query.order), query)

    async def count(self, query: Query) -> int:
        """Count what is meant."""
        return len(await self._meant(query))

    async def exists(self, query: Query) -> bool:
        """Tell whether anything is meant."""
        return bool(await self._meant(query))

    async def _meant(self, query: Query) -> list[Record]:
        found = await super().scan(Query(query.mapping))
        return [record for record in found if self.means(query, record)]

    def means(self, query: Query, record: Record) -> bool:
        """Tell whether a query means a record."""
        row = record.state[0][0]
        if record.key in query.excluding or not self.truth(query.criterion, row):
            return False
        return query.after is None or comes_after(row, query.order, query.after)

    def ordered(
        self, records: list[Record], order: tuple[SortTerm, ...]
    ) -> list[Record]:
        """Sort."""
        return arrange(records, order, lambda record: record.state[0][0])

    def cut(self, records: list[Record], query: Query) -> list[Record]:
        """Leave what limit and offset leave."""
        end = None if query.limit is None else query.offset + query.limit
        return records[query.offset : end]

    def truth(self, criterion: Criterion, row: Any) -> bool | None:
        """Evaluate a criterion: true, false, or None for unknown."""
        known: bool | None
        match criterion:
            case All(parts) | AnyOf(parts):
                all_known = [self.truth(part, row) for part in parts]
                decisive = isinstance(criterion, AnyOf)
                unknown = None if None in all_known else not decisive
                known = decisive if decisive in all_known else unknown
            case Not(part):
                known = self.opposite(self.truth(part, row))
            case Compare() | HasText() if row[criterion.column] is None:
                known = None
            case Compare(column, operator, value):
                known = self.compare(operator, row[column], value)
            case HasText(column, search, text):
                known = self.has(search, row[column], text)
            case _:
                known = self.other(criterion, row)
        return known

    def opposite(self, known: bool | None) -> bool | None:  # noqa: FBT001 - three values
        """Negate."""
        return None if known is None else not known

    def compare(self, operator: Operator, stored: Any, value: Any) -> bool | None:
        """Compare two values, neither of them None."""
        return predicate(Compare(0, operator, value))((stored,))

    def has(self, operator: TextOperator, stored: str, text: str) -> bool | None:
        """Search a text for another."""
        return predicate(HasText(0, operator, text))((stored,))

    def other(self, criterion: Criterion, row: Any) -> bool | None:
        """Evaluate whatever is left."""
        return predicate(criterion)(row)
