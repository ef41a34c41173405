"""What follows from events, in the unit that recorded them and before its commit."""

from examples.allocation.domain import (
    Allocated,
    Allocations,
    Deallocated,
    OutOfStock,
    Shortage,
    StockUnitOfWork,
)
from unitwork.application import MessageBus


async def note_allocation(uow: StockUnitOfWork, event: Allocated) -> None:
    allocations = await uow.allocations.find(event.order)
    if allocations is None:
        allocations = Allocations(order=event.order)
        uow.allocations.add(allocations)
    allocations.batches[event.sku] = event.batch


async def forget_allocation(uow: StockUnitOfWork, event: Deallocated) -> None:
    allocations = await uow.allocations.get(event.order)
    del allocations.batches[event.sku]


async def note_shortage(uow: StockUnitOfWork, event: OutOfStock) -> None:
    shortage = await uow.shortages.find(event.sku)
    if shortage is None:
        shortage = Shortage(sku=event.sku)
        uow.shortages.add(shortage)
    shortage.missing += event.quantity


def message_bus() -> MessageBus:
    bus = MessageBus()
    bus.before_commit(Allocated, note_allocation)
    bus.before_commit(Deallocated, forget_allocation)
    bus.before_commit(OutOfStock, note_shortage)
    return bus
