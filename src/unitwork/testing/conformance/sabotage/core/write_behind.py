"""What a commit writes, in which order, and what the unit knows afterwards."""

from unitwork.adapters import unit_of_work, write_order
from unitwork.adapters.workspace import Workspace
from unitwork.testing.conformance.sabotage.editing import edits

BUGS = edits(
    "write-behind",
    (
        "read-only-units-write",
        "A read-only unit commits its changes.",
        Workspace.commit,
        "if refused:",
        "if False:",
    ),
    (
        "versions-are-not-told",
        "version_of gives the version of before the commit.",
        Workspace.commit,
        "None if entry.removed else changes.token",
        "entry.version",
    ),
    (
        "removed-objects-have-a-version",
        "version_of gives a version of what the unit has removed.",
        Workspace.commit,
        "None if entry.removed else changes.token",
        "changes.token",
    ),
    (
        "made-keys-are-not-assigned",
        "Objects are not given the keys that the database has made.",
        Workspace._assign,  # noqa: SLF001 - that is where the bug is
        "self.entries.rekey(entries[number], key)",
        "pass",
    ),
    (
        "tokens-are-the-same",
        "Every unit writes the same version.",
        Workspace._change_set,  # noqa: SLF001 - as above
        "secrets.randbits(63) or 1",
        "1",
    ),
    (
        "tokens-are-short",
        "A version has three bits.",
        Workspace._change_set,  # noqa: SLF001 - as above
        "secrets.randbits(63) or 1",
        "secrets.randbits(3) or 1",
    ),
    (
        "reads-are-not-handed-over",
        "What a serializable unit noted is not read again.",
        Workspace._change_set,  # noqa: SLF001 - as above
        "tuple(self.reading.log) if writes or self.events() else ()",
        "()",
    ),
    (
        "readers-with-events-are-not-judged",
        "A serializable unit that only records events reads nothing again.",
        Workspace._change_set,  # noqa: SLF001 - as above
        "if writes or self.events() else",
        "if writes else",
    ),
    (
        "readers-are-judged",
        "A serializable unit that does nothing but read reads again.",
        Workspace._change_set,  # noqa: SLF001 - as above
        "if writes or self.events() else ()",
        "",
    ),
    (
        "removals-come-last",
        "Removals are written after the rest.",
        write_order._rank,  # noqa: SLF001 - as above
        "return 0, -position",
        "return 3, -position",
    ),
    (
        "freed-values-are-not-waited-for",
        "What takes a value may come before the removal that frees it.",
        write_order._needs_of_values,  # noqa: SLF001 - as above
        "if (unique, value) in freed:",
        "if False:",
    ),
    (
        "given-up-values-can-be-taken",
        "A value that an updated row gives up may be taken in the same unit.",
        write_order._needs_of_values,  # noqa: SLF001 - as above
        "_refuse_if(kept_by, unique, value, writes[number])",
        "pass",
    ),
    (
        "one-value-is-taken-twice",
        "Two rows of one unit may take one value.",
        write_order._needs_of_values,  # noqa: SLF001 - as above
        "_refuse_if(taken, unique, after, write)",
        "pass",
    ),
    (
        "new-targets-are-not-waited-for",
        "What refers to a new row of its own class may come before it.",
        write_order._needs_of_references,  # noqa: SLF001 - as above
        "yield number, made[target]",
        "yield number, number",
    ),
    (
        "old-targets-are-not-waited-for",
        "A row may be removed before what no longer refers to it.",
        write_order._needs_of_references,  # noqa: SLF001 - as above
        "yield gone[target], number",
        "yield number, number",
    ),
    (
        "values-with-none-clash",
        "Unique values clash where a part of them is None.",
        write_order._values,  # noqa: SLF001 - as above
        "None if None in values else values",
        "values",
    ),
    (
        "errors-are-always-unknown",
        "Whatever fails in a commit, nobody knows.",
        unit_of_work._outcome_of,  # noqa: SLF001 - as above
        "return error.outcome",
        "return Outcome.UNKNOWN",
    ),
    survives={
        "removals-come-last": "The order of kinds is a preference: where one write"
        " needs another, it comes after it all the same.",
        "one-value-is-taken-twice": "Storage refuses the second of them with the same"
        " error.",
    },
)
