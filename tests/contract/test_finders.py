"""Contract 24, 27: finders in SQL take keys as drivers give them, and as values."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlalchemy import select, text

from tests.shop import Shop, an_order, open_shop
from unitwork import (
    AbstractRepository,
    AbstractUnitOfWork,
    AggregateRoot,
    Key,
    MisuseError,
)
from unitwork.adapters.mapping import Decimal as DecimalColumn
from unitwork.adapters.mapping import Schema

if TYPE_CHECKING:
    from tests.storages import Storage


class Letter(Enum):
    """Each one's value is the name of the other."""

    A = "B"
    B = "A"


class ByUuid(AggregateRoot):
    id: Key[UUID]


class ByText(AggregateRoot):
    id: Key[str]


class ByInteger(AggregateRoot):
    id: Key[int]


class ByFloat(AggregateRoot):
    id: Key[float]


class ByBytes(AggregateRoot):
    id: Key[bytes]


class ByDecimal(AggregateRoot):
    id: Key[Decimal]


class ByLongDecimal(AggregateRoot):
    id: Key[Decimal]


class ByMoment(AggregateRoot):
    id: Key[datetime]


class ByDay(AggregateRoot):
    id: Key[date]


class ByDuration(AggregateRoot):
    id: Key[timedelta]


class ByLetter(AggregateRoot):
    id: Key[Letter]


KEYS: dict[type, list[Any]] = {
    ByUuid: [UUID(int=1), UUID(int=2**127)],
    ByText: ["", "é", "1"],
    ByInteger: [-1, 0, 2**62],
    ByFloat: [0.0, 0.1, -1.0],
    ByBytes: [b"", b"\0a"],
    ByDecimal: [Decimal("1.00"), Decimal("100.00"), Decimal("-0.01")],
    ByLongDecimal: [Decimal("1.00"), Decimal("-100.00")],
    ByMoment: [datetime(1, 1, 1, tzinfo=UTC), datetime(2024, 5, 1, 12, 0, 0, 1, UTC)],
    ByDay: [date(1, 1, 1), date(2024, 5, 1)],
    ByDuration: [timedelta(0), timedelta(days=-1, microseconds=1)],
    ByLetter: [Letter.A, Letter.B],
}


class KeysUnitOfWork(AbstractUnitOfWork):
    by_uuid: AbstractRepository[ByUuid, UUID]
    by_text: AbstractRepository[ByText, str]
    by_integer: AbstractRepository[ByInteger, int]
    by_float: AbstractRepository[ByFloat, float]
    by_bytes: AbstractRepository[ByBytes, bytes]
    by_decimal: AbstractRepository[ByDecimal, Decimal]
    by_long_decimal: AbstractRepository[ByLongDecimal, Decimal]
    by_moment: AbstractRepository[ByMoment, datetime]
    by_day: AbstractRepository[ByDay, date]
    by_duration: AbstractRepository[ByDuration, timedelta]
    by_letter: AbstractRepository[ByLetter, Letter]


@cache
def keys_schema() -> Schema:
    """Say how long decimals are."""
    schema = Schema(*(c for c in KEYS if c not in (ByDecimal, ByLongDecimal)))
    schema.aggregate(ByDecimal, columns={ByDecimal.id: DecimalColumn(12, 2)})
    long = DecimalColumn(30, 2)
    return schema.aggregate(ByLongDecimal, columns={ByLongDecimal.id: long})


@pytest.fixture
async def sql_shop(sql_storage: "Storage") -> AsyncIterator[Shop]:
    """A fresh shop on each storage that has SQL."""
    async with open_shop(sql_storage) as opened:
        yield opened


async def test_a_finder_takes_keys_of_every_type_as_text_and_as_types_give_them(
    sql_storage: "Storage",
) -> None:
    """Contract 24: text gives what the driver does, metadata what the domain has."""
    wrong = []
    async with sql_storage.database(keys_schema()) as opened:
        database: Any = opened
        unit = sql_storage.unit(KeysUnitOfWork)  # type: ignore[type-abstract]  # a port
        async with unit(database) as uow:
            for kind, keys in KEYS.items():
                table = database.schema.mapping(kind).tables[0].name
                for key in keys:
                    getattr(uow, table).add(kind(id=key))
            await uow.commit()
        async with unit(database) as uow:
            for kind, keys in KEYS.items():
                table = database.schema.mapping(kind).tables[0].name
                typed = select(database.metadata.tables[table].c.id)
                for statement in (text(f"SELECT id FROM {table}"), typed):
                    found = await getattr(uow, table).load(statement)
                    if {a.id for a in found} != set(keys) or len(found) != len(keys):
                        wrong.append((kind, str(statement), found))

    assert wrong == []


@pytest.mark.parametrize(("given", "shown"), [("'A-1'", "'A-1'"), ("NULL", "None")])
async def test_a_finder_that_selects_no_keys_is_told_so(
    sql_shop: Shop, given: str, shown: str
) -> None:
    """Contract 27: the mistake is in its SQL, and the unit goes on."""
    await sql_shop.store(order := an_order())
    uow: Any = sql_shop.unit()
    async with uow:
        with pytest.raises(MisuseError) as refused:
            await uow.orders.load(text(f"SELECT {given}"))
        assert await uow.orders.get(order.id)
        await uow.commit()

    hexadecimal = "It must be a UUID in 32 hexadecimal digits, in lower case."
    native = "It must be of type UUID."
    assert str(refused.value).replace(hexadecimal, native) == (
        f"A finder of Order selected {shown} as a key.\n"
        f"A key is what the column order.id holds. {native}\n"
        "Select order.id itself first, without a cast or NULLs; if it does hold this,"
        " correct the row. [misuse]"
    )
