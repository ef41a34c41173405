"""What a unit sees: its own objects first, storage for all other keys."""

from typing import Any

import pytest

from tests.shop import Counter, ShopUnitOfWork, shop_schema
from unitwork import all_of
from unitwork.adapters.memory import InMemoryDatabase, InMemoryUnitOfWork


class InMemoryShop(InMemoryUnitOfWork, ShopUnitOfWork): ...


@pytest.mark.parametrize(
    ("window", "given"),
    [({"offset": 2}, ["c"]), ({"limit": 1}, ["a"]), ({"limit": 0}, [])],
)
async def test_what_a_query_leaves_out_is_not_held(
    window: dict[str, Any], given: list[str]
) -> None:
    """Contract 18: what was not given to the caller is not loaded yet.

    A dirty aggregate makes the unit merge, and so read more than it gives.
    """
    database = InMemoryDatabase(shop_schema())
    other = InMemoryShop(database)
    async with other:
        for name in ("a", "b", "c"):
            other.counters.add(Counter(name=name))
        await other.commit()
    uow = InMemoryShop(database)
    async with uow:
        (await uow.counters.get("a")).value = 1
        found = await uow.counters.matching(all_of(), **window)
        assert [counter.name for counter in found] == given

        async with other:
            (await other.counters.get("b")).value = 7
            await other.commit()
        assert (await uow.counters.get("b")).value == 7
        await uow.rollback()
