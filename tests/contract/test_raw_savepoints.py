"""Contract 2, 6, 7, 28: what was flushed, and a savepoint or a commit then undid."""

from collections.abc import AsyncIterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import exc, text

from tests.shop import Customer, Shop, Ticket, open_shop
from unitwork import KeyNotAssignedError, Outcome, UniqueViolationError

if TYPE_CHECKING:
    from tests.storages import Storage

TAKEN = text("INSERT INTO counter (name, value, version) VALUES ('a', 1, 7)")
NAMES = text("SELECT name FROM counter ORDER BY name")


@pytest.fixture
async def sql_shop(sql_storage: "Storage") -> AsyncIterator[Shop]:
    """A fresh shop on each storage that has SQL."""
    async with open_shop(sql_storage) as opened:
        yield opened


def raw(shop: Shop) -> Any:
    """Make a unit; its connection and session are not in the port."""
    return shop.unit()


async def test_what_a_finder_wrote_in_a_savepoint_that_failed_is_written_again(
    sql_shop: Shop,
) -> None:
    """Contract 2: COMMITTED means that the change and the new rows are there."""
    await sql_shop.put(a=1)
    async with raw(sql_shop) as uow:
        counter = await uow.counters.get("a")
        handle = await uow.connection()
        counter.value = 50
        uow.tickets.add(ticket := Ticket(title="x"))
        with suppress(exc.IntegrityError):
            async with handle.begin_nested():
                assert await uow.counters.load(NAMES) == [counter]
                await handle.execute(TAKEN)
        with pytest.raises(KeyNotAssignedError):
            _ = ticket.id
        await uow.commit()

    assert uow.outcome is Outcome.COMMITTED
    assert await sql_shop.counters() == {"a": 50}
    async with raw(sql_shop) as uow:
        assert (await uow.tickets.get(ticket.id)).title == "x"


async def test_a_block_that_was_kept_inside_of_an_undone_savepoint_is_written_again(
    sql_shop: Shop,
) -> None:
    """Contract 2: the objects keep what the block did to them, and so do the rows."""
    await sql_shop.put(a=1)
    async with raw(sql_shop) as uow:
        counter = await uow.counters.get("a")
        savepoint = await (await uow.connection()).begin_nested()
        async with uow:
            counter.value = 5
            await uow.connection()
            await uow.commit()
        await savepoint.rollback()
        await uow.commit()

    assert await sql_shop.counters() == {"a": counter.value} == {"a": 5}


async def test_a_failed_commit_takes_the_keys_of_what_was_flushed_back(
    sql_shop: Shop,
) -> None:
    """Contract 7, 17: values stay as they are, and the same object can be added."""
    await sql_shop.put(a=1)
    async with raw(sql_shop) as uow:
        counter = await uow.counters.get("a")
        version = uow.version_of(counter)
        uow.tickets.add(ticket := Ticket(title="t"))
        async with uow:
            uow.tickets.add(inner := Ticket(title="inner"))
            counter.value = 2
            await uow.connection()
            await uow.commit()
        assert ticket.id != inner.id
        uow.customers.add(Customer(name="x", email="same"))
        uow.customers.add(Customer(name="y", email="same"))
        with pytest.raises(UniqueViolationError):
            await uow.commit()

    assert (counter.value, uow.version_of(counter)) == (2, version)
    for added in (ticket, inner):
        with pytest.raises(KeyNotAssignedError):
            _ = added.id
    async with raw(sql_shop) as uow:
        uow.tickets.add(ticket)
        await uow.commit()
    async with raw(sql_shop) as uow:
        assert (await uow.tickets.get(ticket.id)).title == "t"
