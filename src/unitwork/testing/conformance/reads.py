# ruff: noqa: PLR2004 - the numbers are the cases'
"""Every kind of read, and a change that gives it another answer."""

from collections.abc import Awaitable, Callable

from unitwork.domain.page import Page
from unitwork.domain.specification import all_of
from unitwork.testing.conformance.shop import Counter, Shop, ShopUnitOfWork

Read = Callable[[ShopUnitOfWork], Awaitable[object]]


async def _stream(uow: ShopUnitOfWork) -> object:
    return [
        c.name async for c in uow.counters.stream(Counter.value < 100, chunk_size=2)
    ]


READS: dict[str, Read] = {
    "get": lambda uow: uow.counters.get("a"),
    "find": lambda uow: uow.counters.find("new"),
    "matching": lambda uow: uow.counters.matching(Counter.value < 100),
    "first": lambda uow: uow.counters.first(all_of(), order_by=Counter.value.desc()),
    "count": lambda uow: uow.counters.count(Counter.value < 100),
    "exists": lambda uow: uow.counters.exists(Counter.value == 4),
    "page": lambda uow: uow.counters.page(size=2),
    "stream": _stream,
}


CHANGES: dict[str, Callable[[Shop], Awaitable[None]]] = {
    "get": lambda shop: shop.put(a=11),
    "find": lambda shop: shop.put(new=200),
    "matching": lambda shop: shop.put(new=4),
    "first": lambda shop: shop.put(new=4),
    "count": lambda shop: shop.put(new=4),
    "exists": lambda shop: shop.put(new=4),
    "page": lambda shop: shop.put(new=4),
    "stream": lambda shop: shop.put(new=4),
}


def answer(found: object) -> object:
    """Show what a read gave, so that it can be compared."""
    if isinstance(found, Counter):
        return found.name, found.value
    if isinstance(found, Page):
        return found.map(answer)
    return [answer(item) for item in found] if isinstance(found, list) else found
