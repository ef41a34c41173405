"""Histories written by hand, in the words that units are shown in."""

import re

from unitwork import Outcome
from unitwork.adapters.making import IsolationName
from unitwork.testing.conformance.histories.checker import check
from unitwork.testing.conformance.histories.history import (
    History,
    Operation,
    Transaction,
)

_UNIT = re.compile(r"T(\d+)(?: \((.+)\))?: (.+)")
_READ = re.compile(r"(read|list) (\w+) -> \[(.*)\]")
_WRITE = re.compile(r"(append|join|leave) (\w+) (\d+)")


def written(*units: str, level: IsolationName = "serializable") -> History:
    """Make a history of `T1 (committed): read x -> [1]; append x 2`, and so on.

    All units are open at the same time, but for one behind a line of `then`.
    """
    transactions, now = [], 0
    for unit in units:
        if unit == "then":
            now += 2
            continue
        found = _UNIT.fullmatch(unit)
        assert found, unit
        operations = tuple(map(_operation, found[3].split("; ")))
        outcome = Outcome(found[2] or "committed")
        transactions.append(
            Transaction(int(found[1]), outcome, operations, now, now + 1)
        )
    return History(level, tuple(transactions))


def _operation(text: str) -> Operation:
    if read := _READ.fullmatch(text):
        seen = tuple(map(int, filter(None, read[3].split(", "))))
        return Operation("read" if read[1] == "read" else "list", read[2], seen=seen)
    write = _WRITE.fullmatch(text)
    assert write, text
    return Operation(write[1], write[2], int(write[3]))  # type: ignore[arg-type]  # the pattern says so


def found_in(*units: str) -> list[str]:
    """Check a history; return what was found, without the units that show it."""
    return [
        "; ".join([each.phenomenon.name, *each.story])
        for each in check(written(*units))
    ]
