"""Run a test under many courses, and tell of the smallest that fails."""

from collections.abc import Iterator
from typing import NoReturn

import attrs

from unitwork.domain.errors import MisuseError
from unitwork.testing.scheduling.course import Course, as_text, from_text, replaying
from unitwork.testing.scheduling.running import Test, run
from unitwork.testing.scheduling.search import at_random, every_one
from unitwork.testing.scheduling.shrinking import Shrinker
from unitwork.testing.scheduling.trace import Trace

_FLAKY = """\
This schedule did not fail again: the test depends on more than the schedule (the clock,
chance, or what an earlier run has left behind: make it inside of the test)."""


@attrs.frozen
class Exploration:
    """Which schedules of a test to run."""

    name: str
    limit: int
    seed: int | None
    """None: every schedule there is."""
    preemptions: int | None

    def explore(self, test: Test) -> int:
        """Run schedules until one fails; return how many there were.

        Raises:
            BaseException: what the smallest failing schedule raised, with a note.
            MisuseError: there is nothing to schedule, or more than the limit.
        """
        number = 0
        for number, course in enumerate(self._courses(), 1):
            if number > self.limit:
                raise self._too_many()
            error = run(test, course)
            if error is not None:
                raise self._failure(test, course, error, number=number)
            if number == 1 and course.is_trivial:
                _refuse_the_trivial(self.name)
        return number

    def _courses(self) -> Iterator[Course]:
        if self.seed is None:
            return every_one(preemptions=self.preemptions)
        return at_random(self.limit, seed=self.seed, preemptions=self.preemptions)

    def _failure(
        self, test: Test, course: Course, error: BaseException, *, number: int
    ) -> BaseException:
        """Shrink a failure, and note on it how it came about."""

        def fails(smaller: Course) -> bool:
            return _alike(run(test, smaller), error)

        smallest = Shrinker(course, fails).shrink()
        searched = f"{self.limit}, seed {self.seed}"
        if self.seed is None:
            searched = "an exhaustive search"
        head = f"The smallest failing schedule, from number {number} of {searched}:"
        trace = Trace()
        again = run(test, Course(replaying(smallest.choices)), trace)
        if again is None or not _alike(again, error):
            error.add_note(f"In number {number} of {searched}. {_FLAKY}")
            return error
        return _told(again, head, smallest, trace)

    def _too_many(self) -> MisuseError:
        return MisuseError(
            f"{self.name} has more than {self.limit:,} schedules.",
            f"exhaustive=True ran {self.limit:,} of them, and none failed.",
            "Race fewer or smaller operations, bound the switches (preemptions=2), or"
            " raise limit=.",
        )


def run_again(name: str, text: str, test: Test) -> None:
    """Run one schedule, as the report of a failure wrote it.

    Raises:
        BaseException: what the test raised, with a note.
        MisuseError: the test has no such schedule.
    """
    course, trace = Course(replaying(from_text(text))), Trace()
    error = run(test, course, trace)
    if course.choices != from_text(text):
        raise MisuseError(
            f"{name} has no schedule {text!r}.",
            "Where it says to switch, there was no such task to switch to.",
            "The code has changed since: leave replay= out, to search anew.",
        ) from error
    if error is not None:
        raise _told(error, "The replayed schedule:", course, trace)


def _told(
    error: BaseException, head: str, course: Course, trace: Trace
) -> BaseException:
    if course.steps:
        how = f'Run it alone with @schedules(replay="{as_text(course.choices)}").'
        error.add_note(f"{head}\n{trace}\n{how}")
    return error


def _alike(error: BaseException | None, other: BaseException) -> bool:
    """Tell whether two failures are of one kind."""
    if isinstance(error, BaseExceptionGroup) and isinstance(other, BaseExceptionGroup):
        return {type(e) for e in error.exceptions} == {
            type(e) for e in other.exceptions
        }
    if isinstance(error, MisuseError) and isinstance(other, MisuseError):
        return error.what == other.what
    return type(error) is type(other)


def _refuse_the_trivial(name: str) -> NoReturn:
    raise MisuseError(
        f"{name} has nothing to schedule.",
        "It never called race(), or no operation was suspended while another was ready:"
        " each ran in one go.",
        "Race at least two, over InMemoryDatabase(schema, yielding=True).",
    )
