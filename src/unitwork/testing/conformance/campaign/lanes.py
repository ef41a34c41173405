"""What is asked of one storage in one way, how much of it is done, and what was met."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import attrs

from unitwork.testing.amounts import QUERIES_OF_A_SEED

MIXED = "mixed"
"""Units of all levels, side by side."""
PROGRAMS, QUERIES, ISOLATION = "programs", "queries", "isolation"
KINDS = (ISOLATION, PROGRAMS, QUERIES)
CHUNKS = {ISOLATION: 1, PROGRAMS: 100, QUERIES: 5}
"""How many seeds a process takes at once."""


@attrs.frozen
class Found:
    """A difference: where it is, how it reads, and what replays it."""

    seed: int
    text: str
    kept: str = ""
    """JSON for a file; the isolation table has none."""


@attrs.frozen(kw_only=True)
class Task:
    """Some seeds of a lane, for one process."""

    lane: int
    adapter: str
    kind: str
    level: str
    seeds: range
    questions: int = QUERIES_OF_A_SEED


@attrs.frozen(kw_only=True)
class Part:
    """What became of a task, or of its beginning if it was told to stop."""

    reached: int
    """The seed to go on with."""
    asked: int
    seconds: float
    met: dict[str, dict[str, int]] = attrs.field(factory=dict)
    verdicts: dict[str, bool] = attrs.field(factory=dict)
    found: Found | None = None


@attrs.define(kw_only=True)
class Lane:
    """One storage, one kind of question, one level."""

    adapter: str
    kind: str
    level: str
    seeds: list[int]
    """From which to which, as in a range."""
    done: list[list[int]] = attrs.field(factory=list)
    """Ranges of seeds, in order, none next to another."""
    asked: int = 0
    seconds: float = 0.0
    met: dict[str, dict[str, int]] = attrs.field(factory=dict)
    verdicts: dict[str, bool] = attrs.field(factory=dict)
    found: Found | None = None

    @property
    def storage(self) -> str:
        """Return the adapter's name alone."""
        return short(self.adapter)

    def __str__(self) -> str:
        """Say which one it is."""
        return f"{self.storage} {self.kind} {self.level}"

    def gaps(self) -> Iterator[range]:
        """Give the seeds that nobody has asked yet."""
        at, end = self.seeds
        for first, last in self.done:
            if at < first:
                yield range(at, first)
            at = last
        if at < end:
            yield range(at, end)

    def left(self) -> int:
        """Count the seeds that are yet to be asked; none after a difference."""
        return 0 if self.found else sum(map(len, self.gaps()))

    def add(self, first: int, part: Part) -> None:
        """Take over what a task has done."""
        self.done = _joined([*self.done, [first, part.reached]])
        self.asked += part.asked
        self.seconds = round(self.seconds + part.seconds, 3)
        self.verdicts |= part.verdicts
        self.found = self.found or part.found
        for kind, by_level in part.met.items():
            counts = Counter(self.met.get(kind, {}))
            counts.update(by_level)
            self.met[kind] = dict(sorted(counts.items()))

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Lane":
        """Read what `attrs.asdict` gave."""
        found = data.pop("found")
        return cls(**data, found=None if found is None else Found(**found))


def short(adapter: str) -> str:
    """Leave out the module of `module:Class`."""
    return adapter.rpartition(":")[2]


def _joined(ranges: list[list[int]]) -> list[list[int]]:
    joined: list[list[int]] = []
    for first, last in sorted(ranges):
        if first == last:
            continue
        if joined and joined[-1][1] == first:
            joined[-1][1] = last
        else:
            joined.append([first, last])
    return joined
