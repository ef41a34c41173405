"""What a unit knows of each aggregate it holds.

Source: Identity Map, Optimistic Offline Lock (Fowler). Contract: 12, 13, 16.
"""

from collections.abc import Iterator
from typing import Any

from unitwork.adapters.mapping.description import AggregateMapping, Row, State
from unitwork.adapters.memento import Memento
from unitwork.adapters.storage import Delete, Insert, Record, Update, Write
from unitwork.domain.errors import MisuseError


class Entry:
    """One aggregate in a unit: the object, and what storage has of it."""

    __slots__ = (
        "behind",
        "clean",
        "instance",
        "key",
        "latest",
        "loaded",
        "mapping",
        "reference",
        "removed",
        "replaced",
        "stored",
        "version",
    )

    def __init__(self, mapping: AggregateMapping, instance: Any) -> None:
        """Track an object that storage does not have yet."""
        self.mapping = mapping
        self.instance = instance
        self.key: Any = None
        self.version: int | None = None
        self.stored: State | None = None
        """What storage has, or None."""
        self.reference: State | None = None
        """What `instance` dumped to when it was as stored: its baseline."""
        self.loaded: Memento | None = None
        """How it looked when it was loaded."""
        self.clean: Memento | None = None
        """How it looks while it equals `reference`."""
        self.latest: Memento | None = None
        """How it looked when a scope last remembered it."""
        self.removed = False
        self.replaced: Entry | None = None
        """The removed aggregate whose key, and row, this one took over."""
        self.behind: Entry | None = None
        """What was loaded under its key while it was gone; it answers after it."""

    @classmethod
    def of(cls, mapping: AggregateMapping, record: Record) -> "Entry":
        """Track an object made from a record."""
        state, trusted = record.state, mapping.comparable
        instance = mapping.load(state)
        live = mapping.containers and mapping.containers(instance)
        entry = cls(mapping, instance)
        entry.key, entry.stored, entry.version = record.key, state, record.version
        entry.reference = state if trusted else mapping.dump(instance)
        look = Memento(instance, live, by_value=trusted)
        entry.clean = entry.loaded = entry.latest = look
        return entry

    def settle(self, stored: State, version: int) -> None:
        """Take note that storage now has `stored`, which the object equals."""
        self.stored, self.version, self.clean = stored, version, self.look()
        trusted = self.mapping.comparable
        self.reference = stored if trusted else self.mapping.dump(self.instance)

    def look(self) -> Memento:
        """Remember how the object looks now."""
        return Memento(self.instance, by_value=self.mapping.comparable)

    def state(self) -> State:
        """Return the aggregate's state now. Cost: a comparison if it is unchanged."""
        if (
            self.reference is not None
            and self.clean is not None
            and self.clean.unchanged()
        ):
            return self.reference
        if self.reference is None:
            state = self.mapping.dump(self.instance)
        else:
            state = self.mapping.dump(self.instance, self.reference)
        found = state[0][0][0]
        if found != self.key:
            raise MisuseError(
                f"The key of {self.label} was changed to {found!r}.",
                "A key identifies; storage, references and this unit know the old one.",
                "Remove the aggregate and add another one.",
            )
        return state

    @property
    def row(self) -> Row:
        """Return the root's row now."""
        return self.state()[0][0]

    @property
    def label(self) -> str:
        """Name it in messages."""
        name = self.mapping.aggregate.__name__
        return f"new {name}" if self.key is None else f"{name} {self.key!r}"

    def write(self) -> Write | None:
        """Return what storage must do so that it equals the object, or None."""
        if self.stored is None or self.version is None:
            return None if self.removed else Insert(self.mapping, self.state())
        if self.removed:
            return Delete(self.mapping, self.version, self.stored)
        state = self.state()
        if state == self.reference:
            return None
        return Update(self.mapping, self.version, self.stored, state)

    def assign(self, key: Any) -> None:
        """Give the object the key that the database made; None takes it back."""
        self.key = key
        attributes = vars(self.instance)  # generated() is for the library's classes
        if key is None:
            attributes.pop(self.mapping.key_attribute, None)
        else:
            attributes[self.mapping.key_attribute] = key


class IdentityMap:
    """All entries of a unit: one key is one object."""

    __slots__ = ("_by_instance", "_keyed", "_keyless")

    def __init__(self) -> None:
        """Begin empty."""
        self._keyed: dict[AggregateMapping, dict[Any, Entry]] = {}
        self._keyless: dict[AggregateMapping, list[Entry]] = {}
        self._by_instance: dict[int, Entry] = {}

    def __iter__(self) -> Iterator[Entry]:
        """Go through all entries, removed ones too, of each class in order."""
        for keyed in self._keyed.values():
            yield from keyed.values()
        for keyless in self._keyless.values():
            yield from keyless

    def of(self, mapping: AggregateMapping) -> list[Entry]:
        """Return the entries of one class, removed ones too."""
        keyed = self._keyed.get(mapping, {})
        return [*keyed.values(), *self._keyless.get(mapping, ())]

    def keys(self, mapping: AggregateMapping) -> tuple[Any, ...]:
        """Return the keys of one class that this unit answers for."""
        return tuple(self._keyed.get(mapping, ()))

    def find(self, mapping: AggregateMapping, key: Any) -> Entry | None:
        """Return the entry of a key, also if it is removed."""
        return self._keyed.get(mapping, {}).get(key)

    def holding(self, instance: object) -> Entry | None:
        """Return the entry of an object."""
        return self._by_instance.get(id(instance))

    def put(self, entry: Entry) -> None:
        """Let an entry answer for its key and its object."""
        self._by_instance[id(entry.instance)] = entry
        if entry.key is None:
            self._keyless.setdefault(entry.mapping, []).append(entry)
        else:
            self._keyed.setdefault(entry.mapping, {})[entry.key] = entry

    def drop(self, entry: Entry) -> None:
        """Forget an entry."""
        self._by_instance.pop(id(entry.instance), None)
        if entry.key is None:
            self._keyless[entry.mapping].remove(entry)
        elif self.find(entry.mapping, entry.key) is entry:
            del self._keyed[entry.mapping][entry.key]

    def rekey(self, entry: Entry, key: Any) -> None:
        """Let an entry answer for the key that the database made."""
        self.drop(entry)
        entry.assign(key)
        self.put(entry)
