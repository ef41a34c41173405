"""Locks on keys, waited for without threads. Contract: 21."""

import asyncio
from collections import deque
from typing import Any

from unitwork.domain.errors import ConcurrencyConflictError
from unitwork.domain.storage_errors import StorageBusyError

Owner = object


class Locks:
    """Let one owner at a time have a key; others wait in the order they came."""

    def __init__(self, timeout_seconds: float) -> None:
        """Let nobody wait longer than `timeout_seconds`."""
        self._timeout = timeout_seconds
        self.owners: dict[Any, Owner] = {}
        """Who has which key; mostly nobody has any."""
        self._queues: dict[Any, deque[asyncio.Future[None]]] = {}
        self._waits_for: dict[Owner, Owner] = {}

    def held_by_another(self, key: Any, owner: Owner) -> bool:
        """Tell whether `owner` would have to wait for a key."""
        return self.owners.get(key, owner) is not owner

    async def acquire(self, key: Any, owner: Owner) -> None:
        """Wait for a key and take it.

        Raises:
            StorageBusyError: it did not come free in time.
            ConcurrencyConflictError: everybody would wait for everybody.
        """
        if self.held_by_another(key, owner):
            try:
                async with asyncio.timeout(self._timeout):
                    while self.held_by_another(key, owner):
                        await self._wait(key, owner)
            except TimeoutError:
                raise StorageBusyError(
                    f"the lock was held for longer than {self._timeout} s"
                ) from None
        self.owners[key] = owner

    def release(self, owner: Owner) -> None:
        """Give back every key of an owner, and wake who waits for them."""
        for key in [key for key, holder in self.owners.items() if holder is owner]:
            del self.owners[key]
            for waiter in self._queues.pop(key, ()):
                if not waiter.done():
                    waiter.set_result(None)

    async def _wait(self, key: Any, owner: Owner) -> None:
        self._waits_for[owner] = self.owners[key]
        waiter = asyncio.get_running_loop().create_future()
        self._queues.setdefault(key, deque()).append(waiter)
        try:
            self._refuse_circle(owner)
            await waiter
        finally:
            del self._waits_for[owner]
            waiter.cancel()

    def _refuse_circle(self, owner: Owner) -> None:
        holder: Owner | None = self._waits_for[owner]
        while holder is not None:
            if holder is owner:
                raise ConcurrencyConflictError(
                    reason="Units waited for each other's locks: a deadlock."
                )
            holder = self._waits_for.get(holder)
