"""What a generator can do to a unit, steered by the model of what is there."""

from collections import Counter
from random import Random
from typing import Any

from unitwork.testing.conformance.oracle.model import Model
from unitwork.testing.conformance.oracle.units import Unit
from unitwork.testing.conformance.programs import (
    DEFAULTS,
    QUERIES,
    REFERENCES,
    UNIQUE,
    Json,
    Name,
    Step,
    Values,
    errors_in,
    references,
)
from unitwork.testing.conformance.vocabulary import CODES, Vocabulary

CHANGED = "query over changes"
"""A query of a class of which the unit has changed something itself."""
CLASSES = ("Site", "Item", "Pick")
_DEPTH = 3


class Actions:
    """Adds steps to a program, one action at a time, and runs the model alongside."""

    def __init__(self, seed: int) -> None:
        """Begin with nothing done; every choice follows from the seed."""
        self._seed = seed
        self._random = Random(seed)  # noqa: S311 - no secret
        self._choose = Vocabulary(self._random)
        self._model = Model()
        self._steps: list[Step] = []
        self._expected: list[Json] = []
        self._met: Counter[tuple[str, str]] = Counter()
        self._picks = 0
        self._numbers = 0

    def _do(self, do: str, unit: int, **args: Json) -> None:
        step, opened = Step(do, unit, args), self._model.units.get(unit)
        changed = do in QUERIES and args["of"] in _dirty(opened)
        observed = self._model.step(step)
        self._steps.append(step)
        self._expected.append(observed)
        level = opened.isolation if opened else args.get("isolation", "")
        self._met.update((kind, level) for kind in _kinds(do, observed))
        self._met[CHANGED, level] += changed

    def _chance(self, probability: float) -> bool:
        return self._random.random() < probability

    # --- what to do it to ---

    def _class(self) -> str:
        return self._random.choices(CLASSES, (3, 5, 2))[0]

    def _hot(self, number: int, of: str | None = None) -> Name:
        """Choose an aggregate: best one that another open unit has its hands on."""
        units = self._model.units
        others = [
            n for other in units if other != number for n in units[other].state.holds
        ]
        own, stored = list(units[number].state.holds), list(self._model.rows)
        for names in self._random.sample((others, own, stored), 3):
            fitting = [name for name in names if of in (None, name[0])]
            if fitting and self._chance(0.8):
                chosen: Name = self._random.choice(fitting)
                return chosen
        return self._new(of or self._class())

    def _new(self, of: str) -> Name:
        return of, self._picks if of == "Pick" else self._random.choice(CODES)

    # --- actions ---

    def _fresh(self, number: int) -> None:
        self._add(number, self._new(self._class()))

    def _add(self, number: int, name: Name, **known: Json) -> None:
        of, key = name
        if of == "Pick":
            self._picks = max(self._picks, key + 1)
        values = {**self._settled(of, self._choose.values(of)), **known}
        self._do("add", number, of=of, key=key, values=values, same=False)

    def _edit(self, number: int, of: str | None = None) -> None:
        of, key = self._hot(number, of)
        kind = self._random.choice(("set", "part", "note")) if of == "Item" else "set"
        if kind == "part":
            self._part(number, key)
        elif kind == "note":
            name, value = (
                self._choose.value("Item", "label") or "x",
                self._choose.value("Item", "rank"),
            )
            self._do("note", number, of=of, key=key, name=name, value=value)
        else:
            fields = [f for f in DEFAULTS[of] if f not in ("parts", "notes")]
            field = self._random.choice(fields)
            value = self._choose.value(of, field)
            self._put(
                number, (of, key), field, self._settled(of, {field: value})[field]
            )

    def _settled(self, of: str, values: Values) -> Values:
        """Let most references be to what is stored: a refused unit shows little."""
        settled = {**values}
        for field, to in REFERENCES[of].items():
            if values.get(field) is not None:
                settled[field] = self._stored(to, values[field])
        if "parts" in values:
            parts = values["parts"]
            settled["parts"] = [[*p[:2], self._stored("Site", p[2])] for p in parts]
        return settled

    def _stored(self, of: str, key: Json) -> Json:
        stored = sorted(code for kind, code in self._model.rows if kind == of)
        if key is None or key in stored or not stored or self._chance(0.15):
            return key
        return self._random.choice(stored)

    def _put(self, number: int, name: Name, field: str, value: Json) -> None:
        of, key = name
        self._do("set", number, of=of, key=key, field=field, value=value)

    def _part(self, number: int, key: str) -> None:
        how = self._random.choice(("append", "append", "change", "drop", "turn"))
        slot, count, site = self._choose.part()
        site = self._stored("Site", site)
        args = {
            "slot": slot,
            "count": count,
            "site": site,
            "index": self._random.choice((0, 1, 2)),
        }
        self._do("part", number, of="Item", key=key, how=how, **args)

    def _remove(self, number: int) -> None:
        of, key = self._hot(number)
        self._do("remove", number, of=of, key=key)

    def _replace(self, number: int) -> None:
        of, key = self._hot(number, self._random.choice(("Site", "Item")))
        if self._chance(0.2):
            self._numbers += 1
            self._do("record", number, of=of, key=key, number=self._numbers)
        self._do("remove", number, of=of, key=key)
        if self._chance(0.3):
            self._do("add", number, of=of, key=key, values={}, same=True)
        else:
            self._add(number, (of, key))

    def _vanish(self, number: int) -> None:
        """Do nothing in two steps, with a key that may be stored; then go on."""
        of, key = self._hot(number, self._random.choice(("Site", "Item")))
        self._add(number, (of, key))
        self._do("remove", number, of=of, key=key)
        field = "zone" if of == "Site" else "rank"
        self._put(number, (of, key), field, self._choose.value(of, field))

    def _read(self, number: int) -> None:
        of, key = self._hot(number)
        if self._chance(0.5):
            self._do("find", number, of=of, key=key)
            return
        held = self._model.units[number].state.holds.get((of, key))
        stored = self._model.rows.get((of, key))
        versions = [None, held and held.version, stored and stored[1], 0]
        self._do("get", number, of=of, key=key, version=self._random.choice(versions))

    def _take(self, number: int) -> None:
        """Take a unique value, or a pair of them, that something else has, or had."""
        of = self._random.choice(("Site", "Item", "Item"))
        (fields,) = UNIQUE[of]
        values = [v for (kind, _), (v, _) in self._model.rows.items() if kind == of]
        for unit in self._model.units.values():
            values += [v for (kind, _), v in unit.state.objects if kind == of]
        taken = sorted({t for v in values if None not in (t := _of(v, fields))})
        if not taken:
            self._edit(number)
            return
        chosen = self._random.choice(taken)
        if self._chance(0.4):
            self._give_up(number, of, chosen)
        name = self._hot(number, of)
        for field, value in zip(fields, chosen, strict=True):
            self._put(number, name, field, value)

    def _give_up(self, number: int, of: str, taken: tuple[Json, ...]) -> None:
        """Take a value, or a pair, from who has it, so that another may have it."""
        (fields,) = UNIQUE[of]
        for name, (values, _) in self._model.rows.items():
            if name[0] == of and _of(values, fields) == taken:
                self._put(number, name, fields[-1], None)

    def _refer(self, number: int) -> None:
        """Refer to what is missing."""
        missing = [code for code in CODES if ("Site", code) not in self._model.rows]
        if missing:
            name = self._hot(number, "Item")
            self._put(number, name, "site", self._random.choice(missing))

    def _orphan(self, number: int) -> None:
        """Remove what is referred to, and often commit no more."""
        referred = sorted(self._referred())
        if not referred:
            self._refer(number)
            return
        of, key = self._random.choice(referred)
        self._do("remove", number, of=of, key=key)
        if self._chance(0.5) and not self._model.units[number].ended:
            self._do("commit", number)

    def _referred(self) -> set[Name]:
        """Give what stored aggregates refer to, and their parts."""
        return {
            target
            for (of, _), (values, _) in self._model.rows.items()
            for _, target in references(of, values)
        }

    def _miss(self, number: int) -> None:
        """Look for what is not stored; another unit may add it."""
        of = self._random.choice(("Site", "Item"))
        missing = [code for code in CODES if (of, code) not in self._model.rows]
        if not missing:
            self._peek(number)
            return
        key = self._random.choice(missing)
        self._do("find", number, of=of, key=key)
        others = [one for one in self._model.units if one != number]
        if others and self._chance(0.6):
            other = self._random.choice(others)
            self._add(other, (of, key), **({"parent": None} if of == "Site" else {}))
            if self._chance(0.6) and not self._model.units[other].ended:
                self._do("commit", other)
            self._edit(number)

    def _peek(self, number: int) -> None:
        """Ask whether something is there, and again when another unit has committed."""
        others = [one for one in self._model.units if one != number]
        other = self._random.choice(others) if others else number
        name = self._hot(other, self._random.choice(("Site", "Item")))
        do = self._random.choice(("exists", "count", "matching"))
        self._look_for(number, do, name)
        if other != number and not self._model.units[other].ended:
            self._do("commit", other)
            self._look_for(number, do, name)

    def _look_for(self, number: int, do: str, name: Name) -> None:
        of, key = name
        args: dict[str, Any] = {"of": of, "where": ["==", "code", key]}
        if do == "matching":
            args |= {"order": [], "limit": None, "offset": 0}
        self._do(do, number, **args)

    def _query(self, number: int) -> None:
        """Ask, best for what the unit has changed."""
        unit = self._model.units[number]
        dirty = _dirty(unit)
        of = (
            self._random.choice(dirty) if dirty and self._chance(0.8) else self._class()
        )
        do = self._random.choice(QUERIES)
        args: dict[str, Any] = {"of": of, "where": self._choose.criterion(of)}
        if do not in ("count", "exists"):
            args["order"] = self._choose.order(of)
        if do == "matching":
            args["limit"] = self._choose.often_none((0, 1, 2, 3))
            args["offset"] = self._random.choice((0, 0, 1, 2))
        if do == "page":
            args |= {
                "number": self._random.choice((1, 1, 2)),
                "size": self._random.choice((1, 2, 3)),
            }
        if do == "stream":
            args["size"] = self._random.choice((1, 2, 5))
        self._do(do, number, **args)

    def _record(self, number: int) -> None:
        of, key = self._hot(number)
        self._numbers += 1
        self._do("record", number, of=of, key=key, number=self._numbers)

    def _enter(self, number: int) -> None:
        if len(self._model.units[number].blocks) < _DEPTH:
            self._do("enter", number)

    def _nest(self, number: int) -> None:
        """Work in a scope in a scope: keep the inner one's, often undo the outer's."""
        if self._model.units[number].ended:
            return
        self._record(number)
        self._do("enter", number)
        self._some(number, self._random.choice((0, 1)))
        self._do("enter", number)
        self._some(number, self._random.choice((0, 1, 2)))
        if self._chance(0.8):
            self._do("commit", number)
        self._do("leave", number, raising=self._chance(0.2))
        if self._chance(0.4):
            self._do("commit", number)
        self._do("leave", number, raising=self._chance(0.6))
        self._query(number)

    def _some(self, number: int, count: int) -> None:
        for _ in range(count):
            actions = ("edit", "fresh", "remove", "record", "vanish", "replace")
            action = self._random.choice(actions)
            getattr(self, f"_{action}")(number)

    def _end(self, number: int) -> None:
        unit = self._model.units[number]
        if not unit.ended and self._chance(0.85):
            weights = (7, 2) if len(unit.blocks) == 1 else (5, 4)
            do = self._random.choices(("commit", "rollback"), weights)[0]
            self._do(do, number)
            if self._chance(0.2):
                return
        self._do("leave", number, raising=self._chance(0.4))


def _of(values: Values, fields: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(values[field] for field in fields)


def _kinds(do: str, observed: Json) -> set[str]:
    """Name what a step met: the errors that it may raise, or what it did."""
    if errors := errors_in(observed):
        return errors
    ended = do in ("commit", "rollback")
    return {f"{do} in a scope" if ended and observed["outcome"] == "active" else do}


def _dirty(unit: Unit | None) -> list[str]:
    """Name the classes of which a unit has changed something."""
    if unit is None or unit.ended:
        return []
    state = unit.state
    changed = {
        n[0] for n, held in state.holds.items() if state.value(held) != held.base
    }
    return sorted(changed)
