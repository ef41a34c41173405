"""What the application does: each function is one unit of work.

They know the port alone. HTTP, the command line, a job and a test call the same ones.
"""

from datetime import date

from examples.allocation.domain import (
    Product,
    StockUnitOfWork,
    UnknownSkuError,
)


async def add_batch(
    uow: StockUnitOfWork,
    reference: str,
    sku: str,
    purchased: int,
    eta: date | None = None,
) -> None:
    async with uow:
        product = await uow.products.find(sku)
        if product is None:
            product = Product(sku=sku)
            uow.products.add(product)
        product.add_batch(reference, purchased, eta)
        await uow.commit()


async def allocate(
    uow: StockUnitOfWork, order: str, sku: str, quantity: int
) -> str | None:
    """Return the batch that serves the order; None: it is out of stock."""
    async with uow:
        product = await _product(uow, sku)
        batch = product.allocate(order, quantity)
        await uow.commit(result=batch)
    return batch


async def deallocate(uow: StockUnitOfWork, order: str, sku: str) -> None:
    async with uow:
        (await _product(uow, sku)).deallocate(order)
        await uow.commit()


async def change_quantity(
    uow: StockUnitOfWork, reference: str, sku: str, purchased: int
) -> None:
    async with uow:
        (await _product(uow, sku)).change_purchased(reference, purchased)
        await uow.commit()


async def allocations(uow: StockUnitOfWork, order: str) -> dict[str, str]:
    """Return what an order has got: by SKU, the batch."""
    async with uow:
        found = await uow.allocations.find(order)
        return {} if found is None else dict(found.batches)


async def missing(uow: StockUnitOfWork, sku: str) -> int:
    """Return how many of a product have to be bought."""
    async with uow:
        found = await uow.shortages.find(sku)
        return 0 if found is None else found.missing


async def _product(uow: StockUnitOfWork, sku: str) -> Product:
    product = await uow.products.find(sku)
    if product is None:
        raise UnknownSkuError(sku)
    return product
