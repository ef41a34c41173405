"""The fake of the books: dicts, `copy.deepcopy`, and nothing of the library's adapters.

It has every method of the ports, in good faith, with all that is cheap in Python: one
object for a key, a version for each commit, keys by a counter, events in their order,
nested blocks, read-only units, blocks that have ended, changes that nobody committed.
So it fails by what dicts and deep copies do not give:

- conflicts: whoever commits last wins;
- unique values and references, which nobody checks;
- isolation by level: it has one, whatever is asked for;
- rollback of objects: the copy is dropped, those who have the objects keep the changes,
  and after a nested block they find others;
- a third truth value: None is just another value to Python.
"""

import copy
from collections.abc import AsyncIterator
from itertools import count
from secrets import randbits
from types import TracebackType
from typing import Any, Self, TypeVar

import attrs

from tests.conformance.textbook_criteria import in_order, matches, plain
from unitwork import (
    AggregateNotFoundError,
    ConcurrencyConflictError,
    MisuseError,
    Outcome,
    Page,
    ReadOnlyError,
    Sort,
    Specification,
    UncommittedChangesError,
    UniqueViolationError,
    UnitOfWorkClosedError,
    all_of,
)
from unitwork.domain.event import DomainEvent
from unitwork.domain.repository import AbstractRepository, Order
from unitwork.testing.conformance.programs import KEYS
from unitwork.testing.conformance.warehouse import (
    Item,
    Pick,
    Site,
    WarehouseUnitOfWork,
)

A = TypeVar("A")
K = TypeVar("K")
Name = tuple[type, Any]
Aggregates = dict[Name, Any]
"""By class and key; None: it is removed."""
_NOTHING = object()


class Store:
    """What is committed."""

    def __init__(self) -> None:
        self.aggregates: Aggregates = {}
        self.versions: dict[Name, int] = {}
        self.numbers = count(1)


@attrs.frozen
class Block:
    """What an open block goes back to."""

    before: Aggregates
    under: Aggregates
    events: int


class CopiesTheStore(WarehouseUnitOfWork):
    """Copies all that is stored when it opens, and stores that copy when it commits."""

    def __init__(
        self, store: Store, *, isolation: str = "", read_only: bool = False
    ) -> None:
        self.store = store
        self.held: Aggregates = {}
        self.seen: list[Any] = []
        self.sites = TextbookRepository[Site, str](self, Site)
        self.items = TextbookRepository[Item, str](self, Item)
        self.picks = TextbookRepository[Pick, int](self, Pick)
        self._versions: dict[Name, int] = {}
        self._under: Aggregates = {}
        self._read_only = read_only
        self._blocks: list[Block] = []
        self._ended = False
        self._events: list[DomainEvent] = []
        self._outcome = Outcome.NEW

    async def __aenter__(self) -> Self:
        self.check()
        if not self._blocks:
            self._outcome, self._events, self.seen = Outcome.ACTIVE, [], []
            self._under = {}
            self._begin()
        before, under = copy.deepcopy(self.held), {**self._under}
        self._blocks.append(Block(before, under, len(self.events)))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        changes = () if self._ended else self._changes()
        if not self._ended:
            await self.rollback()
        self._blocks.pop()
        self._ended = False
        if changes and kind is None:
            raise UncommittedChangesError(changes)

    async def commit(self, *, result: object = None) -> None:
        """Store the copy; what a nested block has done is the outer one's already."""
        self.check()
        self._ended, changes = True, self._changes()
        if len(self._blocks) > 1:
            return
        if changes and self._read_only:
            self._outcome, self._events = Outcome.ROLLED_BACK, []
            raise ReadOnlyError(changes)
        self._write(self._changed())
        self._under = {}
        self._outcome = Outcome.COMMITTED

    async def rollback(self) -> None:
        """Drop the copy, and go on with the one from before."""
        self.check()
        self._ended, block = True, self._blocks[-1]
        self._events = [*self.events[: block.events]]
        self.held, self._under = block.before, block.under
        if len(self._blocks) == 1:
            self._outcome = Outcome.ROLLED_BACK

    @property
    def outcome(self) -> Outcome:
        return self._outcome

    @property
    def events(self) -> tuple[DomainEvent, ...]:
        """Collect what the aggregates that were seen have recorded since."""
        recorded: list[tuple[int, DomainEvent]] = []
        for aggregate in self.seen:
            recorded += getattr(aggregate, "_recorded", [])
            aggregate._recorded = []
        recorded.sort(key=lambda one: one[0])
        self._events += [event for _, event in recorded]
        return tuple(self._events)

    def record(self, aggregate: Any, event: DomainEvent) -> None:
        self._events.append(event)

    def version_of(self, aggregate: Any) -> int | None:
        name = _name(aggregate)
        if self.held.get(name) is not aggregate:
            raise MisuseError(f"{name} is not held.", "It is another's.", "Load it.")
        new = self._under.get(name) is not None
        return None if new else self._versions.get(name)

    def after_commit(self, hook: object) -> None:
        """Do nothing: the book knows no hooks."""

    def adopt(self) -> None:
        """Do nothing: any task may use it."""

    def check(self) -> None:
        """Refuse to go on when the block has ended."""
        if self._ended:
            raise UnitOfWorkClosedError(self._outcome)

    def visible(self) -> Aggregates:
        """Give what queries go through: the copy."""
        return self.held

    def hold(self, name: Name) -> Any:
        """Give the unit's own object."""
        return self.held.get(name)

    def put(self, aggregate: Any) -> None:
        """Hold a new aggregate, instead of what is stored under its key."""
        name = _name(aggregate)
        old = self.held.get(name)
        if any(old is one for one in self.seen):
            raise UniqueViolationError(name[0], (KEYS[name[0].__name__],))
        self._under[name] = self.held.get(name, _NOTHING)
        self.held[name] = aggregate
        self.seen.append(aggregate)

    def drop(self, aggregate: Any) -> None:
        """Remove it; if it was put there, what was under it is there again."""
        self.version_of(aggregate)
        name = _name(aggregate)
        self.held[name] = self._under.pop(name, None)
        if self.held[name] is _NOTHING:
            del self.held[name]

    def _begin(self) -> None:
        self.held = copy.deepcopy(self.store.aggregates)
        self._versions = {**self.store.versions}

    def _write(self, changed: set[Name]) -> None:
        self._versions.update(dict.fromkeys(changed, randbits(63)))
        kept = {name: one for name, one in self.held.items() if one is not None}
        self.store.aggregates = kept
        self.store.versions = {name: self._versions[name] for name in kept}

    def _changed(self) -> set[Name]:
        before, now = self._blocks[-1].before, self.held
        names = before.keys() | now.keys()
        return {n for n in names if plain(before.get(n)) != plain(now.get(n))}

    def _changes(self) -> tuple[str, ...]:
        events = self.events[self._blocks[-1].events :]
        return tuple(map(str, [*self._changed(), *events]))


