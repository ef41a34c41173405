"""A repository belongs to a unit of work, and does not keep it."""

import gc
from weakref import ref

import pytest

from unitwork import (
    AbstractRepository,
    AbstractUnitOfWork,
    AggregateRoot,
    Key,
    UnitOfWorkNotOpenError,
)
from unitwork.adapters.mapping import Schema
from unitwork.adapters.memory import InMemoryDatabase, InMemoryUnitOfWork


class Note(AggregateRoot):
    number: Key[int]


class Notes(AbstractUnitOfWork):
    notes: AbstractRepository[Note, int]


class InMemoryNotes(InMemoryUnitOfWork, Notes): ...


async def test_a_unit_that_has_closed_is_freed_without_the_garbage_collector() -> None:
    """Reference counting is enough: no cycle is left of what a unit did."""
    database = InMemoryDatabase(Schema(Note))
    gc.disable()
    try:
        async with InMemoryNotes(database) as uow:
            uow.notes.add(Note(number=1))
            await uow.commit()
        async with InMemoryNotes(database) as uow:
            uow.notes.remove(await uow.notes.get(1))
            await uow.commit()
        gone = ref(uow)
        del uow
        assert gone() is None
    finally:
        gc.enable()


async def test_a_repository_that_outlives_its_unit_says_that_none_is_open() -> None:
    """It cannot be opened any more, by anybody."""
    notes = InMemoryNotes(InMemoryDatabase(Schema(Note))).notes
    with pytest.raises(UnitOfWorkNotOpenError):
        await notes.get(1)
