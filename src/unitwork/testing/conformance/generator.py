"""Make programs from seeds, steered by the model to where storages go wrong."""

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

import attrs

from unitwork.testing.conformance.actions import CLASSES, Actions
from unitwork.testing.conformance.programs import (
    ISOLATIONS,
    Json,
    Program,
)
from unitwork.testing.conformance.vocabulary import CODES

_UNITS = 4
_ACTIONS = {
    "edit": 30,
    "fresh": 10,
    "remove": 7,
    "replace": 4,
    "vanish": 2,
    "read": 8,
    "query": 20,
    "take": 5,
    "refer": 3,
    "orphan": 3,
    "miss": 3,
    "peek": 5,
    "record": 3,
    "enter": 7,
    "nest": 2,
    "end": 11,
}


@attrs.frozen
class Generated:
    """A program, and what the model says of each step."""

    program: Program
    expected: tuple[Json, ...]
    met: Mapping[tuple[str, str], int]
    """How often each outcome was met, by kind and isolation."""


def generate(seed: int, *, levels: Sequence[str] = ISOLATIONS) -> Generated:
    """Make the program of a seed and of some isolation levels: always the same one."""
    return _Generator(seed).run(levels)


def generate_changes(seed: int) -> tuple[Program, Program]:
    """Make a program that stores a few rows, and one that changes them.

    The second leaves unit 0 open, with changes that can be committed.
    """
    for attempt in count():
        generator = _Generator(seed)
        made = generator.changes(attempt)
        if made is not None:
            return made
    raise AssertionError


class _Generator(Actions):
    def run(self, levels: Sequence[str]) -> Generated:
        self._levels = levels
        self._begin()
        length = self._random.randint(18, 32)
        while len(self._steps) < length:
            self._act()
        for number in list(self._model.units):
            self._finish(number)
        self._look()
        program = Program(self._seed, tuple(self._steps))
        return Generated(program, tuple(self._expected), self._met)

    def changes(self, attempt: int) -> tuple[Program, Program] | None:
        """Make both programs, or None if the changes could not be committed."""
        self._random.seed(f"{self._seed} {attempt}")
        self._begin()
        begun = len(self._steps)
        self._do("open", 0, isolation="read_committed", read_only=False)
        for _ in range(self._random.randint(3, 9)):
            action = self._random.choice(
                ("edit", "fresh", "remove", "replace", "vanish", "take")
            )
            getattr(self, f"_{action}")(0)
        steps = tuple(self._steps)
        self._do("commit", 0)
        if "raises" in self._expected[-1]:
            return None
        return Program(self._seed, steps[:begun]), Program(self._seed, steps[begun:])

    def _begin(self) -> None:
        """Store a few rows, so that there is something to fight for."""
        self._do("open", 0, isolation="read_committed", read_only=False)
        for code in self._random.sample(CODES, 2):
            self._add(0, ("Site", code), parent=None)
        for code in self._random.sample(CODES, self._random.randint(1, 2)):
            self._add(0, ("Item", code), site=None, parts=[])
        self._do("commit", 0)
        self._do("leave", 0, raising=False)

    def _act(self) -> None:
        units = self._model.units
        free = [number for number in range(_UNITS) if number not in units]
        if free and self._random.random() < (0.6, 0.5, 0.3, 0.05)[len(units)]:
            isolation = self._random.choice(self._levels)
            read_only = self._chance(0.07)
            self._do("open", free[0], isolation=isolation, read_only=read_only)
        elif units:
            number = self._random.choice(list(units))
            names, weights = zip(*_ACTIONS.items(), strict=True)
            action = self._random.choices(names, weights)[0]
            if units[number].ended:  # now and then it is used all the same
                action = action if self._chance(0.1) else "end"
            getattr(self, f"_{action}")(number)

    def _finish(self, number: int) -> None:
        while number in self._model.units:
            if not self._model.units[number].ended:
                self._do("commit", number)
            self._do("leave", number, raising=False)

    def _look(self) -> None:
        """See what is stored in the end."""
        self._do("open", 0, isolation="read_committed", read_only=False)
        for of in CLASSES:
            args: dict[str, Any] = {"order": [], "limit": None, "offset": 0}
            self._do("matching", 0, of=of, where=["all"], **args)
        self._do("leave", 0, raising=False)
