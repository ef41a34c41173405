"""What an adapter says that its storage can do, where storages may differ."""

from collections.abc import Iterator

import attrs

from unitwork.testing.conformance.programs import ISOLATIONS


def _flag(meaning: str) -> bool:
    made: bool = attrs.field(default=True, metadata={"meaning": meaning})
    return made


@attrs.frozen(kw_only=True)
class Capabilities:
    """What may be asked of a storage; whatever has no flag is asked of all.

    A case that needs what is False is skipped, with this as the reason.
    """

    snapshot: bool = _flag("units with isolation='snapshot'")
    """Whether it has units whose reads are all of one moment. Contract: 18."""
    serializable: bool = _flag("units with isolation='serializable'")
    """Whether it runs what a unit read again in its commit. Contract: 18."""
    locks: bool = _flag("get(key, lock=True)")
    """Whether a unit can keep writers of an aggregate out. Contract: 21."""
    raw: bool = _flag("connection(), and units inside of a raw transaction")
    """Whether units have a connection of the storage to give. Contract: 6, 21, 28."""
    references: bool = _flag("references checked in the commit")
    """Whether it refuses rows that refer to nothing. Contract: 26."""
    parallel: bool = _flag("units of several tasks at the same time")
    """Whether tasks may have units open side by side; one task may always."""

    @property
    def levels(self) -> tuple[str, ...]:
        """Return the isolation levels that there are."""
        missing = set(self.missing())
        return tuple(level for level in ISOLATIONS if level not in missing)

    @property
    def never(self) -> tuple[str, ...]:
        """Return the outcomes that programs must not come to."""
        return () if self.references else ("ReferenceViolationError",)

    def missing(self) -> Iterator[str]:
        """Give the names of the flags that are False."""
        return (name for name in FLAGS if not getattr(self, name))

    def __str__(self) -> str:
        """List the flags: `snapshot, locks; without raw`."""
        missing = list(self.missing())
        had = ", ".join(name for name in FLAGS if name not in missing)
        return f"{had}; without {', '.join(missing)}" if missing else had


FLAGS: dict[str, str] = {
    flag.name: flag.metadata["meaning"] for flag in attrs.fields(Capabilities)
}
"""What each flag stands for, in a few words."""
