"""What every test may ask for."""

import gc
import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack

import pytest

from tests.storages import SQL, STORAGES, Servers, Storage
from unitwork.testing.conformance.reporting import pytest_terminal_summary
from unitwork.testing.plugin import pytest_addoption

__all__ = ["pytest_addoption", "pytest_terminal_summary"]


@pytest.hookimpl(optionalhook=True)  # where xdist is turned off, nobody calls it
def pytest_xdist_auto_num_workers() -> int:
    """Start one worker more than there are cores: many tests wait for a server."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_finish() -> None:
    """Let no collection of garbage walk through eight thousand tests each time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


_AGAIN = ("psycopg", "mariadb")
"""Storages that run the same lines again, but for their dialects."""
_OF_DIALECTS = ("test_failures.py", "test_engine.py", "unit")


def pytest_collection_modifyitems(items: Iterable[pytest.Item]) -> None:
    """Trace each line by some tests, and not by all: tracing takes most of the time."""
    for item in items:
        again = any(name in item.nodeid for name in _AGAIN)
        if again and not any(part in item.path.parts for part in _OF_DIALECTS):
            item.add_marker(pytest.mark.no_cover)


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
