"""An aggregate is read whole: never a root with the children of another moment."""

import asyncio

from unitwork.testing.conformance.shop import (
    Allocation,
    Order,
    OrderLine,
    Shop,
    ShopUnitOfWork,
)

NEEDS = ["parallel"]

READERS, READS = 8, 250


def reshape(order: Order, step: int) -> None:
    """Let every part of an order tell the step, in its values and in its number."""
    order.priority = step
    order.lines = [
        OrderLine(f"line {n}", step, [Allocation("batch", step)])
        for n in range(1 + step % 3)
    ]
    order.tags = {str(step)}
    order.prices = {f"price {n}": step for n in range(2 - step % 3)}


def whole(order: Order) -> bool:
    """Tell whether all parts tell the same step."""
    step = order.priority
    return (
        [(line.sku, line.quantity) for line in order.lines]
        == [(f"line {n}", step) for n in range(1 + step % 3)]
        and all(line.allocations[0].quantity == step for line in order.lines)
        and order.tags == {str(step)}
        and order.prices == {f"price {n}": step for n in range(2 - step % 3)}
    )


async def read(uow: ShopUnitOfWork, order: Order, number: int) -> Order:
    """Read by key and by query in turn."""
    if number % 2:
        return await uow.orders.get(order.id)
    [found] = await uow.orders.matching(Order.number == order.number)
    return found


async def test_of_two_thousand_concurrent_reads_none_is_torn(shop: Shop) -> None:
    """Contract 19: while a writer changes root and children together."""
    order = Order(number="1")
    reshape(order, 0)
    await shop.store(order)
    torn: list[Order] = []
    steps: set[int] = set()
    done = asyncio.Event()

    async def write() -> int:
        step = 0
        while not done.is_set():
            step += 1
            await asyncio.sleep(0)  # even if storage lets nobody else run
            async with shop.unit() as uow:
                reshape(await uow.orders.get(order.id), step)
                await uow.commit()
        return step

    async def read_often() -> None:
        for number in range(READS):
            await asyncio.sleep(0)
            async with shop.unit() as uow:
                found = await read(uow, order, number)
            steps.add(found.priority)
            if not whole(found):
                torn.append(found)

    async with asyncio.TaskGroup() as tasks:
        writer = tasks.create_task(write())
        await asyncio.gather(*(read_often() for _ in range(READERS)))
        done.set()

    assert torn == []
    assert min(writer.result(), len(steps)) > 10, (
        "the writer was no danger to the readers"
    )
