"""The in-memory repository."""

from typing import TypeVar

from unitwork.adapters.repository import TrackingRepository
from unitwork.domain.specification import all_of

A = TypeVar("A")
K = TypeVar("K")


class InMemoryRepository(TrackingRepository[A, K]):
    """Derive the in-memory twin of a finder that needs raw SQL from it."""

    async def all(self) -> list[A]:
        """Return all aggregates as the unit sees them, in the order of their keys."""
        return await self.matching(all_of())
