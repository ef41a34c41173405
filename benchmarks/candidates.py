"""Each way to do the work: unitwork, and what people would use instead."""

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import ForeignKey, event
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from benchmarks import domain
from unitwork.adapters.mapping import Schema
from unitwork.adapters.sqlalchemy import SqlAlchemyDatabase

Unit = Callable[[int], Awaitable[None]]
Pair = tuple[Unit, Unit]
"""A write unit and a read unit."""

TABLES = """
    CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT, version INTEGER);
    CREATE TABLE lines (order_id INTEGER REFERENCES orders, sku TEXT, quantity INTEGER,
                        PRIMARY KEY (order_id, sku));
"""
GET = "SELECT * FROM orders LEFT JOIN lines ON order_id = id WHERE id = ?"
GUARD = "UPDATE orders SET version = version + 1 WHERE id = ? AND version = ?"
CHANGE = "UPDATE lines SET quantity = ? WHERE order_id = ? AND sku = ?"


@asynccontextmanager
async def raw_sqlite(folder: Path) -> AsyncIterator[Pair]:
    """The floor: sqlite3 itself, with a version check, on the event loop."""
    connection = sqlite3.connect(folder / "raw.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.executescript(TABLES)
    for number in range(domain.STORED):
        connection.execute("INSERT INTO orders VALUES (?, 'someone', 1)", (number,))
        connection.executemany(
            "INSERT INTO lines VALUES (?, ?, ?)",
            [(number, f"sku-{position}", position) for position in range(3)],
        )

    async def write(number: int) -> None:
        key = number % domain.STORED
        rows = connection.execute(GET, (key,)).fetchall()
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(GUARD, (key, rows[0][2]))
        connection.execute(CHANGE, (rows[1][5] + 1, key, rows[1][4]))
        connection.execute("COMMIT")

    async def read(number: int) -> None:
        connection.execute(GET, (number % domain.STORED,)).fetchall()

    yield write, read
    connection.close()


@asynccontextmanager
async def unitwork_sqlite(folder: Path) -> AsyncIterator[Pair]:
    """This library on SQLite, by the portable driver."""
    url = f"sqlite+aiosqlite:///{folder / 'unitwork.db'}"
    database = SqlAlchemyDatabase(Schema(domain.Order), url)
    await database.create_all()
    await domain.fill(domain.SqlAlchemyOrders(database))

    async def write(number: int) -> None:
        await domain.write(domain.SqlAlchemyOrders(database), number)

    async def read(number: int) -> None:
        await domain.read(domain.SqlAlchemyOrders(database), number)

    yield write, read
    await database.dispose()


class Base(DeclarativeBase): ...


class LineRow(Base):
    __tablename__ = "lines"
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    sku: Mapped[str] = mapped_column(primary_key=True)
    quantity: Mapped[int]


class OrderRow(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer: Mapped[str]
    version: Mapped[int] = mapped_column()
    lines: Mapped[list[LineRow]] = relationship(lazy="selectin")
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's form


@asynccontextmanager
async def async_session_sqlite(folder: Path) -> AsyncIterator[Pair]:
    """SQLAlchemy's AsyncSession, with version_id_col, as a textbook would use it."""
    engine = create_async_engine(f"sqlite+aiosqlite:///{folder / 'session.db'}")

    @event.listens_for(engine.sync_engine, "connect")
    def settings(connection: sqlite3.Connection, _: object) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")

    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    async with sessions() as session:
        for number in range(domain.STORED):
            lines = [LineRow(sku=f"sku-{p}", quantity=p) for p in range(3)]
            session.add(OrderRow(id=number, customer="someone", lines=lines))
        await session.commit()

    async def write(number: int) -> None:
        async with sessions() as session:
            found = await session.get_one(OrderRow, number % domain.STORED)
            found.lines[1].quantity += 1
            found.customer = f"someone {number}"  # else the version is not checked
            await session.commit()

    async def read(number: int) -> None:
        async with sessions() as session:
            await session.get_one(OrderRow, number % domain.STORED)

    yield write, read
    await engine.dispose()
