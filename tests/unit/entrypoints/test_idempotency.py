"""Requests with an Idempotency-Key, in memory."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.asgi import Answer, Served, ask, http_scope, respond
from tests.shop import Counter, ShopUnitOfWork
from unitwork import (
    ConcurrencyConflictError,
    DomainError,
    StorageBusyError,
    UnitOfWorkClosedError,
)
from unitwork.adapters.mapping import Schema
from unitwork.adapters.memory import InMemoryDatabase
from unitwork.entrypoints.asgi import Idempotency, Policy, unit_of
from unitwork.entrypoints.asgi.types import App, Receive, Scope, Send
from unitwork.testing import FaultPlan, conflict, lost_reply, lost_request

KEYS = Idempotency()


class RefusedError(DomainError): ...


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait for results that nobody is about to store."""
    monkeypatch.setattr("unitwork.application.keys.PAUSES", (0,) * 5)


@pytest.fixture(autouse=True)
def _all_is_stored(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """What is to be kept can be kept: else it would be missed only after a wait."""
    yield
    said = [record.getMessage() for record in caplog.get_records("call")]
    assert [text for text in said if "was not stored" in text] == []


async def count(uow: ShopUnitOfWork) -> int:
    counter = await uow.counters.find("a")
    if counter is None:
        counter = Counter(name="a")
        uow.counters.add(counter)
    counter.value += 1
    return counter.value


async def without_block(scope: Scope) -> int:
    """Count, and leave the commit to the middleware."""
    return await count(unit_of(scope, ShopUnitOfWork))


async def by_service(scope: Scope) -> int:
    """Count in a block of its own; its result is no response."""
    async with unit_of(scope, ShopUnitOfWork) as uow:
        value = await count(uow)
        await uow.commit(result=value)
    return value


def counting(how: Any = without_block, status: int = 201, **headers: str) -> App:
    """Make an application that counts, and tells the value by a response."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        body = str(await how(scope)).encode()
        await respond(send, status, body, content_length=str(len(body)), **headers)

    return app


async def send_keyed(
    served: Served, app: App, *body: bytes, keys: Idempotency = KEYS, **scope: Any
) -> Answer:
    given = {"path": "/", "idempotency_key": "once", **scope}
    made = http_scope("POST", **given)
    return await ask(served.behind(app, idempotency=keys), made, body or (b"",))


# ── repeats ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("how", [without_block, by_service])
async def test_a_repeat_gets_the_very_same_response(served: Served, how: Any) -> None:
    """Contract 34: whoever has committed; the application is not asked again."""
    app = counting(how, location="/counters/1", server="x")
    first = await send_keyed(served, app, b"a", b"b")
    again = await send_keyed(served, app, b"ab")
    assert (first.status, first.body) == (again.status, again.body) == (201, b"1")
    headers = {**first.headers, "idempotent-replayed": "true"}
    del headers["server"]
    assert again.headers == headers
    assert await served.counters() == {"a": 1}


async def test_without_a_key_or_with_a_safe_method_nothing_is_kept(
    served: Served,
) -> None:
    app = counting()
    await served.ask(app, idempotency=KEYS)
    await served.ask(app, idempotency=KEYS)
    assert await served.counters() == {"a": 2}

    async def read(scope: Scope, receive: Receive, send: Send) -> None:
        await unit_of(scope, ShopUnitOfWork).counters.get("a")
        await respond(send)

    scope = http_scope("GET", idempotency_key="once")
    answer = await ask(served.behind(read, idempotency=KEYS), scope)
    assert answer.status == 200


@pytest.mark.parametrize(
    "other",
    [
        {"path": "/other"},
        {"query": "x=1"},
        {"body": b"other"},
        {"authorization": "Bearer other"},
    ],
)
async def test_a_key_is_refused_for_another_request(
    served: Served, other: dict[str, Any]
) -> None:
    """Contract 34: another path, query, body, or client."""
    await send_keyed(served, counting())
    body = other.pop("body", b"")
    answer = await send_keyed(served, counting(), body, **other)
    assert (answer.status, answer.type) == (422, "operation-key-reused")
    assert await served.counters() == {"a": 1}


async def test_who_owns_a_key_is_replaceable(served: Served) -> None:
    """Contract 34: here it is nobody in particular."""
    keys = Idempotency(owner=lambda _: "")
    await send_keyed(served, counting(), keys=keys, authorization="old")
    again = await send_keyed(served, counting(), keys=keys, authorization="new")
    assert again.headers["idempotent-replayed"] == "true"


async def test_a_response_is_kept_as_long_as_was_said(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = Idempotency(keep=timedelta(microseconds=1))
    await send_keyed(served, counting(), keys=keys)
    assert (await send_keyed(served, counting(), keys=keys)).body == b"2"


# ── in flight ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("how", [without_block, by_service])
async def test_of_requests_in_flight_at_once_one_takes_effect(
    served: Served, how: Any
) -> None:
    """Contract 34: the others get its response."""
    served.database = InMemoryDatabase(served.database.schema, yielding=True)
    answers = await asyncio.gather(
        *(send_keyed(served, counting(how)) for _ in range(6))
    )
    assert [(a.status, a.body) for a in answers] == [(201, b"1")] * 6
    assert await served.counters() == {"a": 1}


@pytest.mark.parametrize("failure", [RefusedError, KeyError, None])
async def test_a_request_that_meets_its_own_effects_gets_their_response(
    served: Served, failure: type[Exception] | None
) -> None:
    """Contract 34: by an exception, or by a refusal that a handler made of one."""
    twins: list[Answer] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if not twins:
            twins.append(await send_keyed(served, counting()))
            await unit_of(scope, ShopUnitOfWork).counters.get("a")
            if failure is not None:
                raise failure
            await respond(send, 409, b"taken")

    answer = await send_keyed(served, app)
    assert (answer.status, answer.body) == (201, b"1")
    assert answer.headers["idempotent-replayed"] == "true"


async def test_a_request_whose_twin_is_not_answered_yet_is_a_conflict(
    served: Served,
) -> None:
    """Contract 34: it has waited for the response."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await by_service(scope)
        answers.append(await send_keyed(served, counting()))
        await respond(send, 201, b"1", content_length="1")

    answers: list[Answer] = []
    await send_keyed(served, app)
    assert (answers[0].status, answers[0].type) == (409, "operation-result-missing")
    assert (await send_keyed(served, app)).body == b"1"


# ── what is not kept ────────────────────────────────────────────────────────────


@pytest.mark.parametrize("status", [400, 409, 500])
async def test_what_was_rolled_back_leaves_the_key_free(
    served: Served, status: int
) -> None:
    """Contract 34: only what took effect is recorded."""
    assert (await send_keyed(served, counting(status=status))).status == status
    assert (await send_keyed(served, counting())).body == b"1"


async def test_a_refusal_after_a_commit_is_kept(served: Served) -> None:
    """Contract 34: it is the answer to what took effect."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await by_service(scope)
        raise RefusedError("half done")

    for replayed in (None, "true"):
        answer = await send_keyed(served, app)
        assert (answer.status, answer.problem["detail"]) == (422, "half done")
        assert answer.headers.get("idempotent-replayed") == replayed
    assert await served.counters() == {"a": 1}


async def test_a_storage_that_fails_after_a_commit_is_told_and_not_kept(
    served: Served,
) -> None:
    """Contract 34: it is the second part that was not done, and nobody repeats it."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await by_service(scope)
        raise StorageBusyError("locked")

    answer = await send_keyed(served, app)
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    assert (await send_keyed(served, app)).type == "operation-result-missing"
    assert await served.counters() == {"a": 1}


async def test_a_cancelled_request_leaves_the_key_free(served: Served) -> None:
    """Contract 4, 34: nothing took effect."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await without_block(scope)
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await send_keyed(served, app)
    assert (await send_keyed(served, counting())).body == b"1"


@pytest.mark.parametrize("error", [KeyError, None])
async def test_an_answer_of_500_after_a_commit_is_not_kept(
    served: Served, error: type[Exception] | None
) -> None:
    """Contract 34: and yet it is not done again."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await by_service(scope)
        if error is not None:
            raise error
        await respond(send, 503)

    try:
        assert (await send_keyed(served, app)).status == 503
    except KeyError:
        assert error is KeyError
    answer = await send_keyed(served, counting())
    assert (answer.status, answer.type) == (409, "operation-result-missing")
    assert await served.counters() == {"a": 1}


async def test_a_500_that_a_policy_commits_is_not_kept(served: Served) -> None:
    class Always(Policy):
        def commits(self, scope: Scope, status: int) -> bool:
            return True

    scope = http_scope("POST", idempotency_key="once")
    app = served.behind(counting(status=500), idempotency=KEYS, policy=Always())
    assert (await ask(app, scope)).status == 500
    answer = await send_keyed(served, counting())
    assert (answer.status, await served.counters()) == (409, {"a": 1})


async def test_a_request_without_a_unit_is_not_kept(served: Served) -> None:
    """Contract 34: there is no commit to keep it in."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send, 200, (await receive())["body"])
        assert (await receive())["type"] == "http.disconnect"

    for _ in range(2):
        answer = await send_keyed(served, app, b"a", b"b")
        assert (answer.body, answer.headers) == (b"ab", {})


# ── failed commits ──────────────────────────────────────────────────────────────


async def test_a_failed_commit_leaves_the_key_free(served: Served) -> None:
    """Contract 34, 38: the client sends the same again, as Retry-After says."""
    with FaultPlan().at_commit(1, conflict).on(served.database):
        answer = await send_keyed(served, counting())
    assert (answer.status, answer.headers["retry-after"]) == (409, "1")
    assert (await send_keyed(served, counting())).body == b"1"


@pytest.mark.parametrize(("lost", "status"), [(lost_reply, 201), (lost_request, 500)])
async def test_an_unknown_outcome_is_resolved_by_the_key(
    served: Served, lost: Any, status: int
) -> None:
    """Contract 34: at once if it was applied, and by the next request if not."""
    with FaultPlan().at_commit(1, lost).on(served.database):
        answer = await send_keyed(served, counting())
    assert answer.status == status
    assert (await send_keyed(served, counting())).body == b"1"
    assert await served.counters() == {"a": 1}


async def test_a_client_is_told_what_failed_if_nobody_can_look(served: Served) -> None:
    app = counting()
    with (
        FaultPlan().at_commit(1, lost_request).at_read(3, conflict).on(served.database)
    ):
        answer = await send_keyed(served, app)
    assert (answer.status, answer.type) == (500, "outcome-unknown")


# ── streams, sizes ──────────────────────────────────────────────────────────────


def streaming(*pieces: bytes, how: Any = without_block) -> App:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await how(scope)
        await respond(send, 200, *pieces)
        uow = unit_of(scope, ShopUnitOfWork)
        with pytest.raises(UnitOfWorkClosedError):
            await uow.counters.get("a")

    return app


@pytest.mark.parametrize("how", [without_block, by_service])
async def test_a_stream_goes_out_as_it_comes_and_is_kept(
    served: Served, how: Any
) -> None:
    """Contract 34, 39: the unit is closed when it begins; it is stored at its end."""
    for replayed in (None, "true"):
        answer = await send_keyed(served, streaming(b"a", b"b", b"c", how=how))
        assert answer.body == b"abc"
        assert answer.headers.get("idempotent-replayed") == replayed
        assert len(answer.messages) == (2 if replayed else 4)


@pytest.mark.parametrize("how", [without_block, by_service])
@pytest.mark.parametrize("length", ["4", None])
async def test_a_response_that_is_too_long_is_not_kept(
    served: Served, how: Any, length: str | None
) -> None:
    """Contract 34: it takes effect once nevertheless."""
    keys = Idempotency(limit_bytes=3)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await how(scope)
        headers = {} if length is None else {"content_length": length}
        await respond(send, 200, b"ab", b"cd", **headers)

    assert (await send_keyed(served, app, keys=keys)).body == b"abcd"
    answer = await send_keyed(served, app, keys=keys)
    assert (answer.status, answer.type) == (409, "operation-result-missing")
    assert await served.counters() == {"a": 1}


async def test_a_response_that_is_longer_than_it_says_is_not_kept(
    served: Served,
) -> None:
    keys = Idempotency(limit_bytes=3)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await without_block(scope)
        await respond(send, 200, b"ab", b"cd", content_length="2")

    assert (await send_keyed(served, app, keys=keys)).body == b"abcd"
    assert (await send_keyed(served, app, keys=keys)).status == 409


async def test_a_response_without_a_body_is_kept_with_its_commit(
    served: Served,
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await without_block(scope)
        await respond(send, 204)

    for _ in range(2):
        assert (await send_keyed(served, app)).status == 204
    assert await served.counters() == {"a": 1}


async def test_a_file_that_the_server_sends_is_not_kept(served: Served) -> None:
    """It is not seen here: an extension of ASGI names its path only."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await without_block(scope)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.pathsend", "path": "/x"})

    answer = await send_keyed(served, app)
    assert answer.messages[1]["type"] == "http.response.pathsend"
    assert (await send_keyed(served, app)).status == 409


