"""An open unit as the interpreter sees it: which objects it gave, and its blocks."""

from typing import Any

import attrs

from unitwork.testing.conformance.programs import Name
from unitwork.testing.conformance.warehouse import WarehouseUnitOfWork


class Abandoned(Exception):  # noqa: N818 - how a program leaves a block, no error
    """Leaves a block."""


@attrs.define
class Block:
    """What the interpreter itself must remember of a block."""

    picks: dict[Name, Any]
    gone: dict[Name, Any]
    places: dict[int, list[int]]
    ended: bool = False


@attrs.define
class Open:
    """An open unit, and the objects that it gave, in the order of their appearance."""

    uow: WarehouseUnitOfWork
    blocks: list[Block] = attrs.field(factory=lambda: [Block({}, {}, {})])
    picks: dict[Name, Any] = attrs.field(factory=dict)
    gone: dict[Name, Any] = attrs.field(factory=dict)
    objects: list[tuple[Name, Any]] = attrs.field(factory=list)

    def number(self, name: Name, found: Any, *, loaded: bool = True) -> int:
        """Give the number of an object, a new one if it is seen for the first time."""
        for number, (_, known) in enumerate(self.objects):
            if known is found:
                return number
        self.objects.append((name, found))
        if loaded:
            for block in self.blocks:
                block.places[len(self.objects) - 1] = _places(found)
        return len(self.objects) - 1

    def enter(self) -> None:
        """Remember what an undo shall put back."""
        places = {n: _places(known) for n, (_, known) in enumerate(self.objects)}
        self.blocks.append(Block({**self.picks}, {**self.gone}, places))

    def undone(self) -> bool:
        """Go back, and tell whether the collections and children are the same again."""
        block = self.blocks[-1]
        self.picks, self.gone = {**block.picks}, {**block.gone}
        return all(_places(self.objects[n][1]) == p for n, p in block.places.items())


def _places(aggregate: Any) -> list[int]:
    parts = getattr(aggregate, "parts", None)
    if parts is None:
        return []
    owned = (parts, aggregate.tags, aggregate.notes, *parts)
    return [id(one) for one in owned]


async def leave(unit: Open, error: Abandoned | None) -> None:
    """Leave the innermost block, and see that its exception passes. Contract: 4."""
    kind = None if error is None else Abandoned
    swallowed: object = await unit.uow.__aexit__(kind, error, None)  # type: ignore[func-returns-value]  # that it gives nothing is what is checked
    if swallowed:
        raise AssertionError("The unit swallowed the exception of its block.")
