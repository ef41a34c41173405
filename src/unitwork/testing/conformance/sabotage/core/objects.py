"""Which object a key is, and when it counts as changed."""

from unitwork.adapters.holding import Holding
from unitwork.adapters.memento import Memento
from unitwork.adapters.tracking import Entry, IdentityMap
from unitwork.testing.conformance.sabotage.editing import edits

BUGS = edits(
    "objects",
    (
        "removed-objects-are-found",
        "find gives an object that this unit has removed.",
        IdentityMap.find,
        ".get(key)",
        ".get(key) or next((e for e in self if e.key == key), None)",
    ),
    (
        "keyless-objects-are-not-queried",
        "Queries leave out new objects whose key the database will make.",
        IdentityMap.of,
        "*self._keyless.get(mapping, ())",
        "",
    ),
    (
        "held-keys-are-not-excluded",
        "Storage is asked for the keys too that the unit holds.",
        IdentityMap.keys,
        "tuple(self._keyed.get(mapping, ()))",
        "()",
    ),
    (
        "objects-are-not-known-again",
        "An object is not recognised: it can be added twice.",
        IdentityMap.holding,
        ".get(id(instance))",
        ".get(id(type(instance)))",
    ),
    (
        "made-keys-are-not-held",
        "A key that the database has made is not put into the identity map.",
        IdentityMap.rekey,
        "self.put(entry)",
        "self._by_instance[id(entry.instance)] = entry",
    ),
    (
        "changes-are-not-seen",
        "An object that was loaded never counts as changed.",
        Entry.write,
        "state == self.reference",
        "self.reference is not None",
    ),
    (
        "objects-are-always-changed",
        "An object that was only read is written.",
        Entry.write,
        "state == self.reference",
        "False",
    ),
    (
        "children-are-no-change",
        "A change in children alone is not written.",
        Entry.write,
        "state == self.reference",
        "self.reference and state[0] == self.reference[0]",
    ),
    (
        "removals-of-new-objects-are-written",
        "An object that was added and removed is inserted.",
        Entry.write,
        "None if self.removed else Insert",
        "Insert",
    ),
    (
        "removals-are-updates",
        "A removed object is written as it is.",
        Entry.write,
        "if self.removed:",
        "if self.removed and self.instance is None:",
    ),
    (
        "updates-say-what-is-stored",
        "An update does not say what there was before it.",
        Entry.write,
        "self.stored, state)",
        "state, state)",
    ),
    (
        "stale-states",
        "An object that was changed once and asked for counts as it was then.",
        Entry.state,
        "return state",
        "self.reference = state\n    return state",
    ),
    (
        "keys-may-change",
        "A changed key is not refused.",
        Entry.state,
        "found != self.key",
        "False",
    ),
    (
        "additions-replace",
        "Adding a key that the unit holds is not refused.",
        Holding.add,
        "(before is not None and not before.removed)",
        "False",
    ),
    (
        "removed-objects-cannot-come-back",
        "An object that was removed and added again stays removed.",
        Holding._restore,  # noqa: SLF001 - that is where the bug is
        "entry.removed = False",
        "pass",
    ),
    (
        "replacements-are-new",
        "An object that replaces a removed one is inserted.",
        Holding._replace,
        "entry.version, entry.replaced = before.version, before",
        "entry.version, entry.replaced = None, before",
    ),
    (
        "replacements-have-no-events",
        "Events of an object that was replaced are lost.",
        Holding._replace,
        "entry.replaced = before.version, before",
        "entry.replaced = before.version, None",
    ),
    (
        "removals-of-new-objects-stay",
        "A new object that is removed is held on.",
        Holding.remove,
        "self._entries.drop(entry)",
        "pass",
    ),
    (
        "foreign-objects-can-be-removed",
        "Removing an object twice is not refused.",
        Holding.remove,
        "entry.removed or",
        "",
    ),
    (
        "changes-in-place-are-not-seen",
        "A list, dict or set that was changed in place counts as unchanged.",
        Memento.unchanged,
        "return self._live == self._saved",
        "return self._live[:1] == self._saved[:1]",
    ),
    (
        "lists-are-put-back-as-others",
        "An undone list gets its items at the end of what it has.",
        Memento.restore,
        "live[:] = saved",
        "live += [one for one in saved if one not in live]",
    ),
    (
        "collections-are-not-put-back",
        "Undoing restores attributes, and no dicts and sets.",
        Memento.restore,
        "live.clear()",
        "if saved and type(saved) is set: continue",
    ),
)
