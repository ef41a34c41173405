"""Draw rows, edits and questions from a seed: always the same from the same."""

from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any

from unitwork.testing.conformance.battery.columns import (
    COLUMNS,
    NAMES,
    Row,
    full,
    unsaid,
    written,
)
from unitwork.testing.conformance.battery.criteria import Criteria
from unitwork.testing.conformance.battery.kinds import Json, Kind
from unitwork.testing.conformance.battery.questions import CALLS, Question, Step

SITTING = 10
"""How many questions are asked of one unit that has edits."""
ALIKE = 10
"""How many questions in a row have one shape."""
_SPECIMENS, _TICKETS, _SPARE = 24, 6, 6
_PAIRS = 2
_LABELS = ("a", "A", "%", "é")
_TICKET_NAMES = tuple(f"t{n}" for n in range(_TICKETS + _SPARE))


class Drawing:
    """Everything that one seed means."""

    def __init__(self, seed: int) -> None:
        """Draw the rows."""
        self._seed = seed
        random = Random(f"{seed}")  # noqa: S311 - no secret
        self._hot = {
            of: {path: _hot(column.kind, random) for path, column in columns.items()}
            for of, columns in COLUMNS.items()
        }
        self._names: dict[str, Sequence[str]] = {
            "Specimen": _codes(random),
            "Ticket": _TICKET_NAMES,
        }
        self.rows: dict[str, list[Json]] = {
            "Specimen": self._draw_rows("Specimen", _SPECIMENS, random),
            "Ticket": self._draw_rows("Ticket", _TICKETS, random),
        }
        self._occurring: Mapping[str, list[Row]] = {
            of: [full(of, row) for row in rows] for of, rows in self.rows.items()
        }

    def sittings(self, questions: int) -> Iterator[tuple[Step, ...]]:
        """Give the steps of each unit.

        Half of the questions are asked of units of their own, which hold nothing yet;
        the others some at a time, of units with edits, in nested blocks too.
        """
        for first in range(0, questions, SITTING):
            numbers = range(first, min(first + SITTING, questions))
            if first // SITTING % 2:
                yield tuple(self._sitting(numbers))
            else:
                yield from ((["ask", self.question(n)],) for n in numbers)

    def question(self, number: int) -> Question:
        """Draw one question; some in a row have one shape, and other values."""
        alike = number // ALIKE
        shape = Random(f"{self._seed}:shape:{alike}")  # noqa: S311 - no secret
        random = Random(f"{self._seed}:{number}")  # noqa: S311 - no secret
        of = "Ticket" if shape.random() < 1 / 8 else "Specimen"
        criteria = Criteria(of, self._occurring[of], shape=shape, values=random)
        calls = shape.sample(CALLS, len(CALLS))
        cut, skipping = shape.random() < 2 / 3, shape.random() < 1 / 2
        return Question(
            of=of,
            where=criteria.where(),
            order=criteria.order(),
            limit=random.choice((0, 1, 2, 3, 5, 10, 100)) if cut else None,
            offset=random.choice((1, 2, 5, 20, 30)) if skipping else 0,
            number=random.choice((1, 1, 2, 3, 9)),
            size=random.choice((1, 2, 3, 5, 10, 50)),
            chunk=random.choice((2, 3, 5, 8, 12, 500)),
            calls=tuple(calls if shape.random() < 1 / 12 else calls[:1]),
        )

    def _sitting(self, numbers: range) -> Iterator[Step]:
        random = Random(f"{self._seed}:edits:{numbers[0]}")  # noqa: S311 - no secret
        inner = random.randint(0, len(numbers))
        outer = random.randint(inner, len(numbers))
        yield from self._edits(random, random.randint(1, 10))
        yield from (["ask", self.question(n)] for n in numbers[:inner])
        yield ["enter"]
        yield from self._edits(random, random.randint(1, 6))
        yield from (["ask", self.question(n)] for n in numbers[inner:outer])
        yield ["leave", random.choice(("commit", "rollback"))]
        yield from (["ask", self.question(n)] for n in numbers[outer:])

    def _edits(self, random: Random, count: int) -> Iterator[Step]:
        for _ in range(count):
            of = random.choice(("Specimen", "Specimen", "Specimen", "Ticket"))
            do = random.choice(("add", "replace", "change", "change", "remove", "load"))
            name = random.choice(self._names[of])
            if do == "add" or (do == "replace" and of == "Specimen"):
                yield [do, of, self._row(of, name, random)]
            elif do == "change":
                yield [do, of, name, self._some(of, random)]
            elif do != "replace":
                yield [do, of, name]

    def _draw_rows(self, of: str, count: int, random: Random) -> list[Json]:
        rows: list[Json] = []
        for name in self._names[of][:count]:
            row = self._row(of, name, random)
            if rows and random.random() < 1 / 4:
                row = {**random.choice(rows), NAMES[of]: name}
            rows.append(row)
        return rows

    def _row(self, of: str, name: str, random: Random) -> Json:
        values = {p: self._value(of, p, random) for p in COLUMNS[of]}
        row = self._whole(of, {**values, NAMES[of]: name}, random)
        return unsaid(of, row)

    def _some(self, of: str, random: Random) -> Json:
        paths = [path for path in COLUMNS[of] if path != NAMES[of]]
        chosen = random.sample(paths, min(len(paths), random.randint(1, 3)))
        for path in tuple(chosen):
            first, dot, _ = path.partition(".")
            chosen += [f"{first}.amount", f"{first}.unit"] if dot else []
        values = {path: self._value(of, path, random) for path in chosen}
        return self._whole(of, values, random)

    def _value(self, of: str, path: str, random: Random) -> Any:
        column = COLUMNS[of][path]
        if column.nullable and random.random() < 1 / 3:
            return None
        if random.random() < 1 / 4:
            return random.choice(column.kind.pool(random))
        return random.choice(self._hot[of][path])

    def _whole(self, of: str, values: Row, random: Random) -> dict[str, Json]:
        """Give values as JSON: no part of an absent value, and labels of each sort."""
        row = {path: written(of, path, value) for path, value in values.items()}
        if row.get("maybe_size.amount", "") is None:
            row["maybe_size.unit"] = None
        if of == "Specimen" and random.random() < 1 / 2:
            slots = random.sample(_LABELS, random.randint(0, 3))
            row["labels"] = [[slot, random.choice((None, "x"))] for slot in slots]
        return row


def _hot(kind: Kind, random: Random) -> list[Any]:
    """Draw the usual values of a column: few, and in pairs that are nearly equal."""
    values = random.sample(kind.pool(random), _PAIRS)
    return [*values, *(kind.near(value, random) for value in values)]


def _codes(random: Random) -> list[str]:
    """Draw keys of specimens: for the rows, and some for those that are added."""
    kind, codes = COLUMNS["Specimen"]["code"].kind, dict[str, None]()
    while len(codes) < _SPECIMENS + _SPARE:
        codes |= dict.fromkeys(kind.pool(random))
    return random.sample(list(codes), _SPECIMENS + _SPARE)
