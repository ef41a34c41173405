"""Answer a storage's queries in Python, for storages that have no query language."""

from collections.abc import Iterable, Iterator

from unitwork.adapters.mapping.description import Row
from unitwork.adapters.mapping.predicate import arrange, comes_after, predicate
from unitwork.adapters.storage import Query, Record


def matching(query: Query, records: Iterable[Record]) -> Iterator[Record]:
    """Give the records that a query means, in no order; nothing is cut.

    Args:
        query: what to look for.
        records: all records of the query's class, each key once.
    """
    matches, order, after = predicate(query.criterion), query.order, query.after
    excluded = frozenset(query.excluding)
    for record in records:
        row = _row(record)
        if (
            record.key not in excluded
            and matches(row)
            and (after is None or comes_after(row, order, after))
        ):
            yield record


def answer(query: Query, records: Iterable[Record]) -> list[Record]:
    """Return the records that a query means, in its order, cut to its limit.

    Cost: a look at every record, and a sort of those that match.
    """
    found = arrange(matching(query, records), query.order, _row)
    end = None if query.limit is None else query.offset + query.limit
    return found[query.offset : end]


def _row(record: Record) -> Row:
    return record.state[0][0]
