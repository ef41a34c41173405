"""What stands between a unit and its storage."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from tests.shop import Counter, ShopUnitOfWork, shop_schema
from tests.storages import InMemoryDatabase, InMemoryUnitOfWork
from unitwork import Outcome
from unitwork.adapters.storage import AbstractStorageSession, ChangeSet, UnitOptions
from unitwork.testing.passing import PassingSession, interposed


class MemoryShop(InMemoryUnitOfWork, ShopUnitOfWork): ...


class Interrupted(PassingSession):
    """A cancellation came when the commit could not be stopped any more."""

    async def apply(self, changes: ChangeSet) -> Mapping[int, Any]:
        keys = await super().apply(changes)
        self.interruption = asyncio.CancelledError()
        return keys


async def test_a_late_cancellation_is_passed_on() -> None:
    """Contract 31: delivered when the outcome is recorded."""
    database = InMemoryDatabase(shop_schema())
    with interposed(database, Interrupted), interposed(database, PassingSession):
        uow = MemoryShop(database)
        with pytest.raises(asyncio.CancelledError):
            async with uow:
                uow.counters.add(Counter(name="a"))
                await uow.commit()

    assert uow.outcome is Outcome.COMMITTED


async def test_the_last_one_is_outermost_and_each_leaves_alone() -> None:
    """What it stands before stays; what stands before it, too."""
    database = InMemoryDatabase(shop_schema())
    made: list[AbstractStorageSession] = []

    def outer(session: AbstractStorageSession) -> AbstractStorageSession:
        made.append(session)
        return PassingSession(session)

    with interposed(database, PassingSession):
        with interposed(database, outer):
            session = database.session(UnitOptions())
        assert database.interposers == (PassingSession,)
    assert isinstance(made[0], PassingSession)
    assert type(session.innermost) is type(database.open(UnitOptions()))
    assert not database.interposers
