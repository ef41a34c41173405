"""Everything that one open unit holds, and what it does with it.

The handle (unit_of_work.py) decides when; this decides what.
"""

import secrets
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any, Protocol

import attrs

from unitwork.adapters.holding import Holding
from unitwork.adapters.mapping.description import (
    AggregateMapping,
    with_key,
)
from unitwork.adapters.ownership import Ownership
from unitwork.adapters.reading import Reading
from unitwork.adapters.scope import Scope, drop_events, events_of
from unitwork.adapters.storage import (
    AbstractDatabase,
    ChangeSet,
    Delete,
    UnitOptions,
    snapshot_before_lock,
)
from unitwork.adapters.tracking import Entry, IdentityMap
from unitwork.adapters.write_order import in_order
from unitwork.domain.errors import InvalidValueError, MisuseError, ReadOnlyError
from unitwork.domain.event import DomainEvent, recording_order
from unitwork.domain.outcome import Outcome

Hook = Callable[[], Awaitable[object]]


class Unit(Protocol):
    """What repositories need of the unit of work that they belong to."""

    database: AbstractDatabase

    def open_workspace(self) -> "Workspace":
        """Return the open unit, for its owner, in a block that has not ended."""
        ...


class Workspace:
    """One open unit: its aggregates, its blocks, its storage session."""

    __slots__ = (
        "_closed",
        "_hooks",
        "_recorded",
        "applying",
        "entries",
        "options",
        "ownership",
        "reading",
        "scopes",
        "session",
    )

    def __init__(self, database: AbstractDatabase, options: UnitOptions) -> None:
        """Open a session and the outermost scope; touches no storage."""
        self.options = options
        self.ownership = Ownership()
        self.session = database.session(options)
        self.entries = IdentityMap()
        self.scopes = [Scope()]
        self.reading = Reading(
            self.entries,
            self.session,
            self.ownership,
            logged=options.serializable,
        )
        self._recorded: list[tuple[int, DomainEvent]] = []
        self._hooks: list[tuple[int, Hook]] = []
        self.applying = False
        """Whether storage was asked to make the changes durable."""
        self._closed = False

    @property
    def scope(self) -> Scope:
        """Return the innermost block."""
        return self.scopes[-1]

    @property
    def holding(self) -> Holding:
        """Return what adds and removes, in the innermost block."""
        return Holding(self.entries, self.scopes)

    # ── blocks ──────────────────────────────────────────────────────────────

    async def enter(self) -> None:
        """Begin a nested block."""
        scope = Scope()
        scope.remember(self.entries)
        if self.session.transactional:
            with self.ownership:
                scope.savepoint = await self.session.savepoint()
        self.scopes.append(scope)

    async def keep(self) -> None:
        """Hand the innermost block's work to the outer one."""
        scope = self.scope
        if scope.savepoint is not None:
            with self.ownership:
                await self.session.release(scope.savepoint)
        scope.savepoint, scope.ended = None, Outcome.COMMITTED
        scope.hand_over(self.scopes[-2])

    async def undo(self) -> None:
        """Undo the innermost block's work."""
        scope = self.scope
        scope.ended = Outcome.ROLLED_BACK
        self._undo(scope)
        if scope.savepoint is not None:
            self.ownership.check()
            with self.ownership:
                await self.session.undo(scope.savepoint)

    def undo_all(self) -> None:
        """Undo the outermost block, when it is the only one that is left."""
        self._undo(self.scope)
        self.scope.ended = self.undone_as

    @property
    def undone_as(self) -> Outcome:
        """Tell what a unit that was not committed comes to. Contract: 10."""
        known = self.session.ended_by_others is None
        return Outcome.ROLLED_BACK if known else Outcome.UNKNOWN

    def _undo(self, scope: Scope) -> None:
        scope.undo(self.entries)
        self._recorded = [r for r in self._recorded if r[0] < scope.mark]
        self._hooks = [h for h in self._hooks if h[0] < scope.mark]

    # ── events ──────────────────────────────────────────────────────────────

    def record(self, aggregate: Any, event: DomainEvent) -> None:
        """Record an event for an aggregate that cannot do so itself."""
        self.holding.entry_of(aggregate)
        self._recorded.append((next(recording_order), event))

    def after_commit(self, hook: "Hook") -> None:
        """Keep what is to run after the commit."""
        self._hooks.append((next(recording_order), hook))

    def take_hooks(self) -> tuple["Hook", ...]:
        """Return what is to run now, in the order in which it was asked for."""
        if not self._hooks:
            return ()
        hooks, self._hooks = self._hooks, []
        return tuple(hook for _, hook in hooks)

    def events(self, since: int = 0) -> tuple[DomainEvent, ...]:
        """Return what was recorded since a mark, in the order of recording."""
        found = list(self._recorded)
        for entry in self.entries:
            found += events_of(entry)
        if not found:
            return ()
        found.sort(key=lambda item: item[0])
        return tuple(event for mark, event in found if mark >= since)

    # ── changes ─────────────────────────────────────────────────────────────

    def _net(self) -> Iterator[str]:
        for entry in self.entries:
            try:
                write = entry.write()
            except (InvalidValueError, MisuseError):
                yield f"changed {entry.label}"
                continue
            if write is not None:
                verb = "removed" if isinstance(write, Delete) else "changed"
                yield f"{'added' if entry.stored is None else verb} {entry.label}"
        yield from (f"recorded {event!r}" for event in self.events())

    def undone(self) -> tuple[str, ...]:
        """Undo the innermost block, and name what it had changed and recorded.

        What looks otherwise after the undoing was a change, written already or not.
        """
        scope, entries = self.scope, self.entries
        labels = [*scope.labels()]
        events = [f"recorded {event!r}" for event in self.events(scope.mark)]
        looked = [(entry, _state(entry)) for entry in scope.changed(entries)]
        self._undo(scope)
        labels += [
            f"changed {entry.label}" for entry, was in looked if was != _state(entry)
        ]
        return (*labels, *events)

    def _change_set(self) -> tuple[ChangeSet, list[Entry]]:
        written = {}
        for entry in self.entries:
            write = entry.write()
            if write is not None:
                written[write] = entry
        writes = in_order(written)
        reads = tuple(self.reading.log) if writes or self.events() else ()
        token = secrets.randbits(63) or 1  # a process that was copied draws others
        changes = ChangeSet(token, writes, reads)
        return changes, [written[write] for write in writes]

    async def commit(self) -> None:
        """Write everything, durably. Cost: nothing if there is nothing to write."""
        if self.options.read_only:
            refused = tuple(self._net())
            if refused:
                raise ReadOnlyError(refused)
        changes, entries = self._change_set()
        if not (
            changes.writes
            or changes.reads
            or self.reading.locked
            or self.session.transactional
        ):
            return
        self.applying = True
        with self.ownership:
            keys = await self.session.apply(changes)
        if keys:
            self._assign(keys, entries)
        for entry in entries:
            entry.version = None if entry.removed else changes.token

    def take_keys_back(self) -> None:
        """Leave every object as the caller made it: what was flushed is not stored."""
        for take_back in reversed(self.scope.flushed.values()):
            take_back()

    async def flush(self) -> None:
        """Write everything into the raw transaction."""
        self.ownership.check()
        changes, entries = self._change_set()
        if not changes.writes:
            return
        known = {entry: self._as_known(entry) for entry in entries}
        for entry, take_back in known.items():
            self.scope.flushed.setdefault(entry, take_back)

        def take_all_back() -> None:
            for take_back in known.values():
                take_back()

        changes = attrs.evolve(changes, undone=take_all_back)
        with self.ownership:
            keys = await self.session.flush(changes)
        self._assign(keys, entries)
        for entry, write in zip(entries, changes.writes, strict=True):
            if isinstance(write, Delete):
                entry.stored = entry.reference = entry.version = None
            else:
                made = write.key is None
                after = with_key(write.after, entry.key) if made else write.after
                entry.settle(after, changes.token)

    def _assign(self, keys: Mapping[int, Any], entries: list[Entry]) -> None:
        """Give what was written the keys that the database made."""
        for number, key in keys.items():
            self.entries.rekey(entries[number], key)

    def _as_known(self, entry: Entry) -> Callable[[], None]:
        """Return what puts back what storage is known to have, as of now."""
        known = (entry.stored, entry.reference, entry.version, entry.clean)
        key = entry.key

        def take_back() -> None:
            entry.stored, entry.reference, entry.version, entry.clean = known
            if entry.key != key:
                self.entries.rekey(entry, key)

        return take_back

    # ── the raw transaction ─────────────────────────────────────────────────

    async def enter_transaction(self, begin: Callable[[], Any]) -> None:
        """Let the unit run inside a real transaction from now on. Contract: 18, 21."""
        if not self.session.transactional:
            self.require_first()
            with self.ownership:
                await begin()
            await self._begin_savepoints()
        await self.flush()

    async def lock(self, mapping: AggregateMapping, key: Any) -> Entry | None:
        """Read and keep other writers out, which may open a real transaction."""
        self._require_lockable()
        try:
            return await self.reading.lock(mapping, key)
        finally:
            await self._begin_savepoints()

    async def _begin_savepoints(self) -> None:
        """Let every nested block that is open be a savepoint, if it can and is not."""
        if self.session.transactional:
            for scope in self.scopes[1:]:
                if scope.savepoint is None:
                    self.ownership.check()
                    with self.ownership:
                        scope.savepoint = await self.session.savepoint()

    def _require_lockable(self) -> None:
        """Refuse to take a lock for a unit that cannot write, or too late."""
        if self.options.read_only:
            raise MisuseError(
                "A read-only unit of work asked for a lock.",
                "It cannot write, so it has nothing to keep others from.",
                "Open the unit without read_only=True.",
            )
        self.require_first()

    def require_first(self) -> None:
        """Refuse to take a lock or a connection after a snapshot was taken."""
        if self.reading.begun and not self.options.reads_latest:
            raise snapshot_before_lock()

    async def close(self) -> None:
        """Give the session's resources back, once."""
        if not self._closed:
            self._closed = True
            await self.session.close()

    def take_events(self) -> tuple[DomainEvent, ...]:
        """Return all events, in order, and take them from the aggregates."""
        events = self.events()
        if events:
            drop_events(self.entries)
            self._recorded.clear()
        return events


def _state(entry: Entry) -> object:
    try:
        return entry.state()
    except (InvalidValueError, MisuseError):
        return None
