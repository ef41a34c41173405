"""Which writes the contract refuses (26)."""

from collections import Counter

from unitwork.testing.conformance.programs import (
    KEYS,
    Json,
    Name,
    Values,
    references,
    uniques,
)

Side = dict[Name, Values | None]
UNIQUE, REFERENCE = "UniqueViolationError", "ReferenceViolationError"


def refused_by_core(before: Side, after: Side) -> list[Json]:
    """Give the errors, one of which is raised before anything is sent.

    Args:
        before: what each written aggregate was when it was loaded; None: it is new.
        after: what it shall be; None: it is removed.
    """
    had, has = (
        {n: _taken(n, values) for n, values in side.items()} for side in (before, after)
    )
    changed = {n for n in before if before[n] is not None and after[n] is not None}
    takes = Counter(u for n in has for u in has[n] - had[n])
    given = {u for n in changed for u in had[n] - has[n]}
    clashes = {u for u in takes if takes[u] > 1 or u in given}
    if clashes:
        return [[UNIQUE, of, [*fields]] for of, fields, _ in sorted(clashes)]
    left = set(before)
    while free := {
        n for n in left if not any(_first(m, n, before, after) for m in left - {n})
    }:
        left -= free
    return [[REFERENCE, None, None], [UNIQUE, None, None]] if left else []


def _taken(name: Name, values: Values | None) -> set[Json]:
    return set() if values is None else uniques(name[0], values)


def _targets(name: Name, values: Values | None) -> set[Name]:
    return set() if values is None else {to for _, to in references(name[0], values)}


def _first(one: Name, other: Name, before: Side, after: Side) -> bool:
    """Tell whether one must be written before the other."""
    if before[one] is None and one in _targets(other, after[other]):
        return True
    if after[one] is None and _taken(one, before[one]) & _taken(other, after[other]):
        return True
    return after[other] is None and other in _targets(one, before[one])


def refused_by_storage(rows: list[tuple[Name, Values]]) -> list[Json]:
    """Give the errors, one of which is raised if just these rows would be stored."""
    names = Counter(name for name, _ in rows)
    taken = Counter(unique for name, values in rows for unique in _taken(name, values))
    found: list[Json] = [
        [UNIQUE, of, [KEYS[of]]] for (of, _), n in names.items() if n > 1
    ]
    found += [[UNIQUE, of, [*fields]] for (of, fields, _), n in taken.items() if n > 1]
    for name, values in rows:
        for field, target in references(name[0], values):
            if target not in names:
                found.append([REFERENCE, name[0], [field]])
    return found