async def test_a_request_that_is_too_long_is_refused(served: Served) -> None:
    """Nothing was begun, and the key is free."""
    keys = Idempotency(limit_bytes=3)
    answer = await send_keyed(served, counting(), b"ab", b"cd", keys=keys)
    assert (answer.status, answer.type) == (413, "body-too-large")
    assert (await send_keyed(served, counting(), b"abc", keys=keys)).body == b"1"


@pytest.mark.parametrize("key", ["", "x" * 251])
async def test_a_key_that_cannot_be_kept_is_refused(served: Served, key: str) -> None:
    answer = await send_keyed(served, counting(), idempotency_key=key)
    assert (answer.status, answer.type) == (400, "malformed-header")
    assert served.made == []


async def test_a_client_that_left_before_its_request_was_read_is_not_served(
    served: Served,
) -> None:
    app = served.behind(counting(), idempotency=KEYS)

    async def gone() -> Any:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        raise AssertionError(message)

    await app(http_scope("POST", idempotency_key="once"), gone, send)
    assert served.made == []


async def test_a_schema_without_a_table_for_keys_is_a_bug(served: Served) -> None:
    served.database = InMemoryDatabase(Schema(Counter))
    with pytest.raises(Exception, match="no table for operation keys"):
        await send_keyed(served, counting())


async def test_an_error_after_the_response_changes_nothing_of_it(
    served: Served,
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await counting(by_service)(scope, receive, send)
        raise ConcurrencyConflictError

    with pytest.raises(ConcurrencyConflictError):
        await send_keyed(served, app)
    assert (await send_keyed(served, app)).body == b"1"
