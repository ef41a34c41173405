"""Circles of units that each must come before the next: no order explains them.

Source: Adya, Weak Consistency (1999); Tarjan, Depth-first search (1972); Fekete et al.,
Making Snapshot Isolation Serializable (2005), for circles that a snapshot allows.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator

from unitwork.testing.conformance.histories.evidence import Dependency, Edge
from unitwork.testing.conformance.histories.phenomena import Phenomenon

Node = tuple[int, bool]
"""A unit, and whether it was come to by an edge that must not be followed by another
such one; False where that does not matter."""
Graph = dict[Node, dict[Node, Edge]]
Cycle = tuple[Edge, ...]

_READS = (Dependency.RW, Dependency.PREDICATE_RW)


def find_cycles(edges: Iterable[Edge]) -> list[tuple[Phenomenon, Cycle]]:
    """Return a short cycle for each knot of units, of each kind that there is.

    Four searches, each over more edges than the last: writes over writes; these and
    reads; circles that no snapshot explains; everything.

    Cost: linear in the edges, but for the search of a short cycle in each knot.
    """
    strongest: dict[tuple[int, int], Edge] = {}
    for edge in sorted(edges, key=lambda edge: edge.dependency):
        strongest.setdefault((edge.source, edge.target), edge)
    found: dict[frozenset[tuple[int, int]], Cycle] = {}
    for graph in _graphs(strongest.values()):
        for knot in knots(graph):
            cycle = _short_cycle(graph, knot)
            found.setdefault(frozenset((e.source, e.target) for e in cycle), cycle)
    return [(classify(cycle), cycle) for cycle in found.values()]


def classify(cycle: Cycle) -> Phenomenon:
    """Name a cycle by its edges."""
    kinds = [edge.dependency for edge in cycle]
    reads = [kind in _READS for kind in kinds]
    if not any(reads):
        return Phenomenon.G1C if Dependency.WR in kinds else Phenomenon.G0
    if sum(reads) == 1:
        return Phenomenon.G_SINGLE
    neighbours = zip(reads, reads[1:] + reads[:1], strict=True)
    if not any(one and two for one, two in neighbours):
        return Phenomenon.G_NONADJACENT
    return Phenomenon.G2 if Dependency.PREDICATE_RW in kinds else Phenomenon.G2_ITEM


def _graphs(edges: Iterable[Edge]) -> Iterator[Graph]:
    edges = list(edges)
    yield _graph(edges, lambda kind: kind is Dependency.WW)
    yield _graph(edges, lambda kind: kind not in _READS)
    yield _without_neighbours(edges)
    yield _graph(edges, lambda kind: True)  # noqa: ARG005 - all of them


def _graph(edges: Iterable[Edge], counts: Callable[[Dependency], bool]) -> Graph:
    graph: Graph = {}
    for edge in edges:
        if counts(edge.dependency):
            graph.setdefault((edge.source, False), {})[edge.target, False] = edge
    return graph


def _without_neighbours(edges: Iterable[Edge]) -> Graph:
    """Let no two reads of old versions follow each other: a snapshot needs two.

    Every unit is there twice: as come to by such a read, it can only be left by
    another edge.
    """
    graph: Graph = {}
    for edge in edges:
        read = edge.dependency in _READS
        for after_read in (False,) if read else (False, True):
            graph.setdefault((edge.source, after_read), {})[edge.target, read] = edge
    return graph


def knots(graph: Graph) -> list[list[Node]]:
    """Return the strongly connected components that have a cycle."""
    index: dict[Node, int] = {}
    low: dict[Node, int] = {}
    path: list[Node] = []
    on_path: set[Node] = set()
    found: list[list[Node]] = []
    for root in graph:
        if root in index:
            continue
        work = [(root, iter(graph[root]))]
        _visit(root, index, low, path, on_path)
        while work:
            node, following = work[-1]
            for after in following:
                if after not in index:
                    _visit(after, index, low, path, on_path)
                    work.append((after, iter(graph.get(after, ()))))
                    break
                if after in on_path:
                    low[node] = min(low[node], index[after])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    found.append(_pop_until(node, path, on_path))
    return [component for component in found if len(component) > 1]


def _visit(
    node: Node,
    index: dict[Node, int],
    low: dict[Node, int],
    path: list[Node],
    on_path: set[Node],
) -> None:
    index[node] = low[node] = len(index)
    path.append(node)
    on_path.add(node)


def _pop_until(node: Node, path: list[Node], on_path: set[Node]) -> list[Node]:
    start = path.index(node)
    component = path[start:]
    del path[start:]
    on_path.difference_update(component)
    return component


def _short_cycle(graph: Graph, knot: list[Node]) -> Cycle:
    """Search from every unit of a knot, never farther than the best one found."""
    inside = set(knot)
    best: Cycle = ()
    for start in sorted(knot):
        found = _way_back(graph, start, inside, len(best) or len(knot) + 1)
        best = found or best
        if len(best) == 2:  # noqa: PLR2004 - no cycle is shorter
            break
    return best


def _way_back(graph: Graph, start: Node, inside: set[Node], limit: int) -> Cycle:
    """Return the shortest cycle through a unit with less than `limit` edges, if any."""
    came: dict[Node, tuple[Node, Edge]] = {}
    queue = deque([(start, 0)])
    while queue:
        node, length = queue.popleft()
        if length + 1 >= limit:
            return ()
        for after, edge in graph.get(node, {}).items():
            if after == start:
                return (*_path(came, start, node), edge)
            if after in inside and after not in came:
                came[after] = (node, edge)
                queue.append((after, length + 1))
    return ()


def _path(came: dict[Node, tuple[Node, Edge]], start: Node, node: Node) -> Cycle:
    edges: list[Edge] = []
    while node != start:
        node, edge = came[node]
        edges.append(edge)
    return tuple(reversed(edges))
