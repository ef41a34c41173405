"""From a failing course to the smallest one that fails alike."""

from collections.abc import Callable, Iterable
from itertools import chain

from unitwork.testing.scheduling.course import Choices, Course, replaying
from unitwork.testing.scheduling.search import every_one

_STEPS_AT_MOST = 100_000
_STEPS_OF_A_SEARCH = 20_000
_STEPS_OF_A_LOOP = 20


class Shrinker:
    """Try smaller courses, until a fixed number of steps is used up."""

    def __init__(self, course: Course, fails: Callable[[Course], bool]) -> None:
        """Begin with a course that failed.

        Args:
            course: it has been run.
            fails: runs a course; tells whether it failed in the same way.
        """
        self._fails = fails
        self._steps_left = _STEPS_AT_MOST
        self.smallest = course

    def shrink(self) -> Course:
        """Leave choices out, half of them at first; then try few preemptions.

        Source:
            Zeller and Hildebrandt, Simplifying and Isolating Failure-Inducing
            Input, TSE 2002.
        """
        chunk = max(len(self.smallest.choices), 1)
        while chunk:
            if not self._leave_out(chunk):
                chunk //= 2
        self._steps_left = min(self._steps_left, _STEPS_OF_A_SEARCH)
        found = self.smallest.preemptions
        bounds = (every_one(preemptions=bound) for bound in range(found))
        self._first_of(chain.from_iterable(bounds))
        return self.smallest

    def _leave_out(self, chunk: int) -> bool:
        """Leave out so many choices at once, the last ones first."""
        choices = sorted(self.smallest.choices.items())
        starts = range(max(len(choices) - chunk, 0), -chunk, -chunk)
        shorter = (choices[: max(s, 0)] + choices[max(s + chunk, 0) :] for s in starts)
        return self._first_of(_course(dict(some)) for some in shorter)

    def _first_of(self, courses: Iterable[Course]) -> bool:
        """Take the first smaller course that fails."""
        for course in courses:
            if self._steps_left <= 0:
                return False
            failed = self._fails(course)
            self._steps_left -= course.steps + _STEPS_OF_A_LOOP
            if failed and course.cost < self.smallest.cost:
                self.smallest = course
                return True
        return False


def _course(choices: Choices) -> Course:
    return Course(replaying(choices))
