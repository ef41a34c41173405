"""Contract 6, 28: nested blocks and savepoints, whoever opened SQL first, and how."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import BigInteger, exc, inspect, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.orm.exc import StaleDataError

from tests.shop import Counter, Shop, Ticket, open_shop
from unitwork import MisuseError, Outcome, UniqueViolationError
from unitwork.domain.storage_errors import StorageError

if TYPE_CHECKING:
    from tests.storages import Storage

INSERT = text("INSERT INTO counter (name, value, version) VALUES (:name, 1, 7)")
NAMES = text("SELECT name FROM counter ORDER BY name")
Use = Callable[[Any], Awaitable[Any]]


class Base(DeclarativeBase):
    """A model of the user's."""


class Row(Base):
    __tablename__ = "counter"
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int]
    version: Mapped[int] = mapped_column(BigInteger)


def row(name: str) -> Row:
    return Row(name=name, value=1, version=7)


@pytest.fixture
async def sql_shop(sql_storage: "Storage") -> AsyncIterator[Shop]:
    """A fresh shop on each storage that has SQL."""
    async with open_shop(sql_storage) as opened:
        yield opened


def raw(shop: Shop) -> Any:
    """Make a unit; its connection and session are not in the port."""
    return shop.unit()


async def nothing(_: Any) -> None:
    """Leave SQL closed."""


async def connection(uow: Any) -> None:
    await (await uow.connection()).execute(NAMES)


async def session(uow: Any) -> None:
    await (await uow.session()).execute(NAMES)


async def unused_session(uow: Any) -> None:
    await uow.session()


async def lock(uow: Any) -> None:
    await uow.counters.get("held", lock=True)


async def insert(uow: Any) -> None:
    name = f"sql {await uow.counters.count()}"
    await (await uow.connection()).execute(INSERT, {"name": name})


async def orm(uow: Any) -> None:
    uow_session = await uow.session()
    uow_session.add(row("orm"))
    await uow_session.flush()


OUTSIDE: list[Use] = [nothing, connection, session, unused_session, lock]
INSIDE: list[Use] = [*OUTSIDE, insert, orm]


async def test_a_block_is_undone_whatever_opened_sql_outside_and_inside(
    sql_shop: Shop,
) -> None:
    """Contract 6: adds, changes and SQL of exactly that block."""
    await sql_shop.put(held=1)
    for outside, inside, again in product(OUTSIDE, INSIDE, (nothing, session)):
        async with raw(sql_shop) as uow:
            held = await uow.counters.get("held")
            await outside(uow)
            with suppress(ZeroDivisionError):
                async with uow:
                    uow.counters.add(Counter(name="inner"))
                    held.value = 2
                    await inside(uow)
                    await again(uow)
                    raise ZeroDivisionError
            await outside(uow)
            await uow.commit()
        steps = f"{outside.__name__}, {inside.__name__}, {again.__name__}"
        assert await sql_shop.counters() == {"held": 1}, steps


async def test_a_block_that_opens_sql_by_a_lock_is_undone(sql_shop: Shop) -> None:
    """Contract 6: the real transaction begins inside the block, at the lock."""
    await sql_shop.put(held=1)
    async with raw(sql_shop) as uow:
        async with uow:
            held = await uow.counters.get("held", lock=True)
            held.value = 2
            async with uow:
                await insert(uow)
                await uow.commit()
            await uow.rollback()
        uow.counters.add(Counter(name="outer"))
        await uow.commit()

    assert await sql_shop.counters() == {"held": 1, "outer": 0}


@pytest.mark.parametrize("first", [session, unused_session, connection])
async def test_a_constraint_that_a_block_met_dooms_only_the_block(
    sql_shop: Shop, first: Use
) -> None:
    """Contract 28: its savepoint takes the failure along."""
    await sql_shop.put(taken=1)
    async with raw(sql_shop) as uow:
        await first(uow)
        with suppress(UniqueViolationError):
            async with uow:
                uow.counters.add(Counter(name="taken"))
                await uow.connection()
        uow.counters.add(Counter(name="free"))
        await uow.commit()

    assert await sql_shop.counters() == {"taken": 1, "free": 0}


