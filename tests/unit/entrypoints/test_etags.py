"""Versions as entity tags, and If-Match."""

import pytest

from tests.asgi import InMemoryShop, Served, ask, http_scope
from tests.shop import Counter, ShopUnitOfWork
from unitwork import ConcurrencyConflictError, MisuseError
from unitwork.domain.request_errors import (
    MalformedHeaderError,
    PreconditionRequiredError,
)
from unitwork.entrypoints.asgi import etag, expected_version, unit_of
from unitwork.entrypoints.asgi.types import Receive, Scope, Send


async def test_the_tag_of_a_version_is_read_back(served: Served) -> None:
    """Contract 16: it is strong, and serves `get(expected_version=)`."""
    uow = InMemoryShop(served.database)
    async with uow:
        uow.counters.add(counter := Counter(name="a"))
        await uow.commit()
    tag = etag(uow.version_of(counter))
    async with uow:
        await uow.counters.get("a", expected_version=expected_version(f" {tag} "))


def test_what_was_never_stored_has_no_tag() -> None:
    with pytest.raises(MisuseError, match="has no entity tag"):
        etag(None)


@pytest.mark.parametrize(
    "foreign", ['W/"1"', '"a"', '""', '"01"', '"-1"', f'"{10**19}"', '"1.0"']
)
async def test_a_tag_that_was_not_made_here_matches_no_version(
    served: Served, foreign: str
) -> None:
    """Contract 16: 412, as for any other version; weak tags never match."""
    uow = InMemoryShop(served.database)
    async with uow:
        uow.counters.add(Counter(name="a"))
        await uow.commit()
    async with uow:
        with pytest.raises(ConcurrencyConflictError, match="at the expected version"):
            await uow.counters.get("a", expected_version=expected_version(foreign))


def test_any_version_will_do_for_a_star_or_where_nothing_is_required() -> None:
    assert expected_version("*") is None
    assert expected_version(None, required=False) is None


def test_a_version_may_be_required() -> None:
    with pytest.raises(PreconditionRequiredError) as refused:
        expected_version(None)
    assert str(refused.value) == (
        "The request needs the header If-Match.\n"
        "It says which version is changed, so that no other change is lost.\n"
        "Read the resource, and send its ETag with the change."
        " [precondition-required]"
    )


@pytest.mark.parametrize(
    "header", ["", "1", '"1', '1"', '"1", "2"', '"a"b"', "'1'", '"\n"', "**"]
)
def test_what_is_not_one_tag_is_malformed(header: str) -> None:
    with pytest.raises(MalformedHeaderError, match="The header If-Match cannot be"):
        expected_version(header)


@pytest.mark.parametrize(
    ("header", "status"), [(None, 428), ("1", 400), ('"1"', 412), ("*", 200)]
)
async def test_each_refusal_has_its_status(
    served: Served, header: str | None, status: int
) -> None:
    """The middleware says them as problem documents."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        expected = expected_version(header)
        await unit_of(scope, ShopUnitOfWork).counters.get(
            "a", expected_version=expected
        )
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async with InMemoryShop(served.database) as uow:
        uow.counters.add(Counter(name="a"))
        await uow.commit()
    answer = await ask(served.behind(app), http_scope("PUT"))
    assert answer.status == status
