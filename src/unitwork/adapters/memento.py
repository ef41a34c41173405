"""How an aggregate looked at a moment, so that it can look so again.

Source: Memento (Gamma and others). Contract: 6, 7.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from operator import is_
from typing import Any

from unitwork.adapters.mapping.members import (
    has_members,
    in_slots,
    is_frozen,
    names_of,
)

_CONTAINERS = (list, dict, set)


class Memento:
    """Remember an object, its parts and their collections, each in place.

    Two parallel lists: the live containers - attribute dictionaries, lists, dicts,
    sets - and a shallow copy of each. Where equality is trusted, the aggregate is
    unchanged when the lists are equal, which C code compares, identical items first.
    """

    __slots__ = ("_by_value", "_live", "_saved")

    def __init__(
        self, instance: object, live: list[Any] | None = None, *, by_value: bool = False
    ) -> None:
        """Remember `instance` as it is now. Cost: one copy for each container.

        Args:
            instance: an aggregate.
            live: its containers, where the caller knows them all; kept.
            by_value: trust equality, unless a moment is found whose fold it leaves out;
                not for JSON, where 1 is not True.
        """
        if live is None:
            live, ambiguous = _containers_of(instance)
            by_value = by_value and not ambiguous
        self._live = live
        self._saved = [each.copy() for each in live]
        self._by_value = by_value

    def unchanged(self) -> bool:
        """Tell whether everything is what is remembered, or equal to it."""
        if not self._by_value:
            return all(map(_identical, self._live, self._saved))
        try:
            return self._live == self._saved
        except Exception:  # noqa: BLE001 - of a value that refuses to be compared
            return False

    def restore(self) -> None:
        """Put every value, child and collection back: the same objects, in order."""
        for live, saved in zip(self._live, self._saved, strict=True):
            if type(live) is list:
                live[:] = saved
            else:
                live.clear()
                live.update(saved)


def _identical(live: Any, saved: Any) -> bool:
    """Tell whether a container holds the same objects, in the same order."""
    if len(live) != len(saved):
        return False
    if type(saved) is set:
        return set(map(id, live)) == set(map(id, saved))
    if type(saved) is dict:
        return all(map(is_, live, saved)) and all(
            map(is_, live.values(), saved.values())
        )
    return all(map(is_, live, saved))


def _containers_of(instance: object) -> tuple[list[Any], bool]:
    """Find every container, by a look at every value; and whether moments are local."""
    live: list[Any] = []
    local = False
    seen: set[int] = set()
    found: list[Any] = [instance]
    for item in found:
        if id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, datetime):
            local = local or item.tzinfo is not UTC
            continue
        container = item if type(item) in _CONTAINERS else attributes_of(item)
        if container is not None:
            live.append(container)
        inside: Any = _frozen(item) if container is None else container
        values = inside.values() if hasattr(inside, "values") else inside
        found += [value for value in values if type(value) not in _ATOMS]
    return live, local


def _frozen(item: Any) -> Iterable[Any]:
    """Return what stands in an object that cannot change itself."""
    if isinstance(item, tuple | frozenset):
        return item
    kind = type(item)
    if has_members(kind):
        return [getattr(item, name, None) for name in names_of(kind)]
    _ATOMS.add(kind)
    return ()


class _Slots:
    """Give an object with slots the face of an attribute dictionary."""

    __slots__ = ("_instance", "_names")

    def __init__(self, instance: object, names: tuple[str, ...]) -> None:
        self._instance = instance
        self._names = names

    def copy(self) -> dict[str, Any]:
        item = self._instance
        return {
            name: getattr(item, name) for name in self._names if hasattr(item, name)
        }

    def values(self) -> Iterable[Any]:
        return self.copy().values()

    def clear(self) -> None:
        for name in self.copy():
            object.__delattr__(self._instance, name)

    def update(self, saved: dict[str, Any]) -> None:
        for name, value in saved.items():
            object.__setattr__(self._instance, name, value)

    def __len__(self) -> int:
        return len(self.copy())

    def __iter__(self) -> Iterator[str]:
        return iter(self.copy())

    def __eq__(self, other: object) -> bool:
        return self.copy() == other

    __hash__ = None  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]  # it can change


_ATOMS: set[type] = {str, int, float, bool, bytes, type(None)}
"""Types that hold nothing which could change; filled as types are met."""
_PLAIN: set[type] = set()
"""Mutable classes whose instances keep all in a dictionary; filled likewise."""


def attributes_of(item: Any) -> Any:
    """Return the attributes of a mutable object as a dictionary, or None.

    Of classes made by attrs or dataclasses: others hold nothing that is stored.
    """
    kind = type(item)
    if kind in _PLAIN:
        return item.__dict__
    if not has_members(kind) or is_frozen(kind):
        return None
    if in_slots(kind):
        return _Slots(item, names_of(kind))
    _PLAIN.add(kind)
    return item.__dict__