class CopiesAggregates(CopiesTheStore):
    """Copies an aggregate out when it is asked for, and in again if it has changed."""

    def visible(self) -> Aggregates:
        """Give what queries go through: what is stored, and over it what is held."""
        return {**self.store.aggregates, **self.held}

    def hold(self, name: Name) -> Any:
        """Give the unit's own object: it holds a copy from now on."""
        if name not in self.held and name in self.store.aggregates:
            stored = self.store.aggregates[name]
            self.held[name] = copy.deepcopy(stored)
            self._versions[name] = self.store.versions[name]
            for block in self._blocks:
                block.before[name] = copy.deepcopy(stored)
        return self.held.get(name)

    def _begin(self) -> None:
        self.held, self._versions = {}, {}

    def _write(self, changed: set[Name]) -> None:
        self._versions.update(dict.fromkeys(changed, randbits(63)))
        for name in changed:
            if self.held.get(name) is None:
                self.store.aggregates.pop(name, None)
            else:
                self.store.aggregates[name] = copy.deepcopy(self.held[name])
                self.store.versions[name] = self._versions[name]


class TextbookRepository(AbstractRepository[A, K]):
    """Those aggregates of a unit that are of one class."""

    def __init__(self, unit: CopiesTheStore, of: type[A]) -> None:
        self._unit, self._of = unit, of

    def add(self, aggregate: A) -> None:
        self._unit.check()
        if isinstance(aggregate, Pick) and "number" not in vars(aggregate):
            aggregate.number = next(self._unit.store.numbers)
        self._unit.put(aggregate)

    def remove(self, aggregate: A) -> None:
        self._unit.check()
        self._unit.drop(aggregate)

    async def get(
        self, key: K, *, lock: bool = False, expected_version: int | None = None
    ) -> A:
        found = await self.find(key)
        if found is None:
            raise AggregateNotFoundError(self._of, key)
        if expected_version not in (None, self._unit.version_of(found)):
            raise ConcurrencyConflictError(
                self._of, key, expected_version=expected_version
            )
        return found

    async def find(self, key: K, *, lock: bool = False) -> A | None:
        self._unit.check()
        found: A | None = self._hold((self._of, key))
        return found

    async def matching(
        self,
        criterion: Specification[A],
        *,
        order_by: Order[A] = (),
        limit: int | None = None,
        offset: int = 0,
    ) -> list[A]:
        found = self._matching(criterion)
        terms = [order_by] if isinstance(order_by, Sort) else order_by
        end = None if limit is None else offset + limit
        names = map(_name, in_order(found, terms)[offset:end])
        return [self._hold(name) for name in names]

    async def first(
        self, criterion: Specification[A], *, order_by: Order[A] = ()
    ) -> A | None:
        found = await self.matching(criterion, order_by=order_by, limit=1)
        return found[0] if found else None

    async def count(self, criterion: Specification[A] | None = None) -> int:
        return len(self._matching(criterion))

    async def exists(self, criterion: Specification[A]) -> bool:
        return bool(self._matching(criterion))

    async def page(
        self,
        criterion: Specification[A] | None = None,
        *,
        order_by: Order[A] = (),
        number: int = 1,
        size: int = 20,
    ) -> Page[A]:
        found = await self.matching(all_of(criterion), order_by=order_by)
        start = (number - 1) * size
        return Page(found[start : start + size], len(found), number, size)

    async def stream(
        self,
        criterion: Specification[A] | None = None,
        *,
        order_by: Order[A] = (),
        chunk_size: int = 500,
    ) -> AsyncIterator[A]:
        for found in await self.matching(all_of(criterion), order_by=order_by):
            yield found

    def _hold(self, name: Name) -> Any:
        found = self._unit.hold(name)
        if found is not None and not any(found is one for one in self._unit.seen):
            self._unit.seen.append(found)
        return found

    def _matching(self, criterion: Specification[A] | None) -> list[A]:
        """Give what matches, in the order of the keys."""
        self._unit.check()
        all_seen = self._unit.visible()
        keys = sorted(key for of, key in all_seen if of is self._of)
        found = (all_seen[self._of, key] for key in keys)
        asked = all_of(criterion)
        return [one for one in found if one is not None and matches(asked, one)]


def _name(aggregate: Any) -> Name:
    of = type(aggregate)
    return of, getattr(aggregate, KEYS[of.__name__])
