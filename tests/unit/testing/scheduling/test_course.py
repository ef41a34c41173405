"""The choices of one schedule."""

from unitwork.testing.scheduling.course import (
    Course,
    Point,
    as_text,
    from_text,
    replaying,
    wandering,
)


def test_option_0_goes_on_with_the_task_that_ran_last() -> None:
    """So the empty schedule is the one without any switch that is not needed."""
    course = Course(replaying({}))

    assert [course.choose(ready) for ready in ([1, 2], [1, 2], [2, 3], [1, 2])] == [
        *(1, 1),  # it goes on
        2,  # 1 is not ready: the oldest that is
        2,
    ]
    assert (course.switches, course.preemptions, course.choices) == (1, 0, {})


def test_other_options_follow_by_age() -> None:
    """What an option means does not depend on who became ready first."""
    course = Course(replaying({0: 2, 1: 1, 2: 2}))

    assert [course.choose([1, 2, 3]) for _ in range(3)] == [3, 1, 3]
    assert (course.switches, course.preemptions) == (2, 2)


def test_an_option_that_is_not_there_is_left_out() -> None:
    """A shorter schedule may run out of tasks earlier."""
    course = Course(replaying({0: 2, 1: 1}))

    assert [course.choose([1, 2]), course.choose([2])] == [1, 2]
    assert course.choices == {}


def test_preemptions_are_bounded() -> None:
    """When they are used up, a task runs as far as it can."""
    course = Course(lambda point: point.options - 1, preemptions=1)

    assert [course.choose(r) for r in ([1, 2], [1, 2], [1, 2], [2, 3])] == [2, 1, 1, 3]
    assert course.preemptions == 1


def test_what_comes_after_the_end_is_not_chosen() -> None:
    """Tidying up is no part of a schedule."""
    course = Course(lambda _: 1)
    course.choose([1, 2])
    course.end()

    assert course.choose([1, 2]) == 2
    assert (course.steps, course.choices) == (1, {0: 1})


def test_choices_are_short_text() -> None:
    """To be copied from a report into a decorator."""
    assert as_text({9: 2, 4: 1}) == "4:1 9:2"
    assert from_text("4:1 9:2") == {4: 1, 9: 2}
    assert from_text("") == {}


def test_seeded_options_are_the_same_for_ever() -> None:
    """On every machine and Python: a seed in a bug report is worth something."""
    points = [Point(step, 3, forced=step % 4 == 0) for step in range(12)]

    def options(seed: int, number: int) -> list[int]:
        strategy = wandering(seed, number)
        return [strategy(point) for point in points]

    assert options(0, 0) == [0] * 12
    assert options(0, 1) == [1, 1, 0, 0, 0, 0, 2, 2, 1, 1, 2, 1]
    assert options(7, 2) == [1, 2, 2, 0, 2, 2, 0, 0, 1, 2, 1, 2]
