"""Bugs that were put in on purpose, and whether the kit found them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from math import ceil
from statistics import median
from typing import Any, Self

import attrs


@attrs.frozen(kw_only=True)
class Bug:
    """One bug, in one storage of ours."""

    bug: str
    family: str
    killed_by: str | None = None
    """What found it; None: it survived."""
    program: int | None = None
    """The number of the program that found it, if one did."""
    reason: str = ""
    """Why it survived."""

    @classmethod
    def from_json(cls, row: dict[str, Any]) -> Self:
        """Read a row; what is unknown is refused."""
        return cls(**row)


def lines(bugs: Sequence[Bug]) -> Iterator[str]:
    """Give the lines of the section."""
    if not bugs:
        yield "No results are published yet."
        return
    killed = [bug for bug in bugs if bug.killed_by is not None]
    yield f"{len(killed)} of {len(bugs)} bugs were found{_speed(killed)}."
    yield ""
    yield "| family | bugs | found | by |"
    yield "| --- | ---: | ---: | --- |"
    for family in sorted({bug.family for bug in bugs}):
        of = [bug for bug in bugs if bug.family == family]
        by = Counter(bug.killed_by for bug in of if bug.killed_by is not None)
        found = ", ".join(f"{name} {count}" for name, count in by.most_common())
        yield f"| {family} | {len(of)} | {by.total()} | {found or '-'} |"
    survivors = [bug for bug in bugs if bug.killed_by is None]
    if survivors:
        yield from ("", "| survivor | family | why |", "| --- | --- | --- |")
    for bug in survivors:
        yield f"| {bug.bug} | {bug.family} | {bug.reason or 'not known'} |"


def _speed(killed: Sequence[Bug]) -> str:
    numbers = sorted(bug.program for bug in killed if bug.program is not None)
    if not numbers:
        return ""
    late = numbers[ceil(len(numbers) * 0.95) - 1]
    return (
        f"; {len(numbers)} of them by a program: the median is number"
        f" {median(numbers):g}, the 95th percentile number {late:,}"
    )
