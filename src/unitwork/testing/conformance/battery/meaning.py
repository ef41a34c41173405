"""What a question means, over plain values: written from the contract alone.

Contract: 22, 23, 24.
"""

import operator
from collections.abc import Callable, Collection, Sequence
from math import inf
from typing import Any, TypeAlias

from unitwork.testing.conformance.battery.columns import COLUMNS, KEYS, Row
from unitwork.testing.conformance.battery.kinds import Json

Numbers: TypeAlias = frozenset[int]
Parting: TypeAlias = tuple[Numbers, Numbers]
"""The rows that a criterion is true for, and those that it is false for.

For all others it is unknown.
"""
_TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "contains": lambda stored, text: text in stored,
    "startswith": lambda stored, text: stored[: len(text)] == text,
    "endswith": lambda stored, text: (
        text == stored[len(stored) - len(text) :] if len(text) <= len(stored) else False
    ),
}


def parting(of: str, where: Json, rows: Sequence[Row]) -> Parting:
    """Part rows by a criterion, as `questions.py` writes it."""
    everything = frozenset(range(len(rows)))
    kind, *rest = where
    if kind in ("and", "all"):
        parts = [parting(of, part, rows) for part in rest if part is not None]
        return everything.intersection(*_firsts(parts)), _union(_seconds(parts))
    if kind in ("or", "any"):
        parts = [parting(of, part, rows) for part in rest if part is not None]
        return _union(_firsts(parts)), everything.intersection(*_seconds(parts))
    if kind == "not":
        true, false = parting(of, rest[0], rows)
        return false, true
    values = [row[rest[0]] for row in rows]
    if kind == "none":
        true = frozenset(n for n, value in enumerate(values) if value is None)
        return true, everything - true
    read = COLUMNS[of][rest[0]].kind.from_json
    if kind == "in":
        return _among(values, [None if v is None else read(v) for v in rest[1]])
    test, right = (operator.eq, True) if kind == "true" else (_TESTS[kind], None)
    right = read(rest[1]) if right is None else right
    known = {n: test(v, right) for n, v in enumerate(values) if v is not None}
    true = frozenset(n for n, found in known.items() if found)
    return true, frozenset(known) - true


def _firsts(parts: list[Parting]) -> list[Numbers]:
    return [true for true, _ in parts]


def _seconds(parts: list[Parting]) -> list[Numbers]:
    return [false for _, false in parts]


def _union(parts: list[Numbers]) -> Numbers:
    return frozenset().union(*parts)


def _among(values: Sequence[Any], listed: Collection[Any]) -> Parting:
    """Part by `in_`: of no values false, even for None; with None never false."""
    if not listed:
        return frozenset(), frozenset(range(len(values)))
    said = {value for value in listed if value is not None}
    known = {n: value in said for n, value in enumerate(values) if value is not None}
    true = frozenset(n for n, found in known.items() if found)
    return true, frozenset() if None in listed else frozenset(known) - true


def in_order(of: str, order: Json, rows: Sequence[Row]) -> list[int]:
    """Give the numbers of rows in a total order. Contract: 17, 23.

    A key that the database has yet to make comes last, whatever the order says.
    """
    terms = [*order, [KEYS[of], "asc", None]]
    places = [_places(of, term, rows) for term in terms]
    return sorted(range(len(rows)), key=lambda n: [place[n] for place in places])


def _places(of: str, term: Json, rows: Sequence[Row]) -> list[float]:
    """Say how far back each row stands by one term alone."""
    path, direction, nulls = term
    values = [row[path] for row in rows]
    ranks = {value: n for n, value in enumerate(sorted({*values} - {None}))}
    sign = -1 if direction == "desc" else 1
    by_default = "last" if sign == 1 else "first"
    last = path == KEYS[of] or (nulls or by_default) == "last"
    none = inf if last else -inf
    return [none if value is None else sign * ranks[value] for value in values]
