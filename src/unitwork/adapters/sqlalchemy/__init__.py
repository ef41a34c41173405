"""Storage in SQLite, PostgreSQL and MariaDB, by SQLAlchemy Core."""

from unitwork.adapters.sqlalchemy.database import SqlAlchemyDatabase
from unitwork.adapters.sqlalchemy.options import PoolOptions
from unitwork.adapters.sqlalchemy.repository import SqlAlchemyRepository
from unitwork.adapters.sqlalchemy.unit_of_work import SqlAlchemyUnitOfWork

__all__ = [
    "PoolOptions",
    "SqlAlchemyDatabase",
    "SqlAlchemyRepository",
    "SqlAlchemyUnitOfWork",
]
