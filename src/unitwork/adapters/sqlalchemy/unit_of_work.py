"""The unit of work over SQLAlchemy, and its way out to raw SQL."""

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from unitwork.adapters.sqlalchemy.repository import SqlAlchemyRepository
from unitwork.adapters.unit_of_work import TrackingUnitOfWork


class SqlAlchemyUnitOfWork(TrackingUnitOfWork):
    """Store a unit in a database that SQLAlchemy reaches."""

    repository = SqlAlchemyRepository
