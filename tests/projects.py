"""A small project in a folder, for tests of the command line."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PYPROJECT = """
[tool.unitwork]
database = "stockroom:database"
runner = "stockroom:SqlAlchemyStock"
seeders = ["stockroom:lamps", "stockroom:chairs"]
"""
MODULE = '''
import asyncio
import os
import sys

from unitwork import AbstractRepository, AbstractUnitOfWork, AggregateRoot
from unitwork import DomainError, Field, Key
from unitwork.adapters.mapping import Schema
from unitwork.adapters.sqlalchemy import SqlAlchemyDatabase, SqlAlchemyUnitOfWork
from unitwork.application import OperationRecord


class OutOfStockError(DomainError): ...


class Batch(AggregateRoot):
    reference: Key[str]
    quantity: Field[int]


class StockUnitOfWork(AbstractUnitOfWork):
    batches: AbstractRepository[Batch, str]


class SqlAlchemyStock(SqlAlchemyUnitOfWork, StockUnitOfWork): ...


def database() -> SqlAlchemyDatabase:
    url = os.environ["STOCKROOM_URL"]
    return SqlAlchemyDatabase(Schema(Batch, OperationRecord), url)


Added = dict[str, int]


async def add(uow: StockUnitOfWork, reference: str, quantity: int = 1) -> Added:
    """Let the entry point commit."""
    uow.batches.add(Batch(reference=reference, quantity=quantity))
    return {reference: quantity}


async def store(uow: StockUnitOfWork, reference: str) -> str:
    """Commit by itself."""
    async with uow:
        uow.batches.add(Batch(reference=reference, quantity=1))
        await uow.commit()
    return reference


async def refuse(uow: StockUnitOfWork, reference: str) -> None:
    await add(uow, reference)
    raise OutOfStockError("There are none.")


async def store_and_fail(uow: StockUnitOfWork, reference: str) -> None:
    await store(uow, reference)
    raise OutOfStockError("There are none.")


async def wait(uow: StockUnitOfWork, reference: str) -> None:
    """Never end."""
    await add(uow, reference)
    await uow.batches.count()
    print("ready", flush=True)
    await asyncio.Event().wait()


async def lamps(uow: StockUnitOfWork) -> None:
    await add(uow, "lamps", 100)


async def chairs(uow: StockUnitOfWork) -> None:
    await add(uow, "chairs", 4)
'''
ENVIRONMENT = """
from stockroom import database
from unitwork.adapters.sqlalchemy.migrations import run

stored = database()
run(stored.metadata, url=stored.url.render_as_string(hide_password=False))
"""


@contextmanager
def project(folder: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Write the project, stand in its folder, and forget its module at the end."""
    (folder / "migrations" / "versions").mkdir(parents=True)
    (folder / "pyproject.toml").write_text(PYPROJECT)
    (folder / "stockroom.py").write_text(MODULE)
    (folder / "migrations" / "env.py").write_text(ENVIRONMENT)
    template = ROOT / "migrations" / "script.py.mako"
    (folder / "migrations" / template.name).write_text(template.read_text())
    monkeypatch.chdir(folder)
    monkeypatch.setenv("STOCKROOM_URL", url)
    monkeypatch.setattr(sys, "path", list(sys.path))
    try:
        yield folder
    finally:
        sys.modules.pop("stockroom", None)


def unitwork(*arguments: str) -> "subprocess.Popen[str]":
    """Start the command in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "unitwork.entrypoints.cli", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONWARNINGS": "error"},
        text=True,
    )
