"""The page of a run, and the results that it is made from beside it."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import attrs

from unitwork.domain.errors import MisuseError
from unitwork.testing.conformance.campaign.page import render
from unitwork.testing.conformance.campaign.sabotage import Bug
from unitwork.testing.conformance.campaign.state import State


@attrs.frozen
class Results:
    """A run, and what became of bugs that were put in on purpose."""

    run: State
    bugs: tuple[Bug, ...] = ()

    def to_json(self) -> str:
        """Give it as text: a line a lane, a line a bug."""
        bugs = ",\n".join(json.dumps(attrs.asdict(bug)) for bug in self.bugs)
        return f'{{"run": {self.run.to_json().strip()},\n"sabotage": [\n{bugs}\n]}}\n'

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` gave."""
        data = json.loads(text)
        run = State.from_json(json.dumps(data["run"]))
        return cls(run, tuple(map(Bug.from_json, data["sabotage"])))

    def page(self, name: str) -> str:
        """Render them, for a page of that name."""
        return render(self.run, self.bugs, name)


def publish(run: State, page: Path, sabotage: Path | None = None) -> None:
    """Write a page, and `page.json` beside it.

    Args:
        run: what is told of.
        page: where; its ending is changed for the results.
        sabotage: a JSON list of bugs; if it is not given, those of the last page stay.
    """
    file = page.with_suffix(".json")
    if sabotage is not None:
        bugs = _bugs(sabotage)
    else:
        bugs = Results.from_json(file.read_text("utf-8")).bugs if file.exists() else ()
    results = Results(run, tuple(bugs))
    file.write_text(results.to_json(), "utf-8")
    page.write_text(results.page(page.stem), "utf-8")


def _bugs(file: Path) -> Sequence[Bug]:
    try:
        rows: list[dict[str, Any]] = json.loads(file.read_text("utf-8"))
        return [Bug.from_json(row) for row in rows]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MisuseError(
            f"{file} has no bugs to tell of.",
            f"It cannot be read: {error!r}.",
            "Write a list of objects: bug, family, killed_by, program, reason.",
        ) from error
