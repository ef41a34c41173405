"""Committed rows: what is kept elsewhere as well, and what is replayed."""

from typing import Any

import pytest

from tests.shop import Counter, Ticket, shop_schema
from unitwork import ConcurrencyConflictError, UniqueViolationError
from unitwork.adapters.mapping.description import with_key
from unitwork.adapters.rows import Rows
from unitwork.adapters.storage import (
    ChangeSet,
    CountRead,
    Delete,
    Insert,
    KeyRead,
    Query,
    QueryRead,
    Read,
    Update,
)

COUNTERS = shop_schema().mapping(Counter)
TICKETS = shop_schema().mapping(Ticket)
ALL = Query(COUNTERS)


def state_of(name: str, value: int = 0) -> Any:
    return COUNTERS.dump(Counter(name=name, value=value))


@pytest.fixture
def rows() -> Rows:
    made = Rows(shop_schema().mappings)
    made.apply(ChangeSet(1, (Insert(COUNTERS, state_of("a")),)))
    return made


def test_what_cannot_be_kept_elsewhere_is_not_written(rows: Rows) -> None:
    """A change set is all or nothing, whatever the disk says."""

    def full(made: dict[int, Any]) -> None:
        raise OSError(made)

    ticket = TICKETS.dump(Ticket(title="t"))
    writes = (Insert(COUNTERS, state_of("b")), Insert(TICKETS, ticket))
    with pytest.raises(OSError, match=r"\{1: 1\}"):
        rows.apply(ChangeSet(2, writes), full)
    assert [record.key for record in rows.records(COUNTERS)] == ["a"]
    assert rows.apply(ChangeSet(3, writes)) == {1: 2}


def test_only_what_passed_every_check_is_kept_elsewhere(rows: Rows) -> None:
    """A journal needs no undo."""
    kept: list[Any] = []
    with pytest.raises(UniqueViolationError):
        rows.apply(ChangeSet(2, (Insert(COUNTERS, state_of("a")),)), kept.append)
    stale = Delete(COUNTERS, 9, state_of("a"))
    with pytest.raises(ConcurrencyConflictError):
        rows.apply(ChangeSet(2, (stale,)), kept.append)
    assert kept == []


def test_keys_go_on_after_those_that_were_replayed(rows: Rows) -> None:
    """A journal has the keys that were made; none of them is made again."""
    ticket = TICKETS.dump(Ticket(title="old"))
    rows.apply(ChangeSet(2, (Insert(TICKETS, with_key(ticket, 7)),)))
    new = Insert(TICKETS, TICKETS.dump(Ticket(title="new")))
    assert rows.apply(ChangeSet(3, (new,))) == {0: 8}


def test_a_snapshot_stays_as_it_was_taken(rows: Rows) -> None:
    """Whatever is written after it, until it is closed."""
    view = rows.open_snapshot()
    changed = Update(COUNTERS, 1, state_of("a"), state_of("a", 5))
    rows.apply(ChangeSet(2, (changed, Insert(COUNTERS, state_of("b")))))
    assert [(r.key, r.version) for r in rows.scan(ALL, view)] == [("a", 1)]
    assert rows.count(ALL, view) == 1
    assert rows.count(ALL) == 2
    rows.close_snapshot(view)
    rows.apply(ChangeSet(3, (Delete(COUNTERS, 2, state_of("b")),)))
    assert (COUNTERS, "b") in view


@pytest.mark.parametrize(
    ("same", "other"),
    [
        (KeyRead(COUNTERS, (("a", 1), ("b", None))), KeyRead(COUNTERS, (("b", 1),))),
        (QueryRead(ALL, (("a", 1),)), QueryRead(ALL, ())),
        (CountRead(ALL, 1), CountRead(ALL, 0)),
    ],
    ids=["key", "query", "count"],
)
def test_what_was_read_is_compared_with_the_present(
    rows: Rows, same: Read, other: Read
) -> None:
    """Contract 18: any difference is a conflict."""
    rows.check(same)
    with pytest.raises(ConcurrencyConflictError):
        rows.check(other)
