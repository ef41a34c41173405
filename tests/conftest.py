"""What every test may ask for."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.storages import Servers, Storage

SQL = ["sqlite", "postgresql-asyncpg", "postgresql-psycopg", "mariadb"]


@pytest.fixture(scope="session")
def servers() -> "Iterator[Servers]":
    """Database servers; those that were started are stopped in the end."""
    from tests.storages import Servers

    with ExitStack() as at_end:
        yield Servers(at_end)


@pytest.fixture(params=["memory", *SQL])
def storage(request: pytest.FixtureRequest, servers: "Servers") -> "Storage":
    """Each storage in turn: a test that asks for it runs on all of them."""
    from tests.storages import STORAGES

    return STORAGES[request.param](servers)


@pytest.fixture(params=SQL)
def sql_storage(request: pytest.FixtureRequest, servers: "Servers") -> "Storage":
    """Each storage that has a database server or file behind it."""
    from tests.storages import STORAGES

    return STORAGES[request.param](servers)
