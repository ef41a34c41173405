"""The contract as an executable model: plain dicts, nothing of the library.

Written from the numbered contract alone, so that a mistake in the core, which all
storages share, is a difference to it. Values are never changed in place.
"""

from typing import Any

from unitwork.testing.conformance.oracle.edits import edited
from unitwork.testing.conformance.oracle.reads import Reads, Refused, version
from unitwork.testing.conformance.oracle.rules import (
    refused_by_core,
    refused_by_storage,
)
from unitwork.testing.conformance.oracle.units import Held, Unit
from unitwork.testing.conformance.programs import (
    DEFAULTS,
    KEYS,
    SKIPPED,
    Json,
    Name,
    Step,
)

CLOSED: Json = {"raises": [["UnitOfWorkClosedError", None, None]]}


class Model(Reads):
    """Predict what each step of a program does."""

    def __init__(self) -> None:
        super().__init__()
        self.units: dict[int, Unit] = {}
        self.picks: set[Name] = set()
        self.commits = 0

    def step(self, step: Step) -> Json:
        """Do a step, and give what is observed."""
        unit = self.units.get(step.unit)
        if step.do == "open" and unit is None:
            self.units[step.unit] = Unit(**step.args)
            return {"outcome": "active"}
        if step.do == "open" or unit is None:
            return SKIPPED
        if unit.ended and step.do not in ("leave", "add"):
            return CLOSED
        try:
            return getattr(self, f"_{step.do}")(unit, step)
        except Refused as predicted:
            return {"raises": list(predicted.args)}

    def _enter(self, unit: Unit, _step: Step) -> Json:
        unit.blocks.append(unit.state.copy())
        return {"outcome": unit.outcome}

    def _rollback(self, unit: Unit, _step: Step) -> Json:
        unit.undo()
        return {"in place": True, **unit.end("rolled back")}

    def _leave(self, unit: Unit, step: Step) -> Json:
        observed: Json = {}
        if not unit.ended:
            if unit.pending() and not step.args["raising"]:
                observed = {"raises": [["UncommittedChangesError", None, None]]}
            observed |= self._rollback(unit, step)
        unit.blocks.pop()
        unit.ended = False
        if not unit.blocks:
            del self.units[step.unit]
        return {"outcome": unit.outcome, **observed}

    def _commit(self, unit: Unit, _step: Step) -> Json:
        try:
            if len(unit.blocks) == 1:
                self._write(unit)
        except Refused as predicted:
            return {"raises": list(predicted.args), **unit.end("rolled back")}
        return unit.end("committed")

    def _write(self, unit: Unit) -> None:
        """Judge what the unit would write, then write it. Contract: 11, 18, 25, 26."""
        state, rows = unit.state, self.rows
        changes = {n: h for n, h in state.holds.items() if state.value(h) != h.base}
        if unit.read_only and (changes or state.recorded()):
            raise Refused(["ReadOnlyError", None, None])
        after = {n: state.value(h) for n, h in changes.items()}
        if errors := refused_by_core({n: h.base for n, h in changes.items()}, after):
            raise Refused(*errors)
        stale: list[Any] = [
            n
            for n, h in changes.items()
            if h.origin is not None and h.version != version(rows, n)
        ]
        if (changes or state.recorded()) and unit.isolation == "serializable":
            stale += [
                (None, None) for read, answer in unit.reads if read(rows) != answer
            ]
        if stale:
            raise Refused(*(["ConcurrencyConflictError", *name] for name in stale))
        written = {n: (v, self.commits + 1) for n, v in after.items() if v is not None}
        rows = {n: row for n, row in rows.items() if n not in after} | written
        taken = [n for n, h in changes.items() if h.origin is None and n in self.rows]
        stored = [(n, values) for n, (values, _) in rows.items()]
        stored += [(n, self.rows[n][0]) for n in taken]
        if errors := refused_by_storage(stored):
            raise Refused(*errors)
        self.rows, self.commits = rows, self.commits + 1
        for name in written:
            self.places.setdefault(name, len(self.places))

    def _add(self, unit: Unit, step: Step) -> Json:
        state, name, same = unit.state, step.name, step.args["same"]
        number = state.gone.get(name) if same else len(state.objects)
        if number is None or (not same and name in self.picks):
            return SKIPPED
        if unit.ended:
            return CLOSED
        held = state.holds.get(name, Held(None))
        if held.live is not None:
            raise Refused(["UniqueViolationError", name[0], [KEYS[name[0]]]])
        if not same:
            state.objects.append((name, {**DEFAULTS[name[0]], **step.args["values"]}))
            self.picks |= {name} if name[0] == "Pick" else set()
        state.holds[name] = held._replace(live=number)
        state.nothing -= {number}
        return {"found": self._view(unit, number)}

    def _remove(self, unit: Unit, step: Step) -> Json:
        number = self._live(unit, step.name)
        if number is not None:
            unit.state.gone[step.name] = number
            held = unit.state.holds.pop(step.name)
            if held.origin is None:
                unit.state.nothing |= {number}
            else:
                unit.state.holds[step.name] = held._replace(live=None)
        return {"removed": number}

    def _edit(self, unit: Unit, step: Step) -> Json:
        number = self._live(unit, step.name)
        if number is None:
            return {"found": None}
        values = edited(unit.state.objects[number][1], step)
        if values is None:
            return SKIPPED
        unit.state.objects[number] = (step.name, values)
        return {"found": self._view(unit, number)}

    _set = _part = _note = _edit

    def _record(self, unit: Unit, step: Step) -> Json:
        number = self._live(unit, step.name)
        if number is not None:
            unit.state.events.append((step.args["number"], number))
        return {"recorded": number}
