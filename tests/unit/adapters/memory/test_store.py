"""What the in-memory storage costs, counted instead of timed."""

import asyncio
import threading
from typing import Any, Never

import pytest

from tests.shop import Counter, Customer, Order, ShopUnitOfWork, shop_schema
from unitwork import all_of, new_id
from unitwork.adapters.making import IsolationName
from unitwork.adapters.memory import InMemoryDatabase, InMemoryUnitOfWork


class InMemoryShop(InMemoryUnitOfWork, ShopUnitOfWork): ...


class Counted(dict[Any, Any]):
    """Counts look-ups and writes; going through it counts each row."""

    def __init__(self, rows: dict[Any, Any], touched: list[Any]) -> None:
        super().__init__(rows)
        self.touched = touched

    def __getitem__(self, key: Any) -> Any:
        self.touched.append(key)
        return super().__getitem__(key)

    def get(self, key: Any, default: Any = None) -> Any:
        self.touched.append(key)
        return super().get(key, default)

    def __contains__(self, key: object) -> bool:
        self.touched.append(key)
        return super().__contains__(key)

    def __setitem__(self, key: Any, value: Any) -> None:
        self.touched.append(key)
        super().__setitem__(key, value)

    def pop(self, key: Any, *default: Any) -> Any:
        self.touched.append(key)
        return super().pop(key, *default)

    def keys(self) -> Any:
        self.touched.extend(super().keys())
        return super().keys()

    def values(self) -> Any:
        self.touched.extend(super().keys())
        return super().values()

    def items(self) -> Any:
        self.touched.extend(super().keys())
        return super().items()

    def copy(self) -> Any:
        self.touched.extend(super().keys())
        return super().copy()

    def __iter__(self) -> Any:
        self.touched.extend(super().keys())
        return super().__iter__()


async def touched_by_a_commit(number: int) -> int:
    """Count what a commit touches in a storage of so many customers."""
    database = InMemoryDatabase(shop_schema())
    known = [Customer(name=f"{n}", email=f"{n}@example.com") for n in range(number)]
    async with InMemoryShop(database) as uow:
        for customer in known:
            uow.customers.add(customer)
        await uow.commit()
    async with (
        InMemoryShop(database, isolation="snapshot") as reader,
        InMemoryShop(database) as uow,
    ):
        assert await reader.customers.find(known[1].id)
        (await uow.customers.get(known[1].id)).email = "new@example.com"
        uow.customers.remove(await uow.customers.get(known[2].id))
        uow.customers.add(Customer(name="new", email="newer@example.com"))
        uow.orders.add(Order(number="1", customer=known[3].id))
        touched: list[Any] = []
        _watch(database, touched)
        await uow.commit()
        assert await reader.customers.find(known[2].id)
    return len(touched)


def _watch(database: InMemoryDatabase, touched: list[Any]) -> None:
    store: Any = database._rows
    for tables in (store._records, store._taken):
        for name, table in tables.items():
            tables[name] = Counted(table, touched)
    store._referred = Counted(store._referred, touched)


async def test_a_commit_touches_only_what_it_writes() -> None:
    """Contract 25: not more in a storage of 10,000 rows than in one of ten."""
    few = await touched_by_a_commit(10)

    assert few > 0
    assert await touched_by_a_commit(10_000) == few


def refuse(*_: Any, **__: Any) -> Never:
    raise AssertionError


class Bare(asyncio.SelectorEventLoop):
    """A loop without threads and timers."""

    run_in_executor: Any = refuse
    call_soon_threadsafe: Any = refuse
    call_at: Any = refuse


@pytest.mark.parametrize("isolation", ["read_committed", "snapshot", "serializable"])
def test_a_unit_starts_no_thread_and_sets_no_timer(
    monkeypatch: pytest.MonkeyPatch, isolation: IsolationName
) -> None:
    """It is dict work, with a lock that is free and at storage that yields too."""

    async def work() -> int:
        database = InMemoryDatabase(shop_schema(), yielding=True)
        async with InMemoryShop(database, isolation=isolation) as uow:
            counter = await uow.counters.find("a", lock=True)
            assert counter is None
            uow.counters.add(Counter(name="a"))
            async with uow:
                uow.customers.add(Customer(id=new_id(), name="Ann"))
                await uow.commit()
            assert [c.name async for c in uow.customers.stream()] == ["Ann"]
            assert (await uow.counters.page()).total == 1
            await uow.commit()
        async with InMemoryShop(database, isolation=isolation) as uow:
            [counter] = await uow.counters.matching(all_of())
            counter.value += 1
            await uow.rollback()
        return counter.value

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with asyncio.Runner(loop_factory=Bare) as runner:
        assert runner.run(work()) == 0
