"""What a run has done so far, in a file from which it goes on."""

import hashlib
import json
import os
import platform
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self

import attrs

import unitwork.testing as package
from unitwork.domain.errors import MisuseError
from unitwork.testing.amounts import QUERIES_OF_A_SEED
from unitwork.testing.conformance.campaign.lanes import (
    CHUNKS,
    ISOLATION,
    KINDS,
    MIXED,
    PROGRAMS,
    QUERIES,
    Lane,
    Task,
)
from unitwork.testing.conformance.programs import ISOLATIONS

FORMAT = 1


def _made_by() -> dict[str, str]:
    """Say by what a run is made: versions, and a digest of the library's code."""
    code = hashlib.sha256()
    root = Path(str(package.__file__)).parents[1]
    for path in sorted(root.rglob("*.py")):
        code.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes())
    return {
        "unitwork": version("unitwork"),
        "code": code.hexdigest()[:12],
        "python": platform.python_version(),
        "system": platform.system(),
    }


@attrs.frozen(kw_only=True)
class Asked:
    """What a run is about; another one has another state."""

    programs: int
    queries: int
    seed: int
    levels: list[str]
    adapters: list[str]
    """Each as `module:Class`."""

    @property
    def questions(self) -> int:
        """Return how many questions a seed of queries has."""
        return min(self.queries, QUERIES_OF_A_SEED)

    def seeds(self, kind: str) -> list[int]:
        """Give the seeds of a lane, from which to which."""
        queries = -(-self.queries // QUERIES_OF_A_SEED)
        number = {PROGRAMS: self.programs, QUERIES: queries, ISOLATION: 1}[kind]
        return [self.seed, self.seed + number]


@attrs.frozen
class About:
    """An adapter as it was when the run began."""

    version: str
    capabilities: dict[str, bool]


@attrs.define(kw_only=True)
class State:
    """Everything that is known of a run."""

    asked: Asked
    adapters: dict[str, About]
    missing: dict[str, str]
    """Adapters that have nothing to reach, with the reason."""
    lanes: list[Lane]
    made_by: dict[str, str] = attrs.field(factory=_made_by)
    seconds: float = 0.0
    """For which the run has run, all its beginnings together."""
    format: int = FORMAT

    @classmethod
    def begun(
        cls, asked: Asked, adapters: dict[str, About], missing: dict[str, str]
    ) -> Self:
        """Lay out the lanes of a run, those of one storage and kind together."""
        lanes = [
            Lane(adapter=name, kind=kind, level=level, seeds=asked.seeds(kind))
            for name, about in adapters.items()
            for kind in KINDS
            for level in _levels(kind, asked, about)
            if asked.seeds(kind)[0] < asked.seeds(kind)[1]
        ]
        return cls(asked=asked, adapters=adapters, missing=missing, lanes=lanes)

    def tasks(self) -> Iterator[Task]:
        """Give what is to be done, a few seeds at a time."""
        for number, lane in enumerate(self.lanes):
            for gap in list(lane.gaps()):
                for first in range(gap.start, gap.stop, CHUNKS[lane.kind]):
                    if lane.found is not None:
                        break
                    yield Task(
                        lane=number,
                        adapter=lane.adapter,
                        kind=lane.kind,
                        level=lane.level,
                        seeds=range(first, min(first + CHUNKS[lane.kind], gap.stop)),
                        questions=self.asked.questions,
                    )

    def to_json(self) -> str:
        """Give it as text: a line a lane, so that two runs can be compared."""
        data = attrs.asdict(self)
        lanes = data.pop("lanes")
        lines = ",\n".join(f"  {json.dumps(lane, sort_keys=True)}" for lane in lanes)
        head = json.dumps(data, indent=1, sort_keys=True).removesuffix("\n}")
        return f'{head},\n "lanes": [\n{lines}\n ]\n}}\n'

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` gave."""
        data: dict[str, Any] = json.loads(text)
        data["asked"] = Asked(**data["asked"])
        about = data["adapters"]
        data["adapters"] = {name: About(**about[name]) for name in about}
        data["lanes"] = [Lane.from_json(lane) for lane in data["lanes"]]
        return cls(**data)

    def save(self, file: Path) -> None:
        """Write it so that a reader finds the old state or the new one, whole."""
        beside = file.with_name(f"{file.name}.new")
        with beside.open("w", encoding="utf-8") as written:
            written.write(self.to_json())
            written.flush()
            os.fsync(written.fileno())
        beside.replace(file)


def resumed(file: Path, asked: Asked) -> State:
    """Read the state of a run that goes on.

    Raises:
        MisuseError: it is of another version, or was asked for something else.
    """
    state = read(file)
    wrong = _differing(state.made_by, _made_by())
    wrong |= _differing(attrs.asdict(state.asked), attrs.asdict(asked))
    if wrong:
        said = "; ".join(
            f"{name} was {was!r}, is {now!r}" for name, (was, now) in wrong.items()
        )
        raise MisuseError(
            f"The run of {file} cannot go on: {said}.",
            "What was found before and after would not belong together.",
            "Say the same options as before, or name another --state for a new run.",
        )
    return state


def read(file: Path) -> State:
    """Read the state of a run.

    Raises:
        MisuseError: the file is none.
    """
    try:
        text = file.read_text("utf-8")
        if json.loads(text)["format"] == FORMAT:
            return State.from_json(text)
        reason = "it is of another version of the library"
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        reason = repr(error)
    raise MisuseError(
        f"{file} is no state of a run.",
        f"It cannot be read: {reason}.",
        "Name another --state; a file that is not there is made.",
    )


def _levels(kind: str, asked: Asked, about: About) -> list[str]:
    can = [level for level in ISOLATIONS if about.capabilities.get(level, True)]
    if kind == ISOLATION:
        return can
    return [level for level in asked.levels if level == MIXED or level in can]


def _differing(
    before: dict[str, Any], now: dict[str, Any]
) -> dict[str, tuple[Any, Any]]:
    names = [name for name in before | now if before.get(name) != now.get(name)]
    return {name: (before.get(name), now.get(name)) for name in names}
