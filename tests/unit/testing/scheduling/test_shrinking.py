"""From a failing schedule to the smallest."""

from unitwork.testing.scheduling.course import Course, replaying, wandering
from unitwork.testing.scheduling.search import at_random
from unitwork.testing.scheduling.shrinking import Shrinker

STEPS = 30


def order_of(course: Course) -> str:
    """Run two tasks of so many steps each."""
    order, left = "", [STEPS, STEPS]
    while any(left):
        chosen = course.choose([task for task in (0, 1) if left[task]])
        left[chosen] -= 1
        order += "AB"[chosen]
    return order


def is_torn(course: Course) -> bool:
    """Tell whether B ran to its end between the steps 10 and 13 of A."""
    before_the_end, _, _ = order_of(course).rpartition("B")
    return 10 <= before_the_end.count("A") < 13


def test_every_failure_shrinks_to_one_preemption() -> None:
    """Whatever the schedule that it was found in."""
    shrunk = 0
    for course in at_random(400, seed=0, preemptions=None):
        if is_torn(course):
            smallest = Shrinker(course, is_torn).shrink()
            assert (smallest.preemptions, smallest.switches) == (1, 2)
            shrunk += 1
    assert shrunk > 10


def test_a_failure_that_needs_no_switch_shrinks_to_none() -> None:
    """It is no matter of concurrency."""
    course = Course(wandering(0, 1))
    order_of(course)

    assert Shrinker(course, lambda c: bool(order_of(c))).shrink().choices == {}


def test_shrinking_ends_though_each_run_is_long() -> None:
    """It is bounded by steps, so that its end does not depend on the machine."""
    runs = 0
    course = Course(replaying(dict.fromkeys(range(0, 200, 2), 1)))
    order_of(course)

    def fails(smaller: Course) -> bool:
        nonlocal runs
        runs += 1
        smaller.steps = 30_000
        return False

    assert Shrinker(course, fails).shrink() is course
    assert runs == 4
