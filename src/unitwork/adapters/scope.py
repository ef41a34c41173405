"""What one block did, so that it can be undone without any statement. Contract: 6."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import attrs

from unitwork.adapters.memento import Memento
from unitwork.adapters.tracking import Entry, IdentityMap
from unitwork.domain.event import recording_order
from unitwork.domain.outcome import Outcome


@attrs.frozen
class Step:
    """One change of what a unit holds, and its undoing."""

    verb: str
    entry: Entry
    undo: Callable[[], None]


class Scope:
    """One block of a unit: the outermost, or a nested one."""

    __slots__ = ("ended", "flushed", "mark", "remembered", "savepoint", "steps")

    def __init__(self) -> None:
        """Begin with nothing done."""
        self.steps: list[Step] = []
        self.remembered: dict[Entry, Memento] = {}
        """How the aggregates looked that were changed when the block began."""
        self.flushed: dict[Entry, Callable[[], None]] = {}
        """Puts back what storage was known to have before the block flushed."""
        self.mark = next(recording_order)
        self.savepoint: Any = None
        self.ended: Outcome | None = None
        """What became of the block; None while it is open."""

    def remember(self, entries: IdentityMap) -> None:
        """Keep how every changed aggregate looks; nothing of the others.

        Cost: a comparison for each aggregate the unit holds.
        """
        for entry in entries:
            if entry.latest is None or not entry.latest.unchanged():
                entry.latest = entry.look()
            if entry.latest is not entry.loaded:
                self.remembered[entry] = entry.latest

    def changed(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """Go through the aggregates that look otherwise than when the block began."""
        for entry in entries:
            before = self.remembered.get(entry, entry.loaded)
            if before is not None and not before.unchanged():
                yield entry

    def undo(self, entries: IdentityMap) -> None:
        """Undo the block: what the unit holds, and how the aggregates look."""
        for take_back in reversed(self.flushed.values()):
            take_back()
        for step in reversed(self.steps):
            step.undo()
        behind = [entry.behind for entry in entries if entry.behind is not None]
        known = (*entries, *behind)
        for entry in list(self.changed(known)):
            entry.latest = self.remembered.get(entry, entry.loaded)
            if entry.latest is not None:
                entry.latest.restore()
        drop_events((*known, *(step.entry for step in self.steps)), self.mark)
        self.flushed.clear()
        self.steps.clear()

    def hand_over(self, outer: "Scope") -> None:
        """Make everything done here the work of the outer block."""
        outer.steps += self.steps
        for entry, take_back in self.flushed.items():
            outer.flushed.setdefault(entry, take_back)

    def labels(self) -> Iterator[str]:
        """Name what was added and removed; what was added and removed again, not."""
        net: dict[int, Step] = {}
        for step in self.steps:
            known = id(step.entry.instance)  # one that was dropped has a new entry
            if known in net and net[known].verb != step.verb:
                del net[known]
            else:
                net[known] = step
        return (f"{step.verb} {step.entry.label}" for step in net.values())


def events_of(entry: Entry) -> list[tuple[int, Any]]:
    """Return what an aggregate, and those it replaced, recorded and no unit took."""
    recorded = getattr(entry.instance, "_recorded", None) or []
    return [*events_of(entry.replaced), *recorded] if entry.replaced else recorded


def drop_events(entries: Iterable[Entry], mark: int = 0) -> None:
    """Take from every aggregate the events that it recorded since a mark."""
    for entry in entries:
        held: Entry | None = entry
        while held is not None:
            if recorded := getattr(held.instance, "_recorded", None):
                recorded[:] = [item for item in recorded if item[0] < mark]
            held = held.replaced
