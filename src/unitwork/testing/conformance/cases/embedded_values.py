"""Values that stand in the columns of their owner. Contract: 13."""

from collections.abc import AsyncIterator, Callable
from typing import Any

from unitwork.adapters.mapping import Schema
from unitwork.domain.aggregate import AggregateRoot
from unitwork.domain.aggregate import Value as ValueObject
from unitwork.domain.field import Field, Key
from unitwork.domain.repository import AbstractRepository
from unitwork.domain.unit_of_work import AbstractUnitOfWork
from unitwork.testing.conformance.adapter import Adapter
from unitwork.testing.conformance.declaring import fixture


class Cents(ValueObject):
    cents: Field[int]


class Units(ValueObject):
    units: Field[int | None]


class Inner(ValueObject):
    net: Field[Units]


class Outer(ValueObject):
    total_net: Field[Inner]


class Bill(AggregateRoot):
    """The paths of its values differ only in where the underscores are."""

    id: Key[int]
    total_net: Field[Cents]
    total: Field[Inner]
    of: Field[Outer]
    of_total: Field[Inner]


class BillUnitOfWork(AbstractUnitOfWork):
    bills: AbstractRepository[Bill, int]


SCHEMA = Schema(Bill)


@fixture
async def unit(storage: Adapter) -> AsyncIterator[Callable[[], BillUnitOfWork]]:
    """Units on a fresh database, on each storage in turn."""
    async with storage.database(SCHEMA) as database:
        made = storage.unit(BillUnitOfWork)  # type: ignore[type-abstract]  # a port
        yield lambda: made(database)


async def test_values_whose_names_join_alike_are_kept_apart(
    unit: Callable[[], BillUnitOfWork],
) -> None:
    """Contract 13: `total_net` is not the `net` of `total`."""
    given: dict[str, Any] = {
        "total_net": Cents(5),
        "total": Inner(Units(7)),
        "of": Outer(Inner(Units(None))),
        "of_total": Inner(Units(9)),
    }
    async with unit() as uow:
        uow.bills.add(Bill(id=1, **given))
        await uow.commit()
    async with unit() as uow:
        found = await uow.bills.get(1)
        assert {name: getattr(found, name) for name in given} == given
