"""The repository that every storage shares: the template over the thin waist."""

from collections.abc import AsyncIterator, Awaitable, Sequence
from typing import Any, TypeVar
from weakref import ref

from unitwork.adapters.mapping.criterion import EVERYTHING, Criterion
from unitwork.adapters.mapping.description import AggregateMapping
from unitwork.adapters.mapping.resolve import canonical_key, resolve, resolve_order
from unitwork.adapters.reading import values_at
from unitwork.adapters.storage import Query
from unitwork.adapters.tracking import Entry
from unitwork.adapters.workspace import Unit
from unitwork.domain.errors import (
    AggregateNotFoundError,
    ConcurrencyConflictError,
    MisuseError,
    UnitOfWorkClosedError,
    UnitOfWorkNotOpenError,
)
from unitwork.domain.outcome import Outcome
from unitwork.domain.page import Page
from unitwork.domain.repository import AbstractRepository, Order
from unitwork.domain.specification import Specification, all_of

A = TypeVar("A")
K = TypeVar("K")
_OUTDATED = "Another unit of work has changed it since that version was read."


class TrackingRepository(AbstractRepository[A, K]):
    """Give one unit of work's view of the aggregates of one class."""

    def __init__(self, unit: Unit, mapping: AggregateMapping) -> None:
        """Belong to a unit, which makes its repositories itself, and keeps them."""
        self._unit_if_alive = ref(unit)  # else both wait for the garbage collector
        self._mapping = mapping

    def add(self, aggregate: A) -> None:
        """Put a new aggregate into the collection. Contract: 12."""
        self._unit.open_workspace().holding.add(self._mapping, aggregate)

    def remove(self, aggregate: A) -> None:
        """Take an aggregate out of the collection. Contract: 12."""
        self._unit.open_workspace().holding.remove(self._mapping, aggregate)

    async def get(
        self, key: K, *, lock: bool = False, expected_version: int | None = None
    ) -> A:
        """Return the aggregate that has this key, or raise. Contract: 12, 16, 21."""
        entry = await self._entry(key, lock=lock)
        if entry is None:
            raise AggregateNotFoundError(self._mapping.aggregate, key)
        if expected_version is not None and entry.version != expected_version:
            raise ConcurrencyConflictError(
                self._mapping.aggregate, key, _OUTDATED, expected_version
            )
        found: A = entry.instance
        return found

    async def find(self, key: K, *, lock: bool = False) -> A | None:
        """Return the aggregate that has this key, or None."""
        entry = await self._entry(key, lock=lock)
        return None if entry is None else self._instance(entry)

    async def matching(
        self,
        criterion: Specification[A],
        *,
        order_by: Order[A] = (),
        limit: int | None = None,
        offset: int = 0,
    ) -> list[A]:
        """Return the aggregates that match, in order. Contract: 20, 22, 23."""
        _require(limit is None or limit >= 0, f"limit={limit}", "from 0, or None")
        _require(offset >= 0, f"offset={offset}", "from 0")
        order = resolve_order(self._mapping, order_by)
        meant = self._criterion(criterion)
        query = Query(self._mapping, meant, order, limit=limit, offset=offset)
        reading = self._unit.open_workspace().reading
        return [self._instance(entry) for entry in await reading.select(query)]

    async def first(
        self, criterion: Specification[A], *, order_by: Order[A] = ()
    ) -> A | None:
        """Return the first aggregate that matches, or None."""
        found = await self.matching(criterion, order_by=order_by, limit=1)
        return found[0] if found else None

    async def count(self, criterion: Specification[A] | None = None) -> int:
        """Count the aggregates that match; None: all."""
        reading = self._unit.open_workspace().reading
        return await reading.count(self._mapping, self._criterion(criterion))

    async def exists(self, criterion: Specification[A]) -> bool:
        """Tell whether any aggregate matches."""
        reading = self._unit.open_workspace().reading
        return await reading.exists(self._mapping, self._criterion(criterion))

    async def page(
        self,
        criterion: Specification[A] | None = None,
        *,
        order_by: Order[A] = (),
        number: int = 1,
        size: int = 20,
    ) -> Page[A]:
        """Return one page of the aggregates that match. Contract: 23."""
        _require(number >= 1, f"number={number}", "from 1")
        _require(size >= 1, f"size={size}", "from 1")
        total = await self.count(criterion)
        meant = all_of(criterion)
        offset = (number - 1) * size
        items = await self.matching(meant, order_by=order_by, limit=size, offset=offset)
        return Page(items, total, number, size)

    async def stream(
        self,
        criterion: Specification[A] | None = None,
        *,
        order_by: Order[A] = (),
        chunk_size: int = 500,
    ) -> AsyncIterator[A]:
        """Go through the aggregates that match, a keyset chunk at a time."""
        _require(chunk_size >= 1, f"chunk_size={chunk_size}", "from 1")
        order = resolve_order(self._mapping, order_by)
        meant = self._criterion(criterion)
        after: tuple[Any, ...] | None = None
        keyless: list[Entry] = []
        begun = self._unit.open_workspace().scopes[0]
        while True:
            query = Query(self._mapping, meant, order, limit=chunk_size, after=after)
            workspace = self._unit.open_workspace()
            if workspace.scopes[0] is not begun:
                raise UnitOfWorkClosedError(begun.ended or Outcome.ROLLED_BACK)
            entries = await workspace.reading.select(query, keyless)
            positions = [values_at(entry.row, order) for entry in entries]
            keyless += [entry for entry in entries if entry.key is None]
            for entry in entries:
                yield self._instance(entry)
            if len(entries) < chunk_size:
                return
            after = positions[-1]

    async def _known(self, keys: Sequence[Any]) -> list[A]:
        """Return tracked aggregates for canonical keys, in their order."""
        reading = self._unit.open_workspace().reading
        entries = await reading.known(self._mapping, keys)
        return [self._instance(entry) for entry in entries]

    @property
    def _unit(self) -> Unit:
        unit = self._unit_if_alive()
        if unit is None:
            raise UnitOfWorkNotOpenError
        return unit

    def _entry(self, key: K, *, lock: bool) -> Awaitable[Entry | None]:
        workspace, mapping = self._unit.open_workspace(), self._mapping
        canonical = canonical_key(mapping, key)
        if lock:
            return workspace.lock(mapping, canonical)
        return workspace.reading.find(mapping, canonical)

    def _criterion(self, criterion: Specification[A] | None) -> Criterion:
        return EVERYTHING if criterion is None else resolve(self._mapping, criterion)

    def _instance(self, entry: Entry) -> A:
        instance: A = entry.instance
        return instance


def _require(met: bool, given: str, range_: str) -> None:  # noqa: FBT001 - a condition
    if not met:
        raise MisuseError(
            f"{given} is out of range.",
            f"It counts {range_}.",
            "Check it where the request enters the application.",
        )
