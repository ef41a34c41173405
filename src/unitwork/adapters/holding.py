"""What a unit holds: adding, removing, replacing. Contract: 12, 17."""

from collections.abc import Callable
from typing import Any

from unitwork.adapters.mapping.description import AggregateMapping
from unitwork.adapters.mapping.resolve import canonical_key
from unitwork.adapters.scope import Scope, Step
from unitwork.adapters.tracking import Entry, IdentityMap
from unitwork.domain.constraint_errors import UniqueViolationError
from unitwork.domain.errors import MisuseError


class Holding:
    """Put aggregates into a unit and take them out, noting how to undo it."""

    def __init__(self, entries: IdentityMap, scopes: list[Scope]) -> None:
        """Change `entries`, and note it in the innermost of `scopes`."""
        self._entries = entries
        self._scopes = scopes

    def add(self, mapping: AggregateMapping, instance: Any) -> None:
        """Hold a new aggregate; one that replaces a removed one keeps its version."""
        if type(instance) is not mapping.aggregate:  # a subclass would lose attributes
            raise MisuseError(
                f"{instance!r} is no {mapping.aggregate.__name__}.",
                f"This repository holds {mapping.aggregate.__name__} aggregates.",
                "Add it to the repository of its own class.",
            )
        held = self._entries.holding(instance)
        if held is not None and held.removed:
            self._restore(held)
            return
        entry = Entry(mapping, instance)
        entry.key = None if mapping.generated else _key_of(mapping, instance)
        if mapping.generated:
            _refuse_key(mapping, instance)
        before = self._entries.find(mapping, entry.key)
        if held is not None or (before is not None and not before.removed):
            raise UniqueViolationError(mapping.aggregate, (mapping.key_attribute,))
        if before is not None:
            self._replace(before, entry)
            return
        self._entries.put(entry)
        self._note("added", entry, lambda: self._take_out(entry))

    def remove(self, mapping: AggregateMapping, instance: Any) -> None:
        """Stop holding an aggregate; storage removes it at commit."""
        entry = self.entry_of(instance)
        if entry.removed or entry.mapping is not mapping:
            raise _not_held(instance)
        if entry.stored is None:
            self._entries.drop(entry)
            self._note("dropped", entry, lambda: self._put_back(entry))
            return
        entry.removed = True
        self._note("removed", entry, lambda: _set_removed(entry, removed=False))

    def entry_of(self, instance: Any) -> Entry:
        """Return the entry of an aggregate that this unit holds, or has removed."""
        entry = self._entries.holding(instance)
        if entry is None:
            raise _not_held(instance)
        return entry

    def _put_back(self, entry: Entry) -> None:
        """Hold it again; what was loaded under its key meanwhile stands behind it."""
        entry.behind = self._entries.find(entry.mapping, entry.key)
        self._entries.put(entry)

    def _take_out(self, entry: Entry) -> None:
        """Hold it no longer, but what stands behind it."""
        self._entries.drop(entry)
        if entry.behind is not None:
            self._entries.put(entry.behind)

    def _restore(self, entry: Entry) -> None:
        entry.removed = False
        self._note("restored", entry, lambda: _set_removed(entry, removed=True))

    def _replace(self, before: Entry, entry: Entry) -> None:
        entry.stored, entry.reference = before.stored, before.reference
        entry.version, entry.replaced = before.version, before
        self._entries.drop(before)
        self._entries.put(entry)

        def undo() -> None:
            self._entries.drop(entry)
            self._entries.put(before)

        self._note("replaced", entry, undo)

    def _note(self, verb: str, entry: Entry, undo: Callable[[], None]) -> None:
        self._scopes[-1].steps.append(Step(verb, entry, undo))


def _key_of(mapping: AggregateMapping, instance: Any) -> Any:
    return canonical_key(mapping, getattr(instance, mapping.key_attribute))


def _refuse_key(mapping: AggregateMapping, instance: Any) -> None:
    if vars(instance).get(mapping.key_attribute) is not None:
        name = mapping.aggregate.__name__
        raise MisuseError(
            f"{name}.{mapping.key_attribute} already has a value.",
            "The database makes this key; explicit values are refused.",
            f"Add a fresh {name}, or load the stored one and change it.",
        )


def _set_removed(entry: Entry, *, removed: bool) -> None:
    entry.removed = removed


def _not_held(instance: Any) -> MisuseError:
    return MisuseError(
        f"{instance!r} is not held by this unit of work.",
        "A unit knows the aggregates that it loaded and that were added to it.",
        "Load it with get() in this unit, or add() it.",
    )
