"""The in-memory storage: a dict of rows with versions, equal to the SQL ones."""

from unitwork.adapters.memory.database import InMemoryDatabase
from unitwork.adapters.memory.repository import InMemoryRepository
from unitwork.adapters.memory.unit_of_work import InMemoryUnitOfWork

__all__ = ["InMemoryDatabase", "InMemoryRepository", "InMemoryUnitOfWork"]
