"""The middleware on plain ASGI applications, in memory."""

import asyncio
from typing import Any

import pytest
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import Response

from tests.asgi import Answer, InMemoryShop, Served, ask, http_scope, respond
from tests.shop import Counter, ShopUnitOfWork
from unitwork import (
    AbstractUnitOfWork,
    ConcurrencyConflictError,
    DomainError,
    MisuseError,
    Outcome,
    ReadOnlyError,
    UncommittedChangesError,
    UniqueViolationError,
    UnitOfWorkClosedError,
    all_of,
)
from unitwork.entrypoints.asgi import Policy, UnitOfWorkMiddleware, new_unit, unit_of
from unitwork.entrypoints.asgi.types import Message, Receive, Scope, Send
from unitwork.testing import FaultPlan, conflict, lost_reply


class RefusedError(DomainError): ...


async def add(uow: ShopUnitOfWork, name: str) -> None:
    async with uow:
        uow.counters.add(Counter(name=name))
        await uow.commit()


def adding(status: int = 200, name: str = "a") -> Any:
    """Make an application that adds without a block, and answers by a status."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        unit_of(scope, ShopUnitOfWork).counters.add(Counter(name=name))
        await respond(send, status, b"done")

    return app


# ── by status ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("status", [200, 201, 204, 303, 399])
async def test_a_response_below_400_commits(served: Served, status: int) -> None:
    """Contract 38: what use without a block has opened."""
    assert (await served.ask(adding(status))).status == status
    assert await served.counters() == {"a": 0}


@pytest.mark.parametrize("status", [400, 404, 409, 500, 503])
async def test_a_response_of_400_and_above_rolls_back(
    served: Served, status: int
) -> None:
    """Contract 38: a handler of exceptions has made it, or anybody else."""
    answer = await served.ask(adding(status))
    assert (answer.status, answer.body) == (status, b"done")
    assert await served.counters() == {}
    assert served.made[0].outcome is Outcome.ROLLED_BACK


async def test_the_commit_comes_before_the_first_message(served: Served) -> None:
    """Contract 38: and no message is lost, or changes its place."""
    outcomes = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await add_by_use(scope)
        await respond(send, 200, b"1", b"2", b"3")

    async def add_by_use(scope: Scope) -> None:
        unit_of(scope, ShopUnitOfWork).counters.add(Counter(name="a"))

    async def receive() -> Message:
        raise AssertionError

    async def send(message: Message) -> None:
        outcomes.append((message.get("body"), served.made[0].outcome))

    await served.behind(app)(http_scope("POST"), receive, send)
    committed = Outcome.COMMITTED
    assert outcomes == [(body, committed) for body in (None, b"1", b"2", b"3")]


async def test_messages_of_other_tasks_wait_for_the_commit(served: Served) -> None:
    """Contract 38: whoever sends them, and however they are hurried."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        unit_of(scope, ShopUnitOfWork).counters.add(Counter(name="a"))
        start = {"type": "http.response.start", "status": 200, "headers": []}
        body = {"type": "http.response.body", "body": b"done"}
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_sending(send, start))
            tasks.create_task(_sending(send, body))

    async def _sending(send: Send, message: Message) -> None:
        await send(message)

    served.database = type(served.database)(served.database.schema, yielding=True)
    answer = await served.ask(app)
    assert (answer.status, answer.body) == (200, b"done")


async def test_the_policy_is_replaceable(served: Served) -> None:
    """Contract 38: it sees the request and the status."""

    class Lenient(Policy):
        def commits(self, scope: Scope, status: int) -> bool:
            return scope["method"] == "GET" and status == 402

        def reads_only(self, scope: Scope) -> bool:
            return False

    assert (await served.ask(adding(402), "GET", policy=Lenient())).status == 402
    assert await served.counters() == {"a": 0}
    await served.ask(adding(402, "b"), policy=Lenient())
    await served.ask(adding(200, "c"), policy=Lenient())
    assert await served.counters() == {"a": 0}


