"""What the model says of reads. Contract: 12, 16-18, 20, 22, 23."""

import math
from collections.abc import Callable
from typing import Any

from unitwork.testing.conformance.oracle.criteria import in_order, truth
from unitwork.testing.conformance.oracle.units import Held, Read, Rows, Unit
from unitwork.testing.conformance.programs import Json, Name, Step, Values


class Refused(Exception):  # noqa: N818 - a prediction, no error
    """The step raises one of these: class, aggregate, fields or key; None is any."""


class Reads:
    """What is committed, and what units see of it."""

    def __init__(self) -> None:
        self.rows: Rows = {}
        self.places: dict[Name, int] = {}

    def _seen(self, unit: Unit) -> Rows:
        """Give the rows that a read sees. Contract: 18."""
        if unit.isolation == "read_committed":
            return self.rows
        unit.snapshot = self.rows if unit.snapshot is None else unit.snapshot
        return unit.snapshot

    def _read(self, unit: Unit, read: Read) -> Any:
        answer = read(self._seen(unit))
        unit.reads.append((read, answer))
        return answer

    def _load(self, unit: Unit, name: Name) -> int:
        values, version = self._seen(unit)[name]
        number = len(unit.state.objects)
        unit.state.objects.append((name, values))
        unit.bases[number] = values
        unit.state.holds[name] = Held(number, number, values, version)
        return number

    def _live(self, unit: Unit, name: Name, *, by_key: bool = False) -> int | None:
        """Find the unit's object for a key. Contract: 12, 17."""
        unassigned = name[0] == "Pick" and name not in self.places
        if unassigned:
            self._read(unit, lambda _: None)
        elif name not in unit.state.holds and self._read(
            unit, lambda rows: version(rows, name)
        ):
            self._load(unit, name)
        held = unit.state.holds.get(name)
        return None if held is None or (by_key and unassigned) else held.live

    def _view(self, unit: Unit, number: int | None) -> Json:
        """Show an object: class, key, which object, version, values."""
        assert number is not None
        name, values = unit.state.objects[number]
        return [*name, number, unit.state.holds[name].version, values]

    def _find(self, unit: Unit, step: Step) -> Json:
        number = self._live(unit, step.name, by_key=True)
        return {"found": None if number is None else self._view(unit, number)}

    def _get(self, unit: Unit, step: Step) -> Json:
        number = self._live(unit, step.name, by_key=True)
        expected = step.args["version"]
        if number is None:
            about = step.name if step.name[0] != "Pick" else ("Pick", None)
            raise Refused(["AggregateNotFoundError", *about])
        if expected not in (None, unit.state.holds[step.name].version):
            raise Refused(["ConcurrencyConflictError", *step.name])
        return {"found": self._view(unit, number)}

    def _own(self, unit: Unit, step: Step) -> dict[Name, Values]:
        """Give what the unit itself has that a query matches. Contract: 20."""
        of, state = step.args["of"], unit.state
        own = {n: state.value(held) for n, held in state.holds.items() if n[0] == of}
        return {n: v for n, v in own.items() if v and truth(step.args["where"], n, v)}

    def _others(self, unit: Unit, step: Step) -> Callable[[Rows], dict[Name, Values]]:
        """Make the read of all other keys that a query matches. Contract: 18, 20."""
        of, where, held = step.args["of"], step.args["where"], {*unit.state.holds}

        def read(rows: Rows) -> dict[Name, Values]:
            others = {
                n: v for n, (v, _) in rows.items() if n[0] == of and n not in held
            }
            return {n: v for n, v in others.items() if truth(where, n, v)}

        return read

    def _sorted(self, found: dict[Name, Values], step: Step) -> list[Name]:
        def by_key(name: Name) -> Any:
            place = self.places.get(name, math.inf)
            return (place, name[1]) if name[0] == "Pick" else name[1]

        return in_order(found, step.args["order"], by_key)

    def _window(self, unit: Unit, step: Step, limit: int | None, offset: int) -> Json:
        end = None if limit is None else offset + limit
        own, matching = self._own(unit, step), self._others(unit, step)
        start = 0 if own else offset

        def read(rows: Rows) -> list[tuple[Name, int]]:
            names = self._sorted(matching(rows), step)
            return [(name, rows[name][1]) for name in names[start:end]]

        stored, seen = self._read(unit, read), self._seen(unit)
        found = own | {name: seen[name][0] for name, _ in stored}
        names = self._sorted(found, step)[offset - start : end]
        return [
            self._view(
                unit,
                unit.state.holds[name].live
                if name in unit.state.holds
                else self._load(unit, name),
            )
            for name in names
        ]

    def _matching(self, unit: Unit, step: Step) -> Json:
        limit, offset = step.args["limit"], step.args["offset"]
        return {"found": self._window(unit, step, limit, offset)}

    def _first(self, unit: Unit, step: Step) -> Json:
        return {"found": self._window(unit, step, 1, 0)}

    def _stream(self, unit: Unit, step: Step) -> Json:
        return {"found": self._window(unit, step, None, 0)}

    def _page(self, unit: Unit, step: Step) -> Json:
        number, size = step.args["number"], step.args["size"]
        total = self._count(unit, step)["count"]
        return {
            "total": total,
            "found": self._window(unit, step, size, (number - 1) * size),
        }

    def _count(self, unit: Unit, step: Step) -> Json:
        own, stored = self._own(unit, step), self._others(unit, step)
        return {"count": len(own) + self._read(unit, lambda rows: len(stored(rows)))}

    def _exists(self, unit: Unit, step: Step) -> Json:
        own, stored = self._own(unit, step), self._others(unit, step)
        found = bool(own) or self._read(unit, lambda rows: bool(stored(rows)))
        return {"exists": found}


def version(rows: Rows, name: Name) -> int | None:
    """Give the version of a row: the number of the commit that wrote it."""
    return rows[name][1] if name in rows else None
