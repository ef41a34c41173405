"""Aggregates whose classes know nothing of the library. Contract: 6, 7, 13, 16."""

import dataclasses
from collections.abc import AsyncIterator, Callable

import attrs
import pytest

from unitwork.adapters.mapping import Schema
from unitwork.domain.errors import ConcurrencyConflictError
from unitwork.domain.repository import AbstractRepository
from unitwork.domain.unit_of_work import AbstractUnitOfWork
from unitwork.testing.conformance.adapter import Adapter
from unitwork.testing.conformance.declaring import fixture


class Named:
    """A base with a dictionary, so that what derives from it has one, and slots."""


@attrs.define(eq=False)
class SlottedPart:
    name: str


@attrs.define(eq=False)
class Slotted:
    id: int
    name: str
    parts: list[SlottedPart] = attrs.field(factory=list)


@attrs.define(eq=False)
class MixedPart(Named):
    name: str


@attrs.define(eq=False)
class Mixed(Named):
    id: int
    name: str
    parts: list[MixedPart] = attrs.field(factory=list)


@dataclasses.dataclass(eq=False)
class DataPart:
    name: str


@dataclasses.dataclass(eq=False)
class Data:
    id: int
    name: str
    parts: list[DataPart] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(eq=False, slots=True)
class SlottedDataPart:
    name: str


@dataclasses.dataclass(eq=False, slots=True)
class SlottedData:
    id: int
    name: str
    parts: list[SlottedDataPart] = dataclasses.field(default_factory=list)


Plain = Slotted | Mixed | Data | SlottedData


class PlainUnitOfWork(AbstractUnitOfWork):
    slotted: AbstractRepository[Slotted, int]
    mixed: AbstractRepository[Mixed, int]
    data: AbstractRepository[Data, int]
    slotted_data: AbstractRepository[SlottedData, int]


KINDS: dict[str, Callable[[], Plain]] = {
    "slotted": lambda: Slotted(1, "a", [SlottedPart("p")]),
    "mixed": lambda: Mixed(1, "a", [MixedPart("p")]),
    "data": lambda: Data(1, "a", [DataPart("p")]),
    "slotted_data": lambda: SlottedData(1, "a", [SlottedDataPart("p")]),
}


CHANGES: dict[str, Callable[[Plain], None]] = {
    "a value": lambda it: setattr(it, "name", "b"),
    "a child": lambda it: setattr(it.parts[0], "name", "q"),
    "a collection": lambda it: it.parts.clear(),
}


SCHEMA = Schema()
for _kind in (Slotted, Mixed, Data, SlottedData):
    SCHEMA.aggregate(_kind, key="id")


Units = Callable[[], PlainUnitOfWork]


@fixture
async def units(storage: Adapter) -> AsyncIterator[Units]:
    """Units on a fresh database, on each storage in turn."""
    async with storage.database(SCHEMA) as database:
        unit = storage.unit(PlainUnitOfWork)  # type: ignore[type-abstract]  # a port
        yield lambda: unit(database)


def look(aggregate: Plain) -> tuple[str, list[str]]:
    """Show what it holds."""
    return aggregate.name, [part.name for part in aggregate.parts]


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("kind", KINDS)
async def test_a_change_of_a_plain_aggregate_is_stored(
    units: Units, kind: str, change: Callable[[Plain], None]
) -> None:
    """Contract 13, 16: whoever made its class; and its version changes."""
    async with units() as uow:
        getattr(uow, kind).add(KINDS[kind]())
        await uow.commit()
    async with units() as uow, units() as late:
        aggregate = await getattr(uow, kind).get(1)
        overtaken = await getattr(late, kind).get(1)
        change(aggregate)
        after = look(aggregate)
        await uow.commit()
        change(overtaken)
        with pytest.raises(ConcurrencyConflictError):
            await late.commit()
    async with units() as uow:
        assert look(await getattr(uow, kind).get(1)) == after


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("kind", KINDS)
async def test_a_change_of_a_plain_aggregate_is_undone(
    units: Units, kind: str, change: Callable[[Plain], None]
) -> None:
    """Contract 6, 7: in a nested scope and in the outermost block."""
    async with units() as uow:
        getattr(uow, kind).add(KINDS[kind]())
        await uow.commit()
    async with units() as uow:
        aggregate = await getattr(uow, kind).get(1)
        before, parts = look(aggregate), [*aggregate.parts]
        async with uow:
            change(aggregate)
            assert look(aggregate) != before
            await uow.rollback()
        assert look(aggregate) == before
        change(aggregate)
        await uow.rollback()
    assert look(aggregate) == before
    assert all(a is b for a, b in zip(aggregate.parts, parts, strict=True))
