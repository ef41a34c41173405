"""What every test may ask for."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.storages import SQL, STORAGES, Servers, Storage
from unitwork.testing.conformance.reporting import pytest_terminal_summary
from unitwork.testing.plugin import pytest_addoption

__all__ = ["pytest_addoption", "pytest_terminal_summary"]


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """Database servers; those that were started are stopped in the end."""
    with ExitStack() as at_end:
        yield Servers(at_end)


@pytest.fixture(params=list(STORAGES))
def storage(request: pytest.FixtureRequest, servers: Servers) -> Storage:
    """Each storage in turn: a test that asks for it runs on all of them."""
    return STORAGES[request.param](servers)


@pytest.fixture(params=SQL)
def sql_storage(request: pytest.FixtureRequest, servers: Servers) -> Storage:
    """Each storage that has a database server or file behind it."""
    return STORAGES[request.param](servers)
