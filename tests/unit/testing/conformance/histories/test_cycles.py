from itertools import permutations
from random import Random

import pytest

from tests.unit.testing.conformance.histories.written import found_in
from unitwork.testing.conformance.histories.cycles import classify, find_cycles, knots
from unitwork.testing.conformance.histories.evidence import Dependency, Edge
from unitwork.testing.conformance.histories.phenomena import Phenomenon

WW, WR, RW, PRED = Dependency
SIX = range(6)


def circle(*kinds: Dependency) -> tuple[Edge, ...]:
    """Make edges from unit to unit, and back to the first one."""
    size = len(kinds)
    return tuple(Edge(n, (n + 1) % size, kind, "") for n, kind in enumerate(kinds))


@pytest.mark.parametrize(
    ("kinds", "phenomenon"),
    [
        ((WW, WW), "G0"),
        ((WW, WR), "G1C"),
        ((WR, WR, WR), "G1C"),
        ((RW, WW), "G_SINGLE"),
        ((WR, WR, PRED), "G_SINGLE"),
        ((RW, WR, RW, WW), "G_NONADJACENT"),
        ((WW, PRED, WR, RW), "G_NONADJACENT"),
        ((RW, RW), "G2_ITEM"),
        ((RW, WR, RW), "G2_ITEM"),
        ((RW, PRED), "G2"),
        ((RW, RW, WR, PRED, WW), "G2"),
    ],
)
def test_a_cycle_is_named_by_its_edges(
    kinds: tuple[Dependency, ...], phenomenon: str
) -> None:
    """Wherever it begins."""
    cycle = circle(*kinds)
    turned = {classify(cycle[n:] + cycle[:n]) for n in range(len(cycle))}

    assert turned == {Phenomenon[phenomenon]}
    assert find_cycles(cycle)[0][0] is Phenomenon[phenomenon]


def test_a_chain_is_no_cycle() -> None:
    """Units that can be put in an order are fine."""
    assert find_cycles(circle(WW, WR, RW, PRED)[:-1]) == []


def test_a_weaker_cycle_does_not_hide_behind_a_stronger_edge() -> None:
    """Of two edges between the same units, the stronger one counts."""
    both = [Edge(1, 2, RW, "read"), Edge(1, 2, WW, "written"), Edge(2, 1, WR, "seen")]

    assert [kind for kind, _ in find_cycles(both)] == [Phenomenon.G1C]


def test_one_cycle_is_told_of_each_knot() -> None:
    """A report stays short, and has the shortest cycle."""
    long, short = circle(WW, WW, WW, WW), [Edge(2, 1, WW, "")]
    apart = [Edge(8, 9, WW, ""), Edge(9, 8, WW, "")]
    found = [cycle for _, cycle in find_cycles([*long, *short, *apart])]

    assert sorted(sorted(edge.source for edge in cycle) for cycle in found) == [
        [1, 2],
        [8, 9],
    ]


@pytest.mark.parametrize("seed", range(5))
def test_the_searches_find_what_trying_every_path_finds(seed: int) -> None:
    """For each level: a cycle that it forbids is found if and only if there is one."""
    random = Random(seed)
    for _ in range(60):
        compare(random)


def compare(random: Random) -> None:
    """Compare on a random graph."""
    edges = {
        (a, b): Edge(a, b, random.choice(list(Dependency)), "")
        for a, b in permutations(SIX, 2)
        if random.random() < 0.17
    }
    every = {classify(cycle) for cycle in simple_cycles(edges)}
    found = {kind for kind, _ in find_cycles(edges.values())}
    g1 = {Phenomenon.G0, Phenomenon.G1C}
    snapshot = g1 | {Phenomenon.G_SINGLE, Phenomenon.G_NONADJACENT}

    assert found <= every
    for forbidden in ({Phenomenon.G0}, g1, snapshot, set(Phenomenon)):
        assert bool(found & forbidden) is bool(every & forbidden)


