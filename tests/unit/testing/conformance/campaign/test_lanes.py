"""What is done of a lane, and what is left."""

from unitwork.testing.conformance.campaign.lanes import Found, Lane, Part


def lane() -> Lane:
    return Lane(adapter="m:A", kind="programs", level="mixed", seeds=[5, 20])


def part(reached: int, **more: int) -> Part:
    met = {"error": more} if more else {}
    return Part(reached=reached, asked=2, seconds=0.5, met=met)


def test_parts_may_come_in_any_order() -> None:
    """Ranges that touch are one; what was met is added up."""
    made = lane()
    made.add(10, part(12, snapshot=1))
    made.add(5, part(8, snapshot=2, serializable=1))
    assert made.done == [[5, 8], [10, 12]]
    assert list(made.gaps()) == [range(8, 10), range(12, 20)]
    assert made.left() == 10
    made.add(8, part(10))
    assert made.done == [[5, 12]]
    assert (made.asked, made.seconds) == (6, 1.5)
    assert made.met == {"error": {"serializable": 1, "snapshot": 3}}


def test_a_part_that_has_reached_nothing_is_nothing() -> None:
    """A process was told to stop before it began."""
    made = lane()
    made.add(5, part(5))
    assert made.done == []
    assert list(made.gaps()) == [range(5, 20)]


def test_nothing_is_left_after_a_difference() -> None:
    """The first one stays."""
    made = lane()
    first = Found(6, "wrong")
    made.add(5, Part(reached=7, asked=2, seconds=1, found=first))
    made.add(10, Part(reached=11, asked=1, seconds=1, found=Found(10, "too")))
    assert made.found == first
    assert made.left() == 0
