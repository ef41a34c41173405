"""One service by three ways, a conflict that is retried, a commit that fails.

    python -m examples.allocation.demo

Exit codes: 0 all is as promised, 1 it is not.
"""

import asyncio
import logging
import sqlite3
import sys
import tempfile
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any

import click
import httpx
from click.testing import CliRunner
from fastapi import FastAPI
from rich.console import Console
from rich.table import Table
from sqlalchemy import text
from taskiq import InMemoryBroker

from examples.allocation import jobs
from examples.allocation.adapters import SqlAlchemyStock, sqlalchemy
from examples.allocation.api import application
from examples.allocation.cli import commands
from examples.allocation.domain import Product, StockUnitOfWork
from examples.users.server import serving
from unitwork.adapters.sqlalchemy import SqlAlchemyDatabase
from unitwork.application import RetryPolicy, Runner
from unitwork.entrypoints.fastapi import unit

PURCHASED, AT_ONCE = 100, 10
NOTES = """CREATE TABLE note (
    sku VARCHAR REFERENCES product (sku) DEFERRABLE INITIALLY DEFERRED
)"""
Stock = Annotated[SqlAlchemyStock, unit(SqlAlchemyStock)]


class Counting:
    """Makes units, and counts them: one for each attempt."""

    def __init__(self, database: SqlAlchemyDatabase) -> None:
        self.database = database
        self.made = 0

    def __call__(self) -> SqlAlchemyStock:
        self.made += 1
        return SqlAlchemyStock(self.database)


async def post_broken(uow: Stock) -> str:
    """Add a product, and a note on one that is not there: COMMIT will refuse it."""
    uow.products.add(Product(sku="GHOST"))
    await (await uow.connection()).execute(text("INSERT INTO note VALUES ('NOBODY')"))
    return "I should think that this is stored."


def prepared(url: str) -> None:
    async def prepare() -> None:
        database = sqlalchemy(url)
        await database.create_all()
        async with database.engine.begin() as connection:
            await connection.exec_driver_sql(NOTES)
        await database.dispose()

    asyncio.run(prepare())


def served(url: str) -> tuple[FastAPI, Counting]:
    units = Counting(sqlalchemy(url))
    patient: Runner[StockUnitOfWork] = Runner(units, retry=RetryPolicy(attempts=50))
    app = application(patient)
    app.post("/broken")(post_broken)
    return app, units


def by_command(url: str, order: str) -> str:
    runner: Runner[StockUnitOfWork] = Runner(Counting(sqlalchemy(url)))
    shell: click.Group = commands(runner)
    return CliRunner().invoke(shell, ["allocate", order, "LAMP", "1"]).output.strip()


def by_job(url: str, order: str) -> str | None:
    async def work() -> str | None:
        database, broker = sqlalchemy(url), InMemoryBroker(await_inplace=True)
        task = jobs.allocation(broker, Runner(Counting(database)))
        sent = await task.kiq(order, "LAMP", 1)
        again = await task.kicker().with_task_id(sent.task_id).kiq(order, "LAMP", 1)
        results: list[Any] = [
            (await each.get_result()).return_value for each in (sent, again)
        ]
        await database.dispose()
        return results[0] if results[0] == results[1] else None

    return asyncio.run(work())


async def at_once(address: str, orders: Iterable[str]) -> list[int]:
    async with httpx.AsyncClient(base_url=address, timeout=60) as client:
        posts = [client.post("/allocations", json=_order(order, 1)) for order in orders]
        return [reply.status_code for reply in await asyncio.gather(*posts)]


def _order(order: str, quantity: int) -> dict[str, object]:
    return {"order": order, "sku": "LAMP", "quantity": quantity}


def main() -> int:
    console = Console()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "stock.db"
        return demonstrate(f"sqlite+aiosqlite:///{file}", file, console)


class Report:
    """What was seen beside what was promised."""

    def __init__(self) -> None:
        self.table = Table("what", "seen", "promised", title="One service, three ways")
        self.kept = True

    def show(self, what: str, seen: object, promised: object) -> None:
        kept = seen == promised
        self.kept = self.kept and kept
        self.table.add_row(what, f"{seen}", f"{promised}", style="" if kept else "red")


def demonstrate(url: str, file: Path, console: Console) -> int:
    prepared(url)
    app, units = served(url)
    report = Report()
    with serving(app) as address, httpx.Client(base_url=address, timeout=60) as client:
        batch = {"reference": "here", "sku": "LAMP", "purchased": PURCHASED}
        report.show(
            "HTTP: a batch", client.post("/batches", json=batch).status_code, 201
        )
        by_http = client.post("/allocations", json=_order("by-http", 1)).json()
        report.show("HTTP: allocate", by_http, "here")
        report.show("command: allocate", by_command(url, "by-command"), "here")
        report.show("job, delivered twice: allocate", by_job(url, "by-job"), "here")

        before = units.made
        orders = [f"order-{number}" for number in range(AT_ONCE)]
        statuses = set(asyncio.run(at_once(address, orders)))
        retried = units.made - before - AT_ONCE
        report.show(f"HTTP: {AT_ONCE} at once, {retried} retried", statuses, {201})
        broken = client.post("/broken").status_code
        report.show("HTTP: COMMIT fails", broken, 500)
    lines, ghosts = counted(file)
    report.show("order lines, counted by sqlite3", lines, AT_ONCE + 3)
    report.show("rows of what did not commit", ghosts, 0)
    console.print(report.table)
    return 0 if report.kept else 1


def counted(file: Path) -> tuple[int, int]:
    """Count by a connection that knows nothing of the library."""
    with closing(sqlite3.connect(file)) as connection:
        (lines,) = connection.execute(
            "SELECT count(*) FROM product_batches_lines"
        ).fetchone()
        (ghosts,) = connection.execute(
            "SELECT (SELECT count(*) FROM product WHERE sku = 'GHOST')"
            " + (SELECT count(*) FROM note)"
        ).fetchone()
        return lines, ghosts


if __name__ == "__main__":
    logging.getLogger("unitwork").setLevel(logging.CRITICAL)  # one failure is meant
    sys.exit(main())
