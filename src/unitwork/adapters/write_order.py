"""The order in which a unit's writes meet no constraint that the whole keeps.

Deletes come first, children of references before parents; then updates; then inserts,
parents before what refers to them. Where one write needs another (it takes a unique
value that the other frees, refers to a row that the other makes, or removes what the
other no longer refers to), it comes after it, whatever its kind.

Source: commit order calculation by topological sort. Contract: 26.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from graphlib import CycleError, TopologicalSorter
from heapq import heappop, heappush
from typing import Any

from unitwork.adapters.mapping.description import Reference, State, Unique
from unitwork.adapters.storage import Delete, Insert, Update, Write
from unitwork.domain.constraint_errors import (
    ReferenceViolationError,
    UniqueViolationError,
)

Target = tuple[type, Any]


def in_order(writes: Collection[Write]) -> tuple[Write, ...]:
    """Return the writes in an order that every storage can follow.

    Raises:
        UniqueViolationError: two of them take one value, or one takes a value that
            another written one, which stays, gives up.
        ReferenceViolationError: new or removed rows refer to each other in a circle.
    """
    if len(writes) < 2:  # noqa: PLR2004 - one write needs no other
        return tuple(writes)
    ranked = sorted(writes, key=_rank)
    needs: dict[int, set[int]] = defaultdict(set)
    for number, other in _needs_of_values(ranked):
        needs[number].add(other)
    for number, other in _needs_of_references(ranked):
        if number != other:
            needs[number].add(other)
    if not needs:
        return tuple(ranked)
    return tuple(ranked[number] for number in _sorted(ranked, needs))


def _rank(write: Write) -> tuple[int, int]:
    position = write.mapping.position
    if isinstance(write, Delete):
        return 0, -position
    return (1 if isinstance(write, Update) else 2), position


def _sorted(writes: list[Write], needs: dict[int, set[int]]) -> Iterator[int]:
    """Of the writes whose needs are met, take the first: alike ones stay together."""
    sorter: TopologicalSorter[int] = TopologicalSorter(needs)
    for number in range(len(writes)):
        sorter.add(number)
    try:
        sorter.prepare()
    except CycleError as cycle:
        raise _circle([writes[number] for number in cycle.args[1][1:]]) from None
    ready: list[int] = []
    while sorter.is_active():
        for number in sorter.get_ready():
            heappush(ready, number)
        number = heappop(ready)
        sorter.done(number)
        yield number


def _circle(writes: list[Write]) -> ReferenceViolationError:
    """Name what is in a circle, and the references of the first."""
    aggregates = {write.mapping.aggregate for write in writes}
    first = writes[0].mapping
    fields = tuple(
        field
        for reference in first.references
        if reference.target in aggregates
        for field in reference.fields
    )
    circle = tuple(f"{w.mapping.aggregate.__name__} {w.key!r}" for w in writes)
    return ReferenceViolationError(first.aggregate, fields, circle=circle)


def _needs_of_values(writes: list[Write]) -> Iterator[tuple[int, int]]:
    """A write that takes a unique value comes after the delete that frees it."""
    freed: dict[tuple[Unique, Any], int] = {}
    kept_by: dict[tuple[Unique, Any], int] = {}
    taken: dict[tuple[Unique, Any], int] = {}
    for number, write in enumerate(writes):
        for unique in write.mapping.uniques:
            before, after = _values(unique, write, 0), _values(unique, write, 1)
            if before == after:
                continue
            if before is not None:
                gone = freed if isinstance(write, Delete) else kept_by
                gone[unique, before] = number
            if after is not None:
                _refuse_if(taken, unique, after, write)
                taken[unique, after] = number
    for (unique, value), number in taken.items():
        _refuse_if(kept_by, unique, value, writes[number])
        if (unique, value) in freed:
            yield number, freed[unique, value]


def _refuse_if(
    held: dict[tuple[Unique, Any], int], unique: Unique, value: Any, write: Write
) -> None:
    if (unique, value) in held:
        raise UniqueViolationError(write.mapping.aggregate, unique.fields, unique.name)


def _values(unique: Unique, write: Write, side: int) -> tuple[Any, ...] | None:
    state = _states(write)[side]
    if state is None:
        return None
    values = tuple(state[0][0][column] for column in unique.columns)
    return None if None in values else values


def _states(write: Write) -> tuple[State | None, State | None]:
    if isinstance(write, Insert):
        return None, write.after
    return write.before, (None if isinstance(write, Delete) else write.after)


def _needs_of_references(writes: list[Write]) -> Iterator[tuple[int, int]]:
    """What refers to a new row comes after it; what it referred to goes after it."""
    made: dict[Target, int] = {}
    gone: dict[Target, int] = {}
    for number, write in enumerate(writes):
        if not isinstance(write, Update):
            kinds = made if isinstance(write, Insert) else gone
            kinds[write.mapping.aggregate, write.key] = number
    if not made and not gone:
        return
    for number, write in enumerate(writes):
        before, after = _states(write)
        for reference in write.mapping.references:
            for target in _targets(reference, after) if made else ():
                if target in made:
                    yield number, made[target]
            for target in _targets(reference, before) if gone else ():
                if target in gone:
                    yield gone[target], number


def _targets(reference: Reference, state: State | None) -> Iterator[Target]:
    for row in state[reference.table] if state is not None else ():
        if row[reference.column] is not None:
            yield reference.target, row[reference.column]
