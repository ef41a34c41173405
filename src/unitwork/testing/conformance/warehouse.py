"""The kit's own domain: small, and full of what storages get wrong."""

from decimal import Decimal
from functools import cache

from unitwork.adapters.mapping import Decimal as DecimalColumn
from unitwork.adapters.mapping import Schema
from unitwork.domain.aggregate import AggregateRoot, Entity, Value
from unitwork.domain.event import DomainEvent
from unitwork.domain.field import Field, Key, field, generated
from unitwork.domain.repository import AbstractRepository
from unitwork.domain.unit_of_work import AbstractUnitOfWork


class Noted(DomainEvent):
    """Something that an aggregate recorded."""

    number: int


class Site(AggregateRoot):
    """Is referred to, by others of its class too; two columns together are unique."""

    code: Key[str]
    town: Field[str | None] = field(default=None)
    zone: Field[int | None] = field(default=None)
    parent: Field[str | None] = field(default=None)


class Part(Entity):
    """A child with a key, which refers to a root itself."""

    slot: Key[str]
    count: Field[int]
    site: Field[str | None] = field(default=None)


class Price(Value):
    """An embedded value."""

    amount: Field[Decimal]
    currency: Field[str]


class Item(AggregateRoot):
    """Has a bit of everything."""

    code: Key[str]
    label: Field[str | None] = field(default=None)
    rank: Field[int | None] = field(default=None)
    site: Field[str | None] = field(default=None)
    parts: Field[list[Part]] = field(factory=list)
    tags: Field[set[str]] = field(factory=set)
    notes: Field[dict[str, int]] = field(factory=dict)
    price: Field[Price | None] = field(default=None)


class Pick(AggregateRoot):
    """Its key is made by the database."""

    number: Key[int] = generated()
    item: Field[str | None] = field(default=None)
    quantity: Field[int | None] = field(default=None)


class WarehouseUnitOfWork(AbstractUnitOfWork):
    """The port that programs run on."""

    sites: AbstractRepository[Site, str]
    items: AbstractRepository[Item, str]
    picks: AbstractRepository[Pick, int]


@cache
def warehouse_schema() -> Schema:
    """Describe the warehouse: always the same object, so that tables can be kept."""
    return (
        Schema()
        .aggregate(
            Site,
            references={Site.parent: Site},
            unique=[(Site.town, Site.zone)],
        )
        .aggregate(
            Item,
            references={Item.site: Site, Part.site: Site},
            unique=[Item.label],
            columns={Price.amount: DecimalColumn(12, 2)},
        )
        .aggregate(Pick, references={Pick.item: Item})
    )
