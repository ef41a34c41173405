"""In which order rows come, how many of them, and which are left out."""

import attrs

from unitwork.adapters.mapping.description import SortTerm
from unitwork.adapters.storage import Query, Record
from unitwork.testing.conformance.sabotage.evaluating import Evaluating


class NullsStandAtTheOtherEnd(Evaluating):
    """Sorts None to the other end."""

    def ordered(
        self, records: list[Record], order: tuple[SortTerm, ...]
    ) -> list[Record]:
        turned = [attrs.evolve(t, nulls_first=not t.nulls_first) for t in order]
        return super().ordered(records, tuple(turned))


class NullsAreAlwaysLargest(Evaluating):
    """Sorts None as the largest, whatever is asked for."""

    def ordered(
        self, records: list[Record], order: tuple[SortTerm, ...]
    ) -> list[Record]:
        turned = [attrs.evolve(t, nulls_first=t.descending) for t in order]
        return super().ordered(records, tuple(turned))


class OnlyTheFirstTermCounts(Evaluating):
    """Sorts by the first term and the key."""

    def ordered(
        self, records: list[Record], order: tuple[SortTerm, ...]
    ) -> list[Record]:
        return super().ordered(records, (order[0], order[-1]))


class TheKeyDoesNotCompleteTheOrder(Evaluating):
    """Leaves ties as they are stored."""

    def ordered(
        self, records: list[Record], order: tuple[SortTerm, ...]
    ) -> list[Record]:
        return super().ordered(records[::-1], order[:-1] or order)


class OffsetIsIgnored(Evaluating):
    """Begins at the first row."""

    def cut(self, records: list[Record], query: Query) -> list[Record]:
        return super().cut(records, attrs.evolve(query, offset=0))


class LimitIsOneMore(Evaluating):
    """Gives a row more than the limit."""

    def cut(self, records: list[Record], query: Query) -> list[Record]:
        more = None if query.limit is None else query.limit + 1
        return super().cut(records, attrs.evolve(query, limit=more))


class LimitOfNoneIsAll(Evaluating):
    """Takes a limit of 0 for none."""

    def cut(self, records: list[Record], query: Query) -> list[Record]:
        return super().cut(records, attrs.evolve(query, limit=query.limit or None))


class LimitCountsJoinedRows(Evaluating):
    """Limits the rows of a join with the children."""

    def cut(self, records: list[Record], query: Query) -> list[Record]:
        found, rows = [], 0
        for record in super().cut(records, query):
            rows += max(1, sum(map(len, record.state[1:])))
            if query.limit is None or rows <= query.limit:
                found.append(record)
        return found


class CountCountsJoinedRows(Evaluating):
    """Counts the rows of a join with the children."""

    async def count(self, query: Query) -> int:
        found = await self._meant(query)
        return sum(max(1, sum(map(len, record.state[1:]))) for record in found)


class ExistsLooksAtNothing(Evaluating):
    """Tells whether any row exists."""

    async def exists(self, query: Query) -> bool:
        return await super().exists(Query(query.mapping))


class KeysetLosesTies(Evaluating):
    """Goes on after all rows that are tied with the last in the first term."""

    def means(self, query: Query, record: Record) -> bool:
        column, after = query.order[0].column, query.after
        tied = after and record.state[0][0][column] == after[0]
        return not tied and super().means(query, record)


class KeysetLosesNones(Evaluating):
    """Goes on without rows that have a None in the order."""

    def means(self, query: Query, record: Record) -> bool:
        row = record.state[0][0]
        lost = query.after and None in [row[term.column] for term in query.order]
        return not lost and super().means(query, record)


class ExcludedKeysAreIgnored(Evaluating):
    """Gives rows of keys that are excluded."""

    def means(self, query: Query, record: Record) -> bool:
        return super().means(attrs.evolve(query, excluding=()), record)


class CountIgnoresExcludedKeys(Evaluating):
    """Counts rows of keys that are excluded."""

    async def count(self, query: Query) -> int:
        return await super().count(attrs.evolve(query, excluding=()))


class OneKeyIsExcluded(Evaluating):
    """Excludes the first key only."""

    def means(self, query: Query, record: Record) -> bool:
        return super().means(attrs.evolve(query, excluding=query.excluding[:1]), record)


class KeysetIsIgnored(Evaluating):
    """Begins a chunk at the first row."""

    def means(self, query: Query, record: Record) -> bool:
        return super().means(attrs.evolve(query, after=None), record)


class KeysetLooksAtTheFirstTerm(Evaluating):
    """Goes on after the first term's value, or with it, whatever the others are."""

    def means(self, query: Query, record: Record) -> bool:
        if query.after is None:
            return super().means(query, record)
        row, term = record.state[0][0], query.order[0]
        tied = row[term.column] == query.after[0]
        other = attrs.evolve(query, after=None)
        return super().means(other if tied else query, record)


class KeysetIgnoresDescent(Evaluating):
    """Goes on upwards where the order descends."""

    def means(self, query: Query, record: Record) -> bool:
        order = tuple(attrs.evolve(term, descending=False) for term in query.order)
        return super().means(attrs.evolve(query, order=order), record)


class OrderIsIgnored(Evaluating):
    """Gives rows in the order of their keys."""

    def ordered(
        self, records: list[Record], order: tuple[SortTerm, ...]
    ) -> list[Record]:
        return super().ordered(records, order[-1:])


class DescentIsIgnored(Evaluating):
    """Sorts upwards, whatever is asked for."""

    def ordered(
        self, records: list[Record], order: tuple[SortTerm, ...]
    ) -> list[Record]:
        turned = [attrs.evolve(term, descending=False) for term in order]
        return super().ordered(records, tuple(turned))


class OffsetCountsFromOne(Evaluating):
    """Leaves out a row less than the offset says."""

    def cut(self, records: list[Record], query: Query) -> list[Record]:
        return super().cut(
            records, attrs.evolve(query, offset=max(0, query.offset - 1))
        )


class OffsetIsTakenFromTheLimit(Evaluating):
    """Counts the offset as a part of the limit."""

    def cut(self, records: list[Record], query: Query) -> list[Record]:
        return records[query.offset : query.limit]


class CountIgnoresTheCriterion(Evaluating):
    """Counts all rows."""

    async def count(self, query: Query) -> int:
        return await super().count(Query(query.mapping, excluding=query.excluding))


class CountIsOneAtMost(Evaluating):
    """Counts one row."""

    async def count(self, query: Query) -> int:
        return min(1, await super().count(query))


class ExistsIgnoresExcludedKeys(Evaluating):
    """Finds rows of keys that are excluded."""

    async def exists(self, query: Query) -> bool:
        return await super().exists(attrs.evolve(query, excluding=()))


class ScansStopAtTen(Evaluating):
    """Gives ten rows at most."""

    def cut(self, records: list[Record], query: Query) -> list[Record]:
        return super().cut(records, query)[:10]
