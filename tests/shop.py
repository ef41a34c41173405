"""The domain of the tests of storage behaviour: that of the conformance kit."""

from unitwork.testing.conformance.shop import (
    Allocation,
    Counter,
    Customer,
    Folder,
    Money,
    Order,
    OrderLine,
    Paid,
    Shop,
    ShopUnitOfWork,
    Status,
    Ticket,
    an_order,
    open_shop,
    repository_of,
    shop_schema,
)

__all__ = [
    "Allocation",
    "Counter",
    "Customer",
    "Folder",
    "Money",
    "Order",
    "OrderLine",
    "Paid",
    "Shop",
    "ShopUnitOfWork",
    "Status",
    "Ticket",
    "an_order",
    "open_shop",
    "repository_of",
    "shop_schema",
]
