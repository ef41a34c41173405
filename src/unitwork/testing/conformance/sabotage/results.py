"""What a hunt tells: which bugs were found, and by what."""

import json
from collections.abc import Iterable

import attrs

from unitwork.testing.conformance.campaign.sabotage import Bug as Row
from unitwork.testing.conformance.campaign.sabotage import lines
from unitwork.testing.conformance.sabotage.bug import Bug

PROGRAMS = "programs"


@attrs.frozen
class Kill:
    """How a bug was found."""

    by: str
    """What found it: programs, queries, laws, histories, cases."""
    number: int
    """How many of them it took."""
    seen: str
    """What was seen, in a line."""


@attrs.frozen
class Result:
    """A bug, and what became of it."""

    bug: Bug
    kill: Kill | None

    @property
    def right(self) -> bool:
        """Tell whether it ended as it must: found, unless it is equivalent."""
        return (self.kill is None) == bool(self.bug.survives)

    @property
    def row(self) -> Row:
        """Return what is published of it."""
        kill = self.kill
        return Row(
            bug=self.bug.name,
            family=self.bug.family,
            killed_by=None if kill is None else kill.by,
            program=kill.number if kill is not None and kill.by == PROGRAMS else None,
            reason="" if kill is not None else self.bug.survives,
        )

    def __str__(self) -> str:
        """Say it in a line."""
        if self.kill is not None:
            return f"{self.bug}: {self.kill.by} {self.kill.number}: {self.kill.seen}"
        if self.bug.survives:
            return f"{self.bug}: survives, as it must: {self.bug.survives}"
        return f"{self.bug}: SURVIVES. {self.bug.wrong}"


def summary(results: Iterable[Result]) -> str:
    """Say how many were found, by what, and how soon."""
    return "\n".join(lines([one.row for one in results]))


def as_json(results: Iterable[Result]) -> str:
    """Give the rows that a report takes."""
    return json.dumps([attrs.asdict(one.row) for one in results], indent=1) + "\n"
