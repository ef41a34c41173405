"""Which schedules an exhaustive search goes through."""

from itertools import pairwise
from math import comb

import pytest

from unitwork.testing.scheduling.search import every_one


def orders(tasks: int, steps: int, preemptions: int | None = None) -> list[str]:
    """Go through all orders of tasks that are always ready until they end."""
    found = []
    for course in every_one(preemptions=preemptions):
        left = dict.fromkeys(range(tasks), steps)
        found.append("")
        while left:
            chosen = course.choose(list(left))
            found[-1] += "ABC"[chosen]
            left[chosen] -= 1
            if not left[chosen]:
                del left[chosen]
    return found


@pytest.mark.parametrize(
    ("tasks", "steps", "number"),
    [(2, 3, comb(6, 3)), (2, 5, comb(10, 5)), (3, 2, 90), (1, 4, 1)],
)
def test_every_order_comes_exactly_once(tasks: int, steps: int, number: int) -> None:
    """As many as combinatorics has."""
    found = orders(tasks, steps)

    assert len(found) == len(set(found)) == number


def test_bounded_preemptions_give_every_order_with_so_few() -> None:
    """None that needs more, and each of the others."""

    def preempted(order: str) -> int:
        pairs = enumerate(pairwise(order), 1)
        return sum(a != b and a in order[at:] for at, (a, b) in pairs)

    for bound in range(4):
        expected = {order for order in orders(2, 4) if preempted(order) <= bound}
        assert set(orders(2, 4, preemptions=bound)) == expected
        assert len(orders(2, 4, preemptions=bound)) == len(expected)
