"""The course of one schedule: at each step, which of the ready tasks runs."""

from collections.abc import Callable, Mapping, Sequence
from random import Random

import attrs

from unitwork.domain.errors import MisuseError

Choices = Mapping[int, int]
"""By number of the step, which option was taken; 0, the rest, is no switch."""


@attrs.frozen
class Point:
    """A step at which more than one task could run.

    Option 0 is the task that ran last, or the oldest one if that is not ready; the
    others follow in the order of their age.
    """

    step: int
    options: int
    forced: bool
    """The task that ran last is not ready: whatever is taken is a switch."""


Strategy = Callable[[Point], int]


class Course:
    """Choose at each step, and remember what was taken."""

    def __init__(self, strategy: Strategy, *, preemptions: int | None = None) -> None:
        """Begin.

        Args:
            strategy: gives the option to take at a point.
            preemptions: how often a task that could go on may be stopped for
                another one; None: without a bound.
        """
        self._strategy = strategy
        self._left = preemptions
        self._running: int | None = None
        self._ended = False
        self._met: set[int] = set()
        self.taken: list[tuple[Point, int]] = []
        self.steps = self.switches = self.preemptions = 0

    @property
    def choices(self) -> Choices:
        """What is needed to run this course again."""
        return {point.step: option for point, option in self.taken if option}

    @property
    def is_trivial(self) -> bool:
        """Tell whether no task was ever suspended while another could run."""
        return not self.taken or self.steps == len(self._met)

    @property
    def cost(self) -> tuple[int, int, int]:
        """Tell how hard the course is to follow; the smallest is the easiest."""
        return self.preemptions, self.switches, len(self.choices)

    def choose(self, ready: Sequence[int]) -> int:
        """Return the number of the task that runs next.

        Args:
            ready: numbers of tasks, ascending, at least one.
        """
        forced = self._running not in ready
        options = [n for n in ready if n != self._running]
        if self._running is not None and not forced:
            options.insert(0, self._running)
        chosen = options[self._option(len(options), forced=forced)]
        if not self._ended:
            self.switches += self._running not in {None, chosen}
            self.steps += 1
            self._met.add(chosen)
        self._running = chosen
        return chosen

    def end(self) -> None:
        """Choose no more: what runs from now on is tidying up."""
        self._ended = True

    def _option(self, options: int, *, forced: bool) -> int:
        bound = not forced and self._left == self.preemptions
        if options == 1 or bound or self._ended:
            return 0
        point = Point(self.steps, options, forced)
        option = self._strategy(point)
        self.taken.append((point, option))
        self.preemptions += bool(option) and not forced
        return option


def replaying(choices: Choices) -> Strategy:
    """Take given choices, no switch elsewhere; what there is not, is left out."""

    def take(point: Point) -> int:
        option = choices.get(point.step, 0)
        return option if option < point.options else 0

    return take


def wandering(seed: int, number: int) -> Strategy:
    """Switch at random: each schedule of a seed in another mood.

    Number 0 switches only when it must. The others draw how restless they are, so
    that short and long stretches of one task are both met.
    """
    random = Random(f"{seed}/{number}")  # noqa: S311 - it must come out the same
    restless = random.random() if number else 0.0

    def take(point: Point) -> int:
        if not number or not (point.forced or random.random() < restless):
            return 0
        first = 0 if point.forced else 1
        return first + int(random.random() * (point.options - first))

    return take


def as_text(choices: Choices) -> str:
    """Write choices down: `4:1 9:2` is option 1 at step 4, then 2 at step 9."""
    return " ".join(f"{step}:{option}" for step, option in sorted(choices.items()))


def from_text(text: str) -> Choices:
    """Read choices.

    Raises:
        MisuseError: this is no text of `as_text`.
    """
    try:
        pairs = [pair.split(":") for pair in text.split()]
        return {int(step): int(option) for step, option in pairs}
    except ValueError:
        raise MisuseError(
            f"replay={text!r} is no schedule.",
            "A schedule is written as steps and options, such as '4:1 9:2'.",
            "Copy it from the report of the failure.",
        ) from None
