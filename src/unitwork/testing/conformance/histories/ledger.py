"""The domain of the histories: logs, groups of members, and Hermitage's cells."""

from unitwork.adapters.mapping.schema import Schema
from unitwork.adapters.unit_of_work import TrackingUnitOfWork
from unitwork.domain.aggregate import AggregateRoot
from unitwork.domain.field import Field, Key, field
from unitwork.domain.repository import AbstractRepository
from unitwork.domain.unit_of_work import AbstractUnitOfWork


class Log(AggregateRoot):
    """A list that only grows: whoever reads it sees the order of its versions."""

    name: Key[str]
    values: Field[list[int]] = field(factory=list)


class Member(AggregateRoot):
    """One of a group that queries look through; it joins once and leaves once."""

    number: Key[int]
    group: Field[str]


class Cell(AggregateRoot):
    """A row of Hermitage's table."""

    name: Key[str]
    value: Field[int]


class LedgerUnitOfWork(AbstractUnitOfWork):
    """The port."""

    logs: AbstractRepository[Log, str]
    members: AbstractRepository[Member, int]
    cells: AbstractRepository[Cell, str]


class LedgerUnit(TrackingUnitOfWork, LedgerUnitOfWork):
    """The same on any storage: what lies over the waist is in the shared core."""


LEDGER = Schema(Log, Member, Cell)
"""Open the database to be judged with this schema."""
