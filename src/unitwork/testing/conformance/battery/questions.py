"""Questions, and what happens before they are asked, as data.

A case is rows, which are committed - as they are, or as other ones that are then
changed into them - and steps, which one unit does on them and never commits.
Everything is JSON: values as their kinds write them, a row as the values that are not
as by default.

| step                          | does                                                 |
| ----------------------------- | ---------------------------------------------------- |
| `["add", of, row]`            | add an aggregate                                     |
| `["replace", of, row]`        | remove the one of this name, and add another         |
| `["change", of, name, row]`   | set some attributes                                  |
| `["remove", of, name]`        | remove                                               |
| `["load", of, name]`          | find, and no more                                    |
| `["enter"]`, `["leave", how]` | begin a nested block, and "commit" it or "rollback"  |
| `["ask", question]`           | ask, and judge the answers                           |

A step that has nothing to work on does nothing; so any part of a case is a case.

A criterion is `["all", c, ...]`, `["any", c, ...]`, `["and", c, c]`, `["or", c, c]`,
`["not", c]`, `["none", path]`, `["true", path]`, `["in", path, [value, ...]]`, or an
operator, a path and a value: `["<", "size.amount", "1"]`. An order is a list of
`[path, "asc" | "desc", "first" | "last" | None]`.
"""

import json
from typing import Any, TypeAlias

import attrs

from unitwork.testing.conformance.battery.columns import NAMES
from unitwork.testing.conformance.battery.kinds import Json

Step: TypeAlias = list[Json]
CALLS = ("matching", "first", "count", "exists", "page", "stream")
ALL: Json = ["all"]


@attrs.frozen
class Question:
    """One criterion, one order, and the calls that are asked for it."""

    of: str = "Specimen"
    where: Json = attrs.field(factory=lambda: list(ALL))
    order: Json = attrs.field(factory=list)
    limit: int | None = None
    offset: int = 0
    number: int = 1
    size: int = 20
    chunk: int = 500
    calls: tuple[str, ...] = CALLS

    def to_json(self) -> dict[str, Json]:
        """Give its JSON form."""
        return {**attrs.asdict(self), "calls": list(self.calls)}

    @classmethod
    def from_json(cls, data: dict[str, Json]) -> "Question":
        """Read what `to_json` gave."""
        return cls(**{**data, "calls": tuple(data["calls"])})


@attrs.frozen
class Case:
    """Rows, and what one unit does and asks on them."""

    rows: dict[str, list[Json]]
    steps: tuple[Step, ...]
    rewritten: bool = False
    """Whether the rows were other ones, and have been changed into what they are."""

    def formers(self, of: str) -> list[Json]:
        """Return what the rows of a class were: the names are theirs, no more.

        Each had the values of the row before it; a single one those of by default.
        """
        rows, name = self.rows[of], NAMES[of]
        others = [{}] if len(rows) == 1 else (rows[at - 1] for at in range(len(rows)))
        return [
            {**other, name: row[name]} for other, row in zip(others, rows, strict=True)
        ]

    def to_json(self) -> str:
        """Give a text that can be kept and replayed: a line a row, a line a step."""
        rows = ",\n".join(
            json.dumps([of, row]) for of in self.rows for row in self.rows[of]
        )
        steps = ",\n".join(json.dumps(_kept(step)) for step in self.steps)
        rewritten = json.dumps(self.rewritten)
        return (
            f'{{"rows": [\n{rows}\n], "rewritten": {rewritten},'
            f' "steps": [\n{steps}\n]}}\n'
        )

    @classmethod
    def from_json(cls, text: str) -> "Case":
        """Read what `to_json` gave."""
        data: dict[str, Any] = json.loads(text)
        rows: dict[str, list[Json]] = {of: [] for of in NAMES}
        for of, row in data["rows"]:
            rows[of].append(row)
        steps = tuple(_read(step) for step in data["steps"])
        return cls(rows, steps, data.get("rewritten", False))


def _kept(step: Step) -> Json:
    return ["ask", step[1].to_json()] if step[0] == "ask" else step


def _read(step: Json) -> Step:
    return ["ask", Question.from_json(step[1])] if step[0] == "ask" else step
