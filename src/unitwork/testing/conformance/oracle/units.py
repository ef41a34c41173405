"""An open unit as the model sees it: what it holds, and what a block can undo."""

from collections.abc import Callable
from typing import NamedTuple

import attrs

from unitwork.testing.conformance.programs import Json, Name, Values

Rows = dict[Name, tuple[Values, int]]
"""What is committed: the values of each key, and the commit that wrote them."""
Read = Callable[[Rows], Json]


class Held(NamedTuple):
    """What a unit has for a key: objects by number, and the row that it loaded."""

    live: int | None
    origin: int | None = None
    base: Values | None = None
    version: int | None = None


@attrs.define
class State:
    """What a scope can undo."""

    holds: dict[Name, Held] = attrs.field(factory=dict)
    gone: dict[Name, int] = attrs.field(factory=dict)
    objects: list[tuple[Name, Values]] = attrs.field(factory=list)
    events: list[tuple[int, int]] = attrs.field(factory=list)
    nothing: frozenset[int] = frozenset()

    def copy(self) -> "State":
        """Copy it: the values are shared."""
        held = {**self.holds}, {**self.gone}, [*self.objects], [*self.events]
        return State(*held, self.nothing)

    def recorded(self) -> list[int]:
        """Give the events, but of what was added and removed: it is nothing."""
        return [event for event, number in self.events if number not in self.nothing]

    def value(self, held: Held) -> Values | None:
        """Give what the unit has for a key; None: it is removed."""
        return None if held.live is None else self.objects[held.live][1]


@attrs.define
class Unit:
    """An open unit, and of each of its blocks the state in which it began."""

    isolation: str
    read_only: bool
    state: State = attrs.field(factory=State)
    blocks: list[State] = attrs.field(factory=lambda: [State()])
    ended: bool = False
    bases: dict[int, Values] = attrs.field(factory=dict)
    reads: list[tuple[Read, Json]] = attrs.field(factory=list)
    snapshot: Rows | None = None
    outcome: str = "active"

    def end(self, outcome: str) -> Json:
        """End the innermost block, and give what is to be seen then."""
        self.ended = True
        if len(self.blocks) == 1:
            self.outcome = outcome
        events = [] if self.outcome == "rolled back" else self.state.recorded()
        objects = [[*name, values] for name, values in self.state.objects]
        return {"outcome": self.outcome, "events": events, "objects": objects}

    def undo(self) -> None:
        """Go back to the beginning of the block. Contract: 6, 7."""
        now, self.state = self.state, self.blocks[-1].copy()
        for number in range(len(self.state.objects), len(now.objects)):
            name, values = now.objects[number]
            self.state.objects.append((name, self.bases.get(number, values)))
        for name, held in now.holds.items():
            if held.origin is not None:
                self.state.holds.setdefault(name, held._replace(live=held.origin))

    def pending(self) -> bool:
        """Tell whether the block has changed anything. Contract: 5, 13."""
        old, now = self.blocks[-1], self.state
        was = {name: (held.live, old.value(held)) for name, held in old.holds.items()}
        now_is = {n: (held.live, now.value(held)) for n, held in now.holds.items()}
        loaded = {name: (held.origin, held.base) for name, held in now.holds.items()}
        gone = dict.fromkeys(was, (None, None))
        return old.recorded() != now.recorded() or {**loaded, **was} != {
            **gone,
            **now_is,
        }
