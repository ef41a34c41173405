"""The HTTP API of the users example, on SQLite: in process, and once over a socket."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from examples.users.adapters import migrate
from examples.users.api import Units
from examples.users.composition import compose
from examples.users.server import serving

ADA = {"name": "Ada", "email": "ada@example.com"}
BOB = {"name": "Bob", "email": "bob@example.com"}


@pytest.fixture
async def file(tmp_path: Path) -> Path:
    file = tmp_path / "users.db"
    await asyncio.to_thread(migrate, f"sqlite+aiosqlite:///{file}")
    return file


@pytest.fixture
async def app(file: Path) -> AsyncIterator[FastAPI]:
    app = compose(f"sqlite+aiosqlite:///{file}")
    units: Units = app.state.units
    yield app
    await units.dispose()


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://a") as client:
        yield client


def refused(response: httpx.Response) -> tuple[int, str, str]:
    """Return what a problem document says."""
    body = response.json()
    assert response.headers["content-type"] == "application/problem+json"
    assert set(body) == {"status", "type", "title", "detail"}
    assert body["status"] == response.status_code
    return body["status"], body["type"], body["detail"]


async def test_a_created_user_is_at_its_location(client: httpx.AsyncClient) -> None:
    created = await client.post("/users", json=ADA)
    assert created.status_code == 201
    found = await client.get(created.headers["location"])
    assert found.status_code == 200
    assert found.json() == created.json()
    assert found.json().items() >= {**ADA, "id": 1}.items()
    assert found.json()["created_at"].endswith("Z")


async def test_a_created_user_is_durable(client: httpx.AsyncClient, file: Path) -> None:
    """A plain second connection sees the row as soon as the answer is there."""
    await client.post("/users", json=ADA)
    with closing(sqlite3.connect(file)) as second:
        rows = second.execute("SELECT name, email FROM users").fetchall()
    assert rows == [("Ada", "ada@example.com")]


async def test_a_user_is_changed_by_put(client: httpx.AsyncClient) -> None:
    await client.post("/users", json=ADA)
    changed = await client.put("/users/1", json={**ADA, "name": "Ada Null"})
    assert changed.status_code == 200
    assert (await client.get("/users/1")).json() == changed.json()
    assert changed.json()["name"] == "Ada Null"


async def test_a_user_is_removed_by_delete(client: httpx.AsyncClient) -> None:
    await client.post("/users", json=ADA)
    assert (await client.delete("/users/1")).status_code == 204
    assert refused(await client.get("/users/1")) == (
        404,
        "urn:problem:not-found",
        "There is no User with the key 1.",
    )


async def test_users_come_in_pages(client: httpx.AsyncClient) -> None:
    for name in "abcde":
        await client.post("/users", json={"name": name, "email": f"{name}@example.com"})
    page = (await client.get("/users", params={"page": 2, "size": 2})).json()
    assert [user["name"] for user in page.pop("items")] == ["c", "d"]
    assert page == {"total": 5, "number": 2, "size": 2}


async def test_statistics_are_served(client: httpx.AsyncClient) -> None:
    await client.post("/users", json=ADA)
    assert (await client.get("/stats")).json() == {
        "users": 1,
        "new_within_1_day": 1,
        "new_within_7_days": 1,
        "new_within_30_days": 1,
    }


async def test_a_duplicate_address_is_a_conflict(client: httpx.AsyncClient) -> None:
    await client.post("/users", json=ADA)
    await client.post("/users", json=BOB)
    taken = (409, "urn:problem:email-taken", "Another user has this e-mail address.")
    assert refused(await client.post("/users", json=ADA)) == taken
    assert refused(await client.put("/users/2", json=ADA)) == taken


async def test_of_many_requests_for_one_address_one_gets_it(
    client: httpx.AsyncClient,
) -> None:
    answers = await asyncio.gather(
        *(client.post("/users", json={**ADA, "name": f"Ada {n}"}) for n in range(20))
    )
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 19
    assert (await client.get("/stats")).json()["users"] == 1


async def test_what_the_domain_refuses_is_unprocessable(
    client: httpx.AsyncClient,
) -> None:
    assert refused(await client.post("/users", json={**ADA, "name": " "})) == (
        422,
        "urn:problem:invalid-name",
        "The name is blank: it needs a letter or a digit.",
    )
    assert refused(await client.post("/users", json={**ADA, "email": "ada"})) == (
        422,
        "urn:problem:invalid-email",
        "An email address must have an @-sign.",
    )


@pytest.mark.parametrize(
    ("method", "path", "body", "detail"),
    [
        ("POST", "/users", {"name": "Ada"}, "body.email: Field required"),
        ("GET", "/users/0", None, "path.key: Input should be greater than or equal"),
        ("GET", f"/users/{2**63}", None, "path.key: Input should be less than"),
        ("GET", "/users?size=1000", None, "query.size: Input should be less than or"),
    ],
)
async def test_what_the_framework_refuses_has_the_same_form(
    client: httpx.AsyncClient,
    method: str,
    path: str,
    body: dict[str, str] | None,
    detail: str,
) -> None:
    status, kind, said = refused(await client.request(method, path, json=body))
    assert (status, kind) == (422, "about:blank")
    assert said.startswith(detail)


async def test_an_unknown_path_has_the_same_form(client: httpx.AsyncClient) -> None:
    assert refused(await client.get("/nowhere")) == (404, "about:blank", "Not Found")


async def test_a_storage_that_fails_is_an_honest_503(
    client: httpx.AsyncClient, file: Path
) -> None:
    """The table is gone: the client is told so, and nothing of the inside."""
    with closing(sqlite3.connect(file)) as second:
        second.execute("DROP TABLE users")
    assert refused(await client.post("/users", json=ADA)) == (
        503,
        "urn:problem:storage-missing",
        "The database, its folder or a table is not there.",
    )


async def test_a_bug_is_a_500_that_says_nothing(
    client: httpx.AsyncClient, app: FastAPI
) -> None:
    app.state.units = None
    assert refused(await client.get("/users/1")) == (
        500,
        "urn:problem:attribute",
        "The server failed at this request.",
    )


async def test_the_docs_render_without_internet(client: httpx.AsyncClient) -> None:
    page = await client.get("/docs")
    assert page.status_code == 200
    assert "https://" not in page.text
    assert "/static-offline-docs/swagger-ui-bundle.js" in page.text
    assert (await client.get("/openapi.json")).json()["info"]["title"] == "Users"


def test_the_api_runs_over_a_real_socket(tmp_path: Path) -> None:
    """And stops with the block: the port is free, the database is disposed of."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'users.db'}"
    migrate(url)
    with (
        serving(compose(url)) as address,
        httpx.Client(base_url=address, trust_env=False) as client,
    ):
        assert client.post("/users", json=ADA).status_code == 201
        assert client.get("/users/1").json()["name"] == "Ada"
    with pytest.raises(httpx.ConnectError):
        httpx.get(address, trust_env=False)
    assert [entry.name for entry in tmp_path.iterdir()] == ["users.db"]
