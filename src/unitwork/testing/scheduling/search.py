"""Which courses to try, one after the other."""

from collections.abc import Iterator

from unitwork.testing.scheduling.course import Choices, Course, replaying, wandering


def at_random(limit: int, *, seed: int, preemptions: int | None) -> Iterator[Course]:
    """Give `limit` courses of a seed; the first switches only when it must."""
    for number in range(limit):
        yield Course(wandering(seed, number), preemptions=preemptions)


def every_one(*, preemptions: int | None) -> Iterator[Course]:
    """Give all courses there are, depth first; each must be run before the next.

    Source:
        The bound on preemptions: Musuvathi and Qadeer, Iterative Context Bounding
        for Systematic Testing of Multithreaded Programs, PLDI 2007.
    """
    choices: Choices | None = {}
    while choices is not None:
        course = Course(replaying(choices), preemptions=preemptions)
        yield course
        choices = _next(course)


def _next(course: Course) -> Choices | None:
    """Take the next option at the last point that has one left."""
    for index in reversed(range(len(course.taken))):
        point, option = course.taken[index]
        if option + 1 < point.options:
            before = {p.step: taken for p, taken in course.taken[:index] if taken}
            return {**before, point.step: option + 1}
    return None
