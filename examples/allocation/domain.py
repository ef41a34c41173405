"""Stock: products own batches, batches own the order lines that they serve."""

from collections.abc import Iterable
from datetime import date

from unitwork import (
    AbstractRepository,
    AbstractUnitOfWork,
    AggregateRoot,
    DomainError,
    DomainEvent,
    Entity,
    Field,
    Key,
    field,
)


class UnknownSkuError(DomainError):
    def __init__(self, sku: str) -> None:
        super().__init__(f"There is no product {sku!r}.")


class BatchExistsError(DomainError):
    def __init__(self, reference: str) -> None:
        super().__init__(f"There is a batch {reference!r} already.")


class AlreadyAllocatedError(DomainError):
    def __init__(self, order: str, sku: str) -> None:
        super().__init__(f"The order {order!r} has {sku!r} already.")


class NotAllocatedError(DomainError):
    def __init__(self, order: str, sku: str) -> None:
        super().__init__(f"The order {order!r} has no {sku!r}.")


class Allocated(DomainEvent):
    order: str
    sku: str
    quantity: int
    batch: str


class Deallocated(DomainEvent):
    order: str
    sku: str
    quantity: int


class OutOfStock(DomainEvent):
    order: str
    sku: str
    quantity: int


class OrderLine(Entity):
    order: Key[str]
    quantity: Field[int]


class Batch(Entity):
    reference: Key[str]
    purchased: Field[int]
    eta: Field[date | None] = field(default=None)
    lines: Field[list[OrderLine]] = field(factory=list)

    @property
    def available(self) -> int:
        return self.purchased - sum(line.quantity for line in self.lines)


class Product(AggregateRoot):
    """One aggregate: whoever allocates a product, conflicts with who does so too."""

    sku: Key[str]
    batches: Field[list[Batch]] = field(factory=list)

    def add_batch(self, reference: str, purchased: int, eta: date | None) -> None:
        if any(batch.reference == reference for batch in self.batches):
            raise BatchExistsError(reference)
        self.batches.append(Batch(reference, purchased, eta))

    def allocate(self, order: str, quantity: int) -> str | None:
        """Give stock in hand first, then what arrives first."""
        if self._find(order) is not None:
            raise AlreadyAllocatedError(order, self.sku)
        for batch in sorted(self.batches, key=_arrival):
            if batch.available >= quantity:
                batch.lines.append(OrderLine(order, quantity))
                self.record(Allocated(order, self.sku, quantity, batch.reference))
                return batch.reference
        self.record(OutOfStock(order, self.sku, quantity))
        return None

    def deallocate(self, order: str) -> None:
        found = self._find(order)
        if found is None:
            raise NotAllocatedError(order, self.sku)
        self._take_back(*found)

    def change_purchased(self, reference: str, purchased: int) -> None:
        """Take back what the batch cannot serve any more, the latest order first."""
        batch = next(batch for batch in self.batches if batch.reference == reference)
        batch.purchased = purchased
        while batch.available < 0:
            self._take_back(batch, batch.lines[-1])

    def _take_back(self, batch: Batch, line: OrderLine) -> None:
        batch.lines.remove(line)
        self.record(Deallocated(line.order, self.sku, line.quantity))

    def _find(self, order: str) -> tuple[Batch, OrderLine] | None:
        for batch in self.batches:
            for line in batch.lines:
                if line.order == order:
                    return batch, line
        return None


class Allocations(AggregateRoot):
    """The read model: what an order has got, kept up to date by events."""

    order: Key[str]
    batches: Field[dict[str, str]] = field(factory=dict)
    """By SKU, the batch that serves it."""


class Shortage(AggregateRoot):
    """What has to be bought, kept up to date by events."""

    sku: Key[str]
    missing: Field[int] = field(default=0)


class StockUnitOfWork(AbstractUnitOfWork):
    products: AbstractRepository[Product, str]
    allocations: AbstractRepository[Allocations, str]
    shortages: AbstractRepository[Shortage, str]


def _arrival(batch: Batch) -> tuple[date, str]:
    return batch.eta or date.min, batch.reference


def total_available(products: Iterable[Product]) -> int:
    return sum(batch.available for product in products for batch in product.batches)
