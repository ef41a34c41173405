from tests.unit.testing.conformance.histories.written import written
from unitwork.testing.conformance.histories.checker import check
from unitwork.testing.conformance.histories.phenomena import (
    FORBIDDEN,
    LEVELS,
    Phenomenon,
    forbidden,
)


def test_each_level_forbids_what_the_one_below_forbids_and_more() -> None:
    """The levels are an order; only cycles that need stale reads are ever allowed."""
    lowest, middle, highest = (FORBIDDEN[level] for level in LEVELS)

    assert lowest < middle < highest == set(Phenomenon)
    assert highest - middle == {Phenomenon.G2_ITEM, Phenomenon.G2}
    assert middle - lowest == {Phenomenon.G_SINGLE, Phenomenon.G_NONADJACENT}


def test_only_what_a_level_forbids_is_held_against_it() -> None:
    """Write skew is an anomaly at every level, and a fault at one."""
    found = check(written("T1: list g -> []; join g 1", "T2: list g -> []; join g 2"))

    assert [forbidden(level, found) for level in LEVELS] == [[], [], found]
