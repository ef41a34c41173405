"""Programs: what several open units do, step by step, as data.

A program is run by one task, a step at a time, so it means the same on every storage.
Everything in it is JSON: values as `DEFAULTS` shows them, decimals as text, a set as a
sorted list, a child as a list of its attributes.

A step that has nothing to work on (no unit is open, no such aggregate, no child left)
does nothing and is observed as skipped; so any part of a program is a program.

| step      | arguments                     | does                                     |
| --------- | ----------------------------- | ---------------------------------------- |
| open      | isolation, read_only          | open a unit                              |
| enter     |                               | begin a nested block                     |
| commit    |                               | commit the innermost block               |
| rollback  |                               | roll it back                             |
| leave     | raising                       | leave it, by an exception or cleanly     |
| add       | of, key, values, same         | add a new aggregate, or one removed      |
| remove    | of, key                       | find it, then remove it                  |
| get, find | of, key, version              | read it; a version only for get          |
| set       | of, key, field, value         | find it, then set an attribute, or       |
|           |                               | fill a set in place                      |
| part      | of, key, how, slot, count,    | find an Item, then append, change, drop  |
|           | site, index                   | or turn its parts, in place              |
| note      | of, key, name, value          | find an Item, then put or pop a note     |
| record    | of, key, number               | find it, then record an event            |
| matching  | of, where, order, limit,      | query                                    |
|           | offset                        |                                          |
| first     | of, where, order              | query                                    |
| count     | of, where                     | query                                    |
| exists    | of, where                     | query                                    |
| page      | of, where, order, number,     | query                                    |
|           | size                          |                                          |
| stream    | of, where, order, size        | query                                    |

A criterion is a list: `["all"]`, `["and", c, c]`, `["or", c, c]`, `["not", c]`,
`["none", path]`, `["in", path, [value, ...]]`, or an operator, a path and a value:
`["<", "price.amount", "1.50"]`. An order is a list of `[path, "asc" | "desc", nulls]`,
where nulls is "first", "last" or None. The key of a Pick is made by the database: a
program numbers its picks, and means the pick that it added under this number.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import attrs

Json: TypeAlias = Any
"""What JSON can hold."""
Values: TypeAlias = dict[str, Any]
"""The attributes of an aggregate, without its key."""
Name: TypeAlias = tuple[str, Any]
"""A class and a key."""

SKIPPED: Json = {"skipped": True}
"""What is observed of a step that has nothing to work on."""
KEYS = {"Site": "code", "Item": "code", "Pick": "number"}
DEFAULTS: dict[str, Values] = {
    "Site": {"town": None, "zone": None, "parent": None},
    "Item": {
        "label": None,
        "rank": None,
        "site": None,
        "parts": [],
        "tags": [],
        "notes": {},
        "price": None,
    },
    "Pick": {"item": None, "quantity": None},
}
UNIQUE: dict[str, tuple[tuple[str, ...], ...]] = {
    "Site": (("town", "zone"),),
    "Item": (("label",),),
    "Pick": (),
}
REFERENCES = {
    "Site": {"parent": "Site"},
    "Item": {"site": "Site"},
    "Pick": {"item": "Item"},
}
PATHS = {
    "Site": ("code", "town", "zone", "parent"),
    "Item": ("code", "label", "rank", "site", "price.amount", "price.currency"),
    "Pick": ("item", "quantity"),
}
TEXTS = ("contains", "startswith", "endswith")
ISOLATIONS = ("read_committed", "snapshot", "serializable")
QUERIES = ("matching", "first", "count", "exists", "page", "stream")


@attrs.frozen
class Step:
    """One call on one unit."""

    do: str
    unit: int
    args: Mapping[str, Json] = attrs.field(factory=dict)

    @property
    def name(self) -> Name:
        """Give the class and the key that it is about."""
        return self.args["of"], self.args["key"]

    def to_json(self) -> dict[str, Json]:
        """Give its JSON form: one flat object."""
        return {"do": self.do, "unit": self.unit, **self.args}

    @classmethod
    def from_json(cls, data: Mapping[str, Json]) -> "Step":
        """Read what `to_json` gave."""
        args = {name: data[name] for name in data if name not in ("do", "unit")}
        return cls(data["do"], data["unit"], args)


@attrs.frozen
class Program:
    """Steps, and the seed that they were made from."""

    seed: int | None
    steps: tuple[Step, ...]

    def __len__(self) -> int:
        """Count its steps."""
        return len(self.steps)

    def __iter__(self) -> Iterator[Step]:
        """Go through its steps."""
        return iter(self.steps)

    def to_json(self) -> str:
        """Give a text that can be kept, sent and replayed: a line a step."""
        lines = ",\n".join(json.dumps(step.to_json()) for step in self.steps)
        return f'{{"seed": {json.dumps(self.seed)}, "steps": [\n{lines}\n]}}\n'

    @classmethod
    def from_json(cls, text: str) -> "Program":
        """Read what `to_json` gave."""
        data = json.loads(text)
        return cls(data["seed"], tuple(map(Step.from_json, data["steps"])))


def step(do: str, unit: int = 0, **args: Json) -> Step:
    """Write a step in one line."""
    return Step(do, unit, args)


def program(*steps: Step, seed: int | None = None) -> Program:
    """Write a program by hand."""
    return Program(seed, steps)


def references(of: str, values: Values) -> set[tuple[str, Name]]:
    """Give the attribute and the aggregate of each reference, those of parts too."""
    found = {(field, (to, values[field])) for field, to in REFERENCES[of].items()}
    found |= {("parts.site", ("Site", part[2])) for part in values.get("parts", ())}
    return {(field, name) for field, name in found if name[1] is not None}


def uniques(
    of: str, values: Values
) -> set[tuple[str, tuple[str, ...], tuple[Any, ...]]]:
    """Give the values of an aggregate that no other may have: none holds a None."""
    found = {(of, fields, tuple(values[f] for f in fields)) for fields in UNIQUE[of]}
    return {unique for unique in found if None not in unique[2]}


def errors_in(expected: Json) -> set[str]:
    """Name the errors that a step may raise, by what is expected of it; if any."""
    return {error[0] for error in expected.get("raises", ())}