async def test_what_a_service_committed_stays(served: Served) -> None:
    """Contract 3, 38: its own block is the outermost one."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await add(unit_of(scope, ShopUnitOfWork), "a")
        await respond(send, 500)

    await served.ask(app)
    assert await served.counters() == {"a": 0}


@pytest.mark.parametrize("status", [200, 500])
async def test_what_a_handler_commits_without_a_block_is_committed_once(
    served: Served, status: int
) -> None:
    """Contract 2, 3, 38: nothing is left for the middleware."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        uow = unit_of(scope, ShopUnitOfWork)
        uow.counters.add(Counter(name="a"))
        await uow.commit()
        with pytest.raises(UnitOfWorkClosedError):
            await uow.counters.find("b")
        await respond(send, status)

    assert (await served.ask(app)).status == status
    assert await served.counters() == {"a": 0}


async def test_each_service_of_a_request_commits_by_itself(served: Served) -> None:
    """Contract 3, 38: and the middleware what is done beside them."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        uow = unit_of(scope, ShopUnitOfWork)
        await add(uow, "a")
        await add(uow, "b")
        uow.counters.add(Counter(name="c"))
        await respond(send, int(scope["path"]))

    await ask(served.behind(app), http_scope("POST", "500"))
    assert await served.counters() == {"a": 0, "b": 0}


# ── lazy ────────────────────────────────────────────────────────────────────────


async def test_no_unit_is_made_if_nobody_asks(served: Served) -> None:
    """Contract 38: and the messages pass at once."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send, 200, b"done")

    assert (await served.ask(app)).body == b"done"
    assert served.made == []


async def test_a_request_has_one_unit(served: Served) -> None:
    """Contract 3: by its scope, or by whatever has that; not open."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        uow = unit_of(scope, ShopUnitOfWork)
        assert uow.outcome is Outcome.NEW
        assert unit_of(Request(scope), ShopUnitOfWork) is uow
        assert unit_of(scope, InMemoryShop) is uow
        await respond(send)

    await served.ask(app)
    assert len(served.made) == 1
    assert served.made[0].outcome is Outcome.NEW


async def test_each_port_has_a_middleware_of_its_own(served: Served) -> None:
    """Contract 3: the nearest one that lends the port."""

    class Other(ShopUnitOfWork): ...

    class InMemoryOther(InMemoryShop, Other): ...

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        unit_of(scope, ShopUnitOfWork).counters.add(Counter(name="a"))
        other = unit_of(scope, Other)
        assert isinstance(other, InMemoryOther)
        other.counters.add(Counter(name="b"))
        await respond(send)

    database = served.database
    outer = UnitOfWorkMiddleware(
        served.behind(app, port=InMemoryShop),
        lambda: InMemoryOther(database),
        port=Other,
    )
    assert (await ask(outer, http_scope("POST"))).status == 200
    assert await served.counters() == {"a": 0, "b": 0}


@pytest.mark.parametrize(
    ("make", "port", "message"),
    [
        (object, ShopUnitOfWork, "The middleware's factory made an object of object."),
        (None, int, "The middleware lends units of InMemoryShop, not of int."),
    ],
)
async def test_a_unit_of_another_kind_is_refused(
    served: Served, make: Any, port: Any, message: str
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        unit_of(scope, port)

    with pytest.raises(MisuseError) as refused:
        await ask(UnitOfWorkMiddleware(app, make or served.make), http_scope("GET"))
    assert refused.value.what == message


async def test_without_a_middleware_there_is_no_unit() -> None:
    with pytest.raises(MisuseError, match="no unit of work of AbstractUnitOfWork"):
        unit_of(http_scope("GET"), AbstractUnitOfWork)


# ── read-only ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
async def test_safe_methods_are_lent_units_that_refuse_to_write(
    served: Served, method: str
) -> None:
    """Contract 11, 38: it is a bug of the server's, which is told of it."""
    answer = Answer()
    scope = http_scope(method)
    with pytest.raises(ReadOnlyError):
        await ask(served.behind(adding()), scope, answer=answer)
    assert (answer.status, answer.type) == (500, "read-only")
    assert await served.counters() == {}


# ── failures ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("fault", "status", "kind", "retry"),
    [(conflict, 409, "conflict", "7"), (lost_reply, 500, "outcome-unknown", None)],
)
async def test_a_commit_that_failed_is_a_problem(
    served: Served, fault: Any, status: int, kind: str, retry: str | None
) -> None:
    """Contract 38: nothing of the handler's response leaves, nor is it gone on with."""
    done = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await adding()(scope, receive, send)
        done.append("a background task")

    with FaultPlan().at_commit(1, fault).on(served.database):
        answer = await served.ask(app, retry_after_seconds=7)
    assert (answer.status, answer.type) == (status, kind)
    assert answer.headers.get("retry-after") == retry
    assert len(answer.messages) == 2
    assert done == []