@pytest.mark.parametrize("handle", ["session", "connection"])
async def test_a_savepoint_of_the_user_undoes_sql_and_no_change_of_the_unit(
    sql_shop: Shop, handle: str
) -> None:
    """Contract 2: what was flushed in it is written again, at the commit."""
    await sql_shop.put(changed=1, removed=1)
    async with raw(sql_shop) as uow:
        changed, removed = [await uow.counters.get(n) for n in ("changed", "removed")]
        with suppress(ZeroDivisionError):
            async with (await getattr(uow, handle)()).begin_nested():
                await (await uow.connection()).execute(INSERT, {"name": "undone"})
                await (await uow.session()).execute(INSERT, {"name": "undone too"})
                uow.counters.add(Counter(name="added"))
                changed.value = 2
                uow.counters.remove(removed)
                uow.tickets.add(ticket := Ticket(title="a"))
                await uow.connection()
                assert ticket.id
                changed.value = 3
                await uow.connection()
                raise ZeroDivisionError
        await uow.commit()

    assert await sql_shop.counters() == {"changed": 3, "added": 0}
    async with raw(sql_shop) as uow:
        assert (await uow.tickets.get(ticket.id)).title == "a"


async def test_a_savepoint_of_the_user_and_blocks_nest(sql_shop: Shop) -> None:
    """Contract 6: in each other, kept and undone."""
    async with raw(sql_shop) as uow:
        uow_session = await uow.session()
        async with uow:
            async with uow_session.begin_nested():
                uow_session.add(row("kept"))
                async with uow:
                    uow_session.add(row("undone"))
                    uow.counters.add(Counter(name="undone too"))
                    await uow.rollback()
            with suppress(ZeroDivisionError):
                async with uow_session.begin_nested():
                    async with uow:
                        uow.counters.add(Counter(name="kept by the block"))
                        uow_session.add(row("undone"))
                        await uow.commit()
                    await uow.connection()
                    raise ZeroDivisionError
            await uow.commit()
        await uow.commit()

    assert [*await sql_shop.counters()] == ["kept", "kept by the block"]


async def test_a_savepoint_that_nobody_ended_is_kept(sql_shop: Shop) -> None:
    """Contract 2: a commit inside of it reports no success for what it lost."""
    async with raw(sql_shop) as uow:
        uow_session = await uow.session()
        await uow_session.begin_nested()
        async with uow_session.begin_nested():
            uow_session.add(row("orm"))
            uow.counters.add(Counter(name="unit"))
            await uow.commit()

    assert await sql_shop.counters() == {"orm": 1, "unit": 0}


async def test_a_block_whose_orm_flush_failed_is_undone_with_all_that_followed(
    sql_shop: Shop,
) -> None:
    """Contract 28: SQLAlchemy has undone part of it before; it cannot be kept."""
    await sql_shop.put(taken=1)
    async with raw(sql_shop) as uow:
        uow_session, handle = await uow.session(), await uow.connection()
        with pytest.raises(UniqueViolationError):
            async with uow:
                uow_session.add(row("taken"))
                with suppress(exc.IntegrityError):
                    await uow_session.flush()
                await handle.execute(INSERT, {"name": "after"})
                await uow.commit()
        uow_session.add(row("kept"))
        await uow.commit()

    assert await sql_shop.counters() == {"taken": 1, "kept": 1}


@pytest.mark.parametrize("nested", [False, True])
async def test_a_flush_that_failed_without_the_database_dooms_as_well(
    sql_shop: Shop, *, nested: bool
) -> None:
    """Contract 28: SQLAlchemy rolls back, which a server would not have done."""
    async with raw(sql_shop) as uow:
        uow_session = await uow.session()
        uow_session.add(stale := row("a"))
        await uow_session.flush()
        if nested:
            await uow.__aenter__()
        await uow_session.execute(text("DELETE FROM counter"))
        stale.value = 2
        with pytest.raises(StaleDataError):
            await uow_session.flush()
        if nested:
            with pytest.raises(StorageError):
                await uow.commit()
            await uow.__aexit__(None, None, None)
            await uow.commit()
        else:
            with pytest.raises(StorageError, match="was ended by something else"):
                await uow.commit()

    assert await sql_shop.counters() == ({"a": 1} if nested else {})