def simple_cycles(edges: dict[tuple[int, int], Edge]) -> list[tuple[Edge, ...]]:
    """Try all paths."""
    found = []
    for size in range(2, len(SIX) + 1):
        for path in permutations(SIX, size):
            steps = list(zip(path, path[1:] + path[:1], strict=True))
            if path[0] == min(path) and all(step in edges for step in steps):
                found.append(tuple(edges[step] for step in steps))
    return found


def test_a_long_chain_does_not_exhaust_the_stack() -> None:
    """Histories have many thousands of units."""
    edges = [Edge(n, n + 1, WW, "") for n in range(20_000)]
    graph = {
        (edge.source, False): {(edge.target, False): edge}
        for edge in [*edges, Edge(20_000, 0, WW, "")]
    }

    assert [len(knot) for knot in knots(graph)] == [20_001]


def test_writes_over_writes_in_a_circle() -> None:
    """G0: each of two units wrote over the other."""
    found = found_in(
        "T1: append x 1; append y 4",
        "T2: append x 2; append y 3",
        "T3: read x -> [1, 2]; read y -> [3, 4]",
    )

    assert found == [
        (
            "G0; T2 appended 2 to x after T1 appended 1;"
            " T1 appended 4 to y after T2 appended 3"
        )
    ]


def test_information_in_a_circle() -> None:
    """G1c: each of two units saw what the other wrote."""
    found = found_in(
        "T1: append x 1; read y -> [2]",
        "T2: append y 2; read x -> [1]",
    )

    assert found == [
        "G1C; T2 saw 1 in x, which T1 appended; T1 saw 2 in y, which T2 appended"
    ]


def test_reads_of_two_moments() -> None:
    """G-single: a unit read one log before and another after the same writer."""
    found = found_in(
        "T1: append x 1; append y 2",
        "T2: read x -> []; read y -> [2]",
        "T3: read x -> [1]",
    )

    assert found == [
        "G_SINGLE; T2 saw 2 in y, which T1 appended; T2 read x before T1 appended 1"
    ]


def test_two_readers_that_see_two_writers_in_different_orders() -> None:
    """G-nonadjacent: no snapshot explains a long fork."""
    found = found_in(
        "T1: append x 1",
        "T2: append y 2",
        "T3: read x -> [1]; read y -> []",
        "T4: read x -> []; read y -> [2]",
    )

    assert found == [
        (
            "G_NONADJACENT; T3 saw 1 in x, which T1 appended;"
            " T3 read y before T2 appended 2; T4 saw 2 in y, which T2 appended;"
            " T4 read x before T1 appended 1"
        )
    ]


def test_two_writers_that_read_what_the_other_wrote_over() -> None:
    """G2-item: write skew."""
    found = found_in(
        "T1: read x -> []; append y 1",
        "T2: read y -> []; append x 2",
        "T3: read x -> [2]; read y -> [1]",
    )

    assert found == [
        "G2_ITEM; T1 read x before T2 appended 2; T2 read y before T1 appended 1"
    ]


def test_two_writers_that_looked_where_the_other_put_something_in() -> None:
    """G2: write skew by phantoms."""
    found = found_in("T1: list g -> []; join g 1", "T2: list g -> []; join g 2")

    assert found == [
        (
            "G2; T1 looked through g before T2 put 2 in;"
            " T2 looked through g before T1 put 1 in"
        )
    ]


def test_a_reader_that_sees_two_writers_in_the_wrong_order() -> None:
    """G2-item: the read-only anomaly; without its reader the writers are fine."""
    writers = ("T1: read x -> []; append y 1", "T2: append x 2", "T4: read y -> [1]")
    reader = "T3: read x -> [2]; read y -> []"

    assert found_in(*writers, "T5: read x -> [2]") == []
    assert found_in(*writers, reader) == [
        (
            "G2_ITEM; T1 read x before T2 appended 2; T3 saw 2 in x, which T2 appended;"
            " T3 read y before T1 appended 1"
        )
    ]