async def test_a_commit_that_failed_is_told_though_the_app_catches_it(
    served: Served,
) -> None:
    """Contract 38: what it sends instead goes nowhere."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for _ in range(2):
            try:
                await adding()(scope, receive, send)
            except (ConcurrencyConflictError, UnitOfWorkClosedError):
                continue
        with pytest.raises(ConcurrencyConflictError):
            await respond(send, 200)

    with FaultPlan().at_commit(1, conflict).on(served.database):
        answer = await served.ask(app)
    assert (answer.status, len(answer.messages)) == (409, 2)


async def test_refusals_that_leave_the_application_become_problems(
    served: Served,
) -> None:
    """Contract 38: in the words, and with the statuses, that were chosen."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        unit_of(scope, ShopUnitOfWork).counters.add(Counter(name="a"))
        raise RefusedError("not today")

    answer = await served.ask(app, statuses={RefusedError: 410}, types="https://x/")
    assert answer.problem == {
        "status": 410,
        "type": "https://x/refused",
        "title": "Refused",
        "detail": "not today",
    }
    assert await served.counters() == {}


async def test_what_is_not_there_is_404(served: Served) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await unit_of(scope, ShopUnitOfWork).counters.get("none")

    assert (await served.ask(app, "GET")).type == "not-found"


@pytest.mark.parametrize("kind", [KeyError, asyncio.CancelledError, SystemExit])
async def test_other_exceptions_pass_after_the_rollback(
    served: Served, kind: type[BaseException]
) -> None:
    """Contract 4, 38: nothing is sent for them."""
    answer = Answer()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await adding()(scope, receive, _stopped)

    async def _stopped(message: Message) -> None:
        raise kind

    with pytest.raises(kind):
        await ask(served.behind(app), http_scope("POST"), answer=answer)
    assert answer.messages == []
    assert await served.counters() == {}
    assert served.made[0].outcome is Outcome.ROLLED_BACK


async def test_an_exception_after_the_start_changes_nothing(served: Served) -> None:
    """Contract 4, 38: it was committed, and the client sees that it was cut off."""
    answer = Answer()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await adding()(scope, receive, send)
        raise RefusedError

    with pytest.raises(RefusedError):
        await ask(served.behind(app), http_scope("POST"), answer=answer)
    assert (answer.status, len(answer.messages)) == (200, 2)
    assert await served.counters() == {"a": 0}


async def test_without_a_response_nothing_is_committed(served: Served) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        unit_of(scope, ShopUnitOfWork).counters.add(Counter(name="a"))

    await served.ask(app)
    assert await served.counters() == {}


async def test_a_block_that_is_open_when_the_response_starts_is_a_bug(
    served: Served,
) -> None:
    """Contract 5, 38: rolled back, told to the client as a 500, and to the server."""
    answer = Answer()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        async with unit_of(scope, ShopUnitOfWork) as uow:
            uow.counters.add(Counter(name="a"))
            await respond(send)

    with pytest.raises(UncommittedChangesError):
        await ask(served.behind(app), http_scope("POST"), answer=answer)
    assert (answer.status, answer.type) == (500, "uncommitted-changes")
    assert await served.counters() == {}


async def test_a_client_that_left_ends_the_unit(served: Served) -> None:
    """Contract 4, 38: the server cancels the request while the handler waits."""
    waiting = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        unit_of(scope, ShopUnitOfWork).counters.add(Counter(name="a"))
        waiting.set()
        await asyncio.Event().wait()

    request = asyncio.create_task(served.ask(app))
    await waiting.wait()
    request.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request
    assert served.made[0].outcome is Outcome.ROLLED_BACK


# ── after the start ─────────────────────────────────────────────────────────────


