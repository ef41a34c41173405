"""What tests of job engines ask for: a bank, a database of its own, names."""

from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import URL

from tests.storages import STORAGES, Servers
from unitwork.testing.conformance.bank import Bank, open_bank


@pytest.fixture
def name() -> str:
    """A name that nothing else has, for a queue or stream."""
    return f"unitwork-{uuid4().hex}"


@pytest.fixture
async def bank(servers: Servers) -> AsyncIterator[Bank]:
    """A bank in a file, with an account `a` of balance 0."""
    async with open_bank(STORAGES["sqlite"](servers)) as bank:
        yield bank


@pytest.fixture
def postgres_url(servers: Servers) -> Iterator[URL]:
    """An empty database of its own, in which an engine may make its tables."""
    url = servers.postgres.url
    name = f"unitwork_jobs_{uuid4().hex}"
    server = url.render_as_string(hide_password=False)
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        yield url.set(database=name)
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
