"""Random programs of nested blocks: each scope keeps or undoes its own work."""

from random import Random
from typing import Any

from unitwork.domain.specification import all_of
from unitwork.testing.conformance.looks import Look, values_of
from unitwork.testing.conformance.shop import (
    Customer,
    Order,
    OrderLine,
    Shop,
    ShopUnitOfWork,
    an_order,
)


class _Tree:
    """A random program of nested blocks, and what must be seen after each."""

    def __init__(self, uow: ShopUnitOfWork, random: Random) -> None:
        self.uow = uow
        self.random = random
        self.orders: list[Order] = []
        self.counted = 0

    async def look(self) -> tuple[Any, ...]:
        customers = [c.name async for c in self.uow.customers.stream()]
        held = [Look.of(order) for order in self.orders]
        return held, sorted(customers), self.uow.events

    async def act(self) -> None:
        self.counted += 1
        order = self.random.choice(self.orders)
        match self.random.randrange(6):
            case 0:
                if len(order.lines) > 1 and any(x.allocations for x in order.lines):
                    order.lines.reverse()
                    order.lines[0].quantity += 1
            case 1:
                order.lines.append(OrderLine(f"NEW{self.counted}", self.counted))
            case 2:
                order.lines = order.lines[1:]
                order.note = str(self.counted)
            case 3:
                order.tags ^= {"x", "gift"}
                order.prices = {**order.prices, "X": self.counted}
                order.pay()
            case 4:
                self.uow.customers.add(Customer(name=f"new {self.counted}"))
            case _:
                found = await self.uow.customers.matching(all_of())
                if found:
                    self.uow.customers.remove(self.random.choice(found))

    async def block(self, depth: int) -> None:
        before = await self.look()
        keep = self.random.random() < 0.5
        async with self.uow:
            for _ in range(self.random.randrange(4)):
                if depth < 4 and self.random.random() < 0.4:
                    await self.block(depth + 1)
                else:
                    await self.act()
            after = await self.look()
            await (self.uow.commit() if keep else self.uow.rollback())
        assert await self.look() == (after if keep else before)


async def test_random_trees_of_scopes_leave_what_they_kept(shop: Shop) -> None:
    """Contract 6: whatever is nested how, each scope keeps or undoes its own work."""
    for seed in range(40):
        stored = [an_order(f"{seed}-{number}") for number in range(3)]
        await shop.store(*stored, Customer(name=f"first {seed}"))
        async with shop.unit() as uow:
            tree = _Tree(uow, Random(seed))
            tree.orders = [await uow.orders.get(order.id) for order in stored]
            for _ in range(6):
                await tree.block(1)
            _, customers, events = await tree.look()
            values = [values_of(order) for order in tree.orders]
            await uow.commit()
        assert uow.events == events
        async with shop.unit() as other:
            found = [await other.orders.get(order.id) for order in stored]
            assert [values_of(order) for order in found] == values
            names = [c.name async for c in other.customers.stream()]
            assert sorted(names) == customers
