"""One service, called in four ways: the same identifier, error and events."""

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, redirect_stderr
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import attrs
import click
import httpx
import pytest
from click.testing import CliRunner
from fastapi import FastAPI
from taskiq import InMemoryBroker

from tests.web import serving
from unitwork import (
    AbstractRepository,
    AbstractUnitOfWork,
    AggregateRoot,
    DomainEvent,
    Field,
    Key,
    UniqueViolationError,
    generated,
)
from unitwork.adapters.mapping import Schema
from unitwork.adapters.memory import InMemoryDatabase, InMemoryUnitOfWork
from unitwork.adapters.sqlalchemy import SqlAlchemyDatabase, SqlAlchemyUnitOfWork
from unitwork.application import OperationRecord, Runner
from unitwork.entrypoints.asgi import UnitOfWorkMiddleware
from unitwork.entrypoints.cli.decorator import unit_of_work
from unitwork.entrypoints.fastapi import unit
from unitwork.entrypoints.jobs.taskiq import job


class Joined(DomainEvent):
    email: str


class Member(AggregateRoot):
    id: Key[int] = generated()
    email: Field[str]


class Club(AbstractUnitOfWork):
    members: AbstractRepository[Member, int]


class InMemoryClub(InMemoryUnitOfWork, Club): ...


class SqlAlchemyClub(SqlAlchemyUnitOfWork, Club): ...


@attrs.define
class Seen:
    """What the service met, whoever called it."""

    results: list[object] = attrs.field(factory=list)
    events: list[tuple[DomainEvent, ...]] = attrs.field(factory=list)

    async def join(self, uow: Club, email: str) -> int:
        """Store a member, in a block of its own."""
        member = Member(email=email)
        try:
            async with uow:
                uow.members.add(member)
                member.record(Joined(email))
                await uow.commit()
        except UniqueViolationError as taken:
            self.results.append((type(taken), taken.aggregate, taken.fields))
            self.events.append(uow.events)
            raise
        self.results.append(member.id)
        self.events.append(uow.events)
        return member.id


Call = Callable[[str], Awaitable[object]]


def club_schema() -> Schema:
    schema = Schema().aggregate(Member, unique=[Member.email])
    return schema.aggregate(OperationRecord)


@asynccontextmanager
async def in_a_test(seen: Seen, _: Path) -> AsyncIterator[Call]:
    """By itself, on the in-memory storage."""
    uow = InMemoryClub(InMemoryDatabase(club_schema()))
    yield partial(seen.join, uow)


@asynccontextmanager
async def sqlite(folder: Path) -> AsyncIterator[SqlAlchemyDatabase]:
    database = SqlAlchemyDatabase(
        club_schema(), f"sqlite+aiosqlite:///{folder / 'club.db'}"
    )
    await database.create_all()
    yield database
    await database.dispose()


@asynccontextmanager
async def over_http(seen: Seen, folder: Path) -> AsyncIterator[Call]:
    """Under uvicorn, behind the middleware."""

    async def post(uow: Annotated[Club, unit(Club)], email: str) -> int:
        return await seen.join(uow, email)

    async with sqlite(folder) as database:
        app = FastAPI()
        app.post("/members")(post)
        app.add_middleware(UnitOfWorkMiddleware, make=lambda: SqlAlchemyClub(database))
        async with (
            serving(app) as address,
            httpx.AsyncClient(base_url=f"http://{address}", trust_env=False) as client,
        ):
            yield lambda email: client.post("/members", params={"email": email})


@asynccontextmanager
async def by_command(seen: Seen, folder: Path) -> AsyncIterator[Call]:
    """By a command of one's own."""
    async with sqlite(folder) as database:
        await database.dispose()  # each command has an event loop of its own

        @click.command()
        @click.argument("email")
        @unit_of_work(lambda: SqlAlchemyClub(database))
        async def join(uow: Club, email: str) -> None:
            try:
                await seen.join(uow, email)
            finally:
                await database.dispose()

        def invoke(email: str) -> object:
            with redirect_stderr(io.StringIO()):
                return CliRunner().invoke(join, [email])

        yield lambda email: asyncio.to_thread(invoke, email)


@asynccontextmanager
async def in_a_job(seen: Seen, folder: Path) -> AsyncIterator[Call]:
    """By a worker of Taskiq."""
    async with sqlite(folder) as database:
        broker = InMemoryBroker(await_inplace=True)
        runner = Runner(lambda: SqlAlchemyClub(database))
        task: Any = broker.task("join")(job(runner, seen.join))
        yield task.kiq


@pytest.mark.parametrize("way", [in_a_test, over_http, by_command, in_a_job])
async def test_a_service_does_the_same_however_it_is_called(
    way: Any, tmp_path: Path
) -> None:
    """Contract 3, 40: its block is the outermost one everywhere."""
    seen = Seen()
    async with way(seen, tmp_path) as call:
        await call("a@b.c")
        try:
            await call("a@b.c")
        except UniqueViolationError:
            assert way is in_a_test
        await call("d@e.f")

    taken = (UniqueViolationError, Member, ("email",))
    first, second, third = seen.results
    assert (first, second) == (1, taken)
    assert third in (2, 3)  # a database may skip the number of a failed insert
    assert seen.events == [(Joined("a@b.c"),), (), (Joined("d@e.f"),)]
