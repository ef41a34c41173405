"""The repository over SQLAlchemy, for finders in raw SQL."""

from typing import Any, TypeVar

from sqlalchemy import Select

from unitwork.adapters.repository import TrackingRepository

A = TypeVar("A")
K = TypeVar("K")


class SqlAlchemyRepository(TrackingRepository[A, K]):
    """Give one unit's view of aggregates that are rows of a database."""
