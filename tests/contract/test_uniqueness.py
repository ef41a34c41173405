"""Unique values and keys: judged at commit, after conflicts, the same everywhere."""

import pytest
import sqlalchemy as sa

from tests.storages import Storage
from unitwork import (
    AbstractRepository,
    AbstractUnitOfWork,
    AggregateRoot,
    Field,
    Key,
    UniqueViolationError,
)
from unitwork.adapters.mapping import Schema
from unitwork.testing.conformance.hotel import refused


class Reader(AggregateRoot):
    id: Key[int]
    email: Field[str]


class Writer(AggregateRoot):
    id: Key[int]
    email: Field[str]


class PressUnitOfWork(AbstractUnitOfWork):
    readers: AbstractRepository[Reader, int]
    writers: AbstractRepository[Writer, int]


def _table(name: str) -> sa.Table:
    """Describe a table whose constraint is called like those of others."""
    return sa.Table(
        name,
        sa.MetaData(),
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("email", sa.String(99, "utf8mb4_nopad_bin"), nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("email", name="uq_email"),
    )


@pytest.mark.parametrize("storage", ["memory", "mariadb"], indirect=True)
async def test_constraints_of_one_name_are_those_of_their_tables(
    storage: "Storage",
) -> None:
    """Contract 26: two tables may call theirs alike, where the database lets them."""
    schema = Schema().aggregate(Reader, table=_table("reader"))
    schema.aggregate(Writer, table=_table("writer"))
    unit = storage.unit(PressUnitOfWork)  # type: ignore[type-abstract]  # a port
    async with storage.database(schema) as database:
        for number in (1, 2):
            async with unit(database) as uow:
                uow.readers.add(Reader(id=number, email=f"{number}@example.org"))
                await uow.commit()
            async with unit(database) as uow:
                uow.writers.add(Writer(id=number, email=f"{number}@example.org"))
                await uow.commit()
        async with unit(database) as uow:
            uow.readers.add(Reader(id=3, email="3@example.org"))
            uow.writers.add(Writer(id=3, email="3@example.org"))
            await uow.commit()
        async with unit(database) as uow:
            uow.writers.add(Writer(id=4, email="3@example.org"))
            with pytest.raises(UniqueViolationError) as raised:
                await uow.commit()
        assert refused(raised.value) == (Writer, ("email",), "uq_email")