async def test_after_the_start_the_unit_is_closed(served: Served) -> None:
    """Contract 39: it says what became of it; another one is had by new_unit."""
    met = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        uow = unit_of(scope, ShopUnitOfWork)
        await add(uow, "a")
        await respond(send)
        for use in (uow.counters.get("a"), add(uow, "b")):
            with pytest.raises(UnitOfWorkClosedError) as closed:
                await use
            met.append(closed.value.outcome)
        async with new_unit(scope, ShopUnitOfWork) as own:
            await add(own, "c")

    await served.ask(app)
    assert met == [Outcome.COMMITTED] * 2
    assert await served.counters() == {"a": 0, "c": 0}


async def test_a_unit_that_is_first_asked_for_after_the_start_is_refused(
    served: Served,
) -> None:
    """Contract 39: nobody would commit it."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send)
        with pytest.raises(UnitOfWorkClosedError):
            unit_of(scope, ShopUnitOfWork)

    await served.ask(app)
    assert served.made == []


# ── another task, websockets ────────────────────────────────────────────────────


async def test_behind_base_http_middleware_the_unit_is_adopted(served: Served) -> None:
    """Contract 8, 38: the handler runs in one task, its response starts in another."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        unit_of(scope, ShopUnitOfWork).counters.add(Counter(name="a"))
        tasks.append(asyncio.current_task())
        await Response("done", 201)(scope, receive, send)

    async def dispatch(request: Request, call_next: Any) -> Any:
        tasks.append(asyncio.current_task())
        return await call_next(request)

    tasks: list[Any] = []
    answer = await served.ask(BaseHTTPMiddleware(app, dispatch))
    assert (answer.status, answer.body) == (201, b"done")
    assert tasks[0] is not tasks[1]
    assert await served.counters() == {"a": 0}


@pytest.mark.parametrize("inside", [True, False])
async def test_with_base_http_middleware_a_failed_commit_is_a_problem(
    served: Served, *, inside: bool
) -> None:
    """Contract 38: on whichever side of it the other one stands."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        unit_of(scope, ShopUnitOfWork).counters.add(Counter(name="a"))
        await Response("done", 201)(scope, receive, send)

    async def dispatch(request: Request, call_next: Any) -> Any:
        return await call_next(request)

    both: Any = (
        served.behind(BaseHTTPMiddleware(app, dispatch))
        if inside
        else BaseHTTPMiddleware(served.behind(app), dispatch)
    )
    with FaultPlan().at_commit(1, conflict).on(served.database):
        answer = await ask(both, http_scope("POST"))
    assert (answer.status, answer.type) == (409, "conflict")
    assert answer.headers["retry-after"] == "1"


async def test_a_websocket_opens_a_unit_for_each_message(served: Served) -> None:
    """Contract 39: each commits or rolls back by itself."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        with pytest.raises(MisuseError, match="A websocket has no unit of work"):
            unit_of(scope, ShopUnitOfWork)
        for name in ("a", "b", "a", "c"):
            try:
                async with new_unit(scope, ShopUnitOfWork) as uow:
                    uow.counters.add(Counter(name=name))
                    if name == "b":
                        raise RefusedError
            except (DomainError, UniqueViolationError) as error:
                met.append(type(error))
        async with new_unit(scope, ShopUnitOfWork, read_only=True) as uow:
            seen.extend([c.name for c in await uow.counters.matching(all_of())])

    met: list[type] = []
    seen: list[str] = []
    await served.behind(app)({"type": "websocket"}, None, None)  # type: ignore[arg-type]  # not used
    assert (met, seen) == ([RefusedError, UniqueViolationError], ["a", "c"])


async def test_what_is_no_request_passes(served: Served) -> None:
    """The life of the application is not the middleware's affair."""
    passed = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        passed.append(scope)

    scope = {"type": "lifespan"}
    await served.behind(app)(scope, None, None)  # type: ignore[arg-type]  # not used
    assert passed == [{"type": "lifespan"}]


@pytest.mark.parametrize("asks", [False, True], ids=["commit", "query"])
async def test_a_value_that_no_storage_keeps_is_the_clients(
    served: Served, *, asks: bool
) -> None:
    """By a commit of the service itself, and by a key that a client made up."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        uow = unit_of(scope, ShopUnitOfWork)
        if asks:
            await uow.counters.find("a\0b")
        await add(uow, "a\0b")

    answer = await served.ask(app)
    assert (answer.status, answer.problem["type"]) == (422, "urn:problem:invalid-value")
