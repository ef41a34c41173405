"""Make every database of an adapter wrong in the same way."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from unitwork.adapters.storage import AbstractDatabase
from unitwork.testing.conformance.adapter import Adapter
from unitwork.testing.conformance.sabotage.bug import Bug

A = TypeVar("A", bound=Adapter)


def sabotaged(adapter: A, bug: Bug) -> A:
    """Let an adapter open databases that have a bug; it is returned, changed."""
    right = adapter.database

    @asynccontextmanager
    async def database(*args: Any, **options: Any) -> AsyncIterator[AbstractDatabase]:
        async with right(*args, **options) as opened:
            with bug.plant(opened):
                yield opened

    adapter.database = database  # type: ignore[method-assign]  # of this object alone
    return adapter
