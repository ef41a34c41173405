"""Rooms, told apart by two attributes, and stays that refer to them in two ways."""

from collections.abc import Callable
from functools import cache
from typing import Any

from unitwork.adapters.mapping import Schema
from unitwork.domain.aggregate import AggregateRoot, Entity
from unitwork.domain.constraint_errors import (
    ReferenceViolationError,
    UniqueViolationError,
)
from unitwork.domain.field import Field, Key, field
from unitwork.domain.outcome import Outcome
from unitwork.domain.repository import AbstractRepository
from unitwork.domain.unit_of_work import AbstractUnitOfWork


class Room(AggregateRoot):
    """One of few on its floor."""

    id: Key[int]
    floor: Field[int]
    place: Field[str | None] = field(default=None)


class Night(Entity):
    """A part of a stay, which refers to a room itself."""

    day: Key[int]
    breakfast: Field[int | None] = field(default=None)


class Stay(AggregateRoot):
    """Refers to many rooms."""

    id: Key[int]
    rooms: Field[set[int]] = field(factory=set)
    nights: Field[list[Night]] = field(factory=list)


class HotelUnitOfWork(AbstractUnitOfWork):
    """The port."""

    rooms: AbstractRepository[Room, int]
    stays: AbstractRepository[Stay, int]


@cache
def hotel_schema() -> Schema:
    """Say what the classes do not."""
    schema = Schema().aggregate(Room, unique=[(Room.floor, Room.place)])
    return schema.aggregate(Stay, references={Stay.rooms: Room, Night.breakfast: Room})


Hotel = Callable[[], HotelUnitOfWork]
"""Makes units on a fresh database of rooms and stays."""


def refused(error: UniqueViolationError | ReferenceViolationError) -> tuple[Any, ...]:
    """Say what an error says, after checking that it is final and known."""
    assert not error.retryable
    assert error.outcome is Outcome.ROLLED_BACK
    return error.aggregate, error.fields, error.constraint
