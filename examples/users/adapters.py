"""The storages: one table, one schema, and a unit of work for each storage."""

import os
from datetime import datetime
from pathlib import Path

from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from examples.users.domain import EMAIL_LENGTH, NAME_LENGTH, User, UsersUnitOfWork
from unitwork.adapters.mapping import Schema
from unitwork.adapters.memory import InMemoryUnitOfWork
from unitwork.adapters.sqlalchemy import SqlAlchemyUnitOfWork
from unitwork.adapters.sqlalchemy.migrations import upgrade
from unitwork.adapters.sqlalchemy.tables import NAMING
from unitwork.adapters.sqlalchemy.types import Integer, Text, Timestamp


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)


class UserRow(Base):
    __tablename__ = "users"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012 - SQLAlchemy's way

    id: Mapped[int] = mapped_column(Integer(), primary_key=True)
    name: Mapped[str] = mapped_column(Text(NAME_LENGTH))
    email: Mapped[str] = mapped_column(Text(EMAIL_LENGTH), unique=True)
    created_at: Mapped[datetime] = mapped_column(Timestamp())
    version: Mapped[int] = mapped_column(Integer())


schema = Schema().aggregate(User, table=UserRow)


class SqlAlchemyUsers(SqlAlchemyUnitOfWork, UsersUnitOfWork): ...


class InMemoryUsers(InMemoryUnitOfWork, UsersUnitOfWork): ...


def database_url() -> str:
    return os.environ.get("UNITWORK_DATABASE_URL", "sqlite+aiosqlite:///users.db")


def migrate(url: str) -> None:
    upgrade(url, scripts=Path(__file__).parents[2] / "migrations")
