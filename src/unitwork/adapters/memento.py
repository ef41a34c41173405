"""How an aggregate looked at a moment, so that it can look so again.

Source: Memento (Gamma and others). Contract: 6, 7.
"""

from typing import Any

import attrs

_CONTAINERS = (list, dict, set)


class Memento:
    """Remember an object, its parts and their collections, each in place.

    Two parallel lists: the live containers - attribute dictionaries, lists, dicts,
    sets - and a shallow copy of each. The aggregate is unchanged when the lists are
    equal, which C code compares, identical items first.
    """

    __slots__ = ("_live", "_saved")

    def __init__(self, instance: object) -> None:
        """Remember `instance` as it is now. Cost: one copy for each container."""
        self._live: list[Any] = []
        self._saved: list[Any] = []
        seen: set[int] = set()
        found: list[Any] = [instance]
        for item in found:
            kind = type(item)
            live = item if kind in _CONTAINERS else attributes_of(item)
            if live is None or id(item) in seen:
                continue
            seen.add(id(item))
            saved = live.copy()
            self._live.append(live)
            self._saved.append(saved)
            values = saved.values() if type(saved) is dict else saved
            found += [value for value in values if type(value) not in _ATOMS]

    def unchanged(self) -> bool:
        """Tell whether everything is equal to what is remembered."""
        return self._live == self._saved

    def restore(self) -> None:
        """Put every value, child and collection back: the same objects, in order."""
        for live, saved in zip(self._live, self._saved, strict=True):
            if type(live) is list:
                live[:] = saved
            else:
                live.clear()
                live.update(saved)


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

    def clear(self) -> None:
        for name in self.copy():
            object.__delattr__(self._instance, name)

    def update(self, saved: dict[str, Any]) -> None:
        for name, value in saved.items():
            object.__setattr__(self._instance, name, value)

    def __eq__(self, other: object) -> bool:
        return self.copy() == other

    __hash__ = None  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]  # it can change


_ATOMS: set[type] = {str, int, float, bool, bytes, type(None)}
"""Types that hold nothing which could change; filled as types are met."""
_PLAIN: set[type] = set()
"""Mutable attrs classes whose instances have a dictionary; filled likewise."""


def attributes_of(item: Any) -> Any:
    """Return the attributes of a mutable attrs object as a dictionary, or None."""
    kind = type(item)
    if kind in _PLAIN:
        return item.__dict__
    if not attrs.has(kind) or attrs.inspect(kind).is_frozen:
        _ATOMS.add(kind)
        return None
    if hasattr(item, "__dict__"):
        _PLAIN.add(kind)
        return item.__dict__
    return _Slots(item, tuple(field.name for field in attrs.fields(kind)))