async def rollback_below(handle: Any) -> None:
    await handle.run_sync(lambda sync: sync.connection().rollback())


async def rollback_block(handle: Any) -> None:
    await handle.get_nested_transaction().rollback()


async def reset(handle: Any) -> None:
    await handle.reset()


@pytest.mark.parametrize("end", [rollback_below, rollback_block, reset])
@pytest.mark.parametrize("verb", ["commit", "rollback"])
async def test_a_block_that_other_code_has_ended_dooms_the_unit(
    sql_shop: Shop, end: Use, verb: str
) -> None:
    """Contract 28: what came after could not be undone with it."""
    async with raw(sql_shop) as uow:
        handle = await uow.session()
        handle.add(row("outer"))
        async with uow:
            handle.add(row("inner"))
            await end(handle)
            await handle.execute(INSERT, {"name": "after"})
            with suppress(StorageError):
                await getattr(uow, verb)()
        with pytest.raises(StorageError, match="was ended by something else"):
            await uow.commit()

    assert uow.outcome is Outcome.ROLLED_BACK
    assert await sql_shop.counters() == {}


async def test_a_commit_below_the_handle_is_refused_before_it_is_sent(
    sql_shop: Shop,
) -> None:
    """Contract 28: SQLite would store half of the unit."""
    async with raw(sql_shop) as uow:
        handle = await uow.connection()
        await handle.execute(INSERT, {"name": "a"})
        with pytest.raises(MisuseError, match=r"^commit\(\) was called on a handle"):
            await handle.run_sync(lambda sync: sync.commit())
        with pytest.raises(StorageError, match="was ended by something else"):
            await uow.commit()

    assert await sql_shop.counters() == {}


async def test_a_block_inside_a_savepoint_that_was_undone_dooms_the_unit(
    sql_shop: Shop,
) -> None:
    """Contract 28: blocks and savepoints end in the order in which they began."""
    async with raw(sql_shop) as uow:
        handle = await uow.session()
        outer = await handle.begin_nested()
        async with uow:
            uow.counters.add(Counter(name="a"))
            await uow.connection()
            await outer.rollback()
            await uow.rollback()
        with pytest.raises(StorageError, match="was ended by something else"):
            await uow.commit()

    assert await sql_shop.counters() == {}


@pytest.mark.parametrize("handle", ["connection", "session"])
async def test_the_handles_begin_no_transaction(sql_shop: Shop, handle: str) -> None:
    """Contract 28: inside of a block or outside, used before or not."""
    async with raw(sql_shop) as uow:
        raw_handle = await getattr(uow, handle)()
        with pytest.raises(MisuseError) as refused:
            raw_handle.begin()
        await uow.commit()

    assert str(refused.value) == (
        f"{handle}.begin() was called on a handle of a unit of work.\n"
        "The unit ends its transaction itself, completely or not at all.\n"
        "Call `await uow.commit()`; for a part that may fail, begin_nested(). [misuse]"
    )


async def test_orm_objects_of_an_undone_block_are_read_again(sql_shop: Shop) -> None:
    """Contract 6: expired or expunged, as after any rollback of SQLAlchemy."""
    await sql_shop.put(a=1)
    async with raw(sql_shop) as uow:
        handle = await uow.session()
        kept = await handle.get(Row, "a")
        async with uow:
            kept.value = 2
            handle.add(gone := row("b"))
            await uow.connection()
            await uow.rollback()
        assert inspect(gone).transient
        await handle.refresh(kept)
        assert kept.value == 1
        await uow.commit()
    assert kept.value == 1
    assert await sql_shop.counters() == {"a": 1}
