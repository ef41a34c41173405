"""The pytest plugin: each test on a fake and on real databases, all of them empty.

pytest loads it at its start, wherever the library is installed: what it needs is
imported when a test asks for it.
"""

# ruff: noqa: PLC0415 - see above

import inspect
import os
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from unitwork.testing.amounts import PROGRAMS, QUERIES

try:
    from pytest_asyncio import fixture as async_fixture
except ImportError:  # another plugin may run the tests' event loops
    async_fixture = pytest.fixture  # type: ignore[assignment]  # has fewer options

if TYPE_CHECKING:
    from unitwork.adapters.memory import InMemoryDatabase
    from unitwork.adapters.sqlalchemy import SqlAlchemyDatabase
    from unitwork.testing.storages import Storages, Trial

_MARKER = "unitwork_on(kind): run only on 'memory', 'sql', or one kind of database"
_MEMORY = "memory"
_DEFAULT = "sqlite+aiosqlite://"
_SERVERS = (
    "postgresql",
    "postgresql-asyncpg",
    "postgresql-psycopg",
    "mysql",
    "mariadb",
)
_KINDS = {_MEMORY, "sql", "sqlite", *_SERVERS, "mysql-asyncmy", "mariadb-asyncmy"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the URLs of real databases, and how much is asked of adapters."""
    group = parser.getgroup("unitwork")
    group.addoption(
        "--unitwork-url",
        action="append",
        metavar="URL",
        help="a real database for tests that ask for `database` or `uow`, or"
        " sqlite+aiosqlite://, postgresql+asyncpg://, postgresql+psycopg:// for a"
        " temporary one; may be given several times (default: UNITWORK_URL, or a"
        " temporary SQLite file)",
    )
    for what, default in (("programs", PROGRAMS), ("queries", QUERIES)):
        group.addoption(
            f"--conformance-{what}",
            type=int,
            metavar="NUMBER",
            help=f"how many random {what} a conformance suite asks of its adapter"
            f" (default: {default})",
        )
    group.addoption(
        "--conformance-sabotage",
        metavar="FAMILY/BUG",
        help="a bug to seed in the adapter of a conformance suite, which must find it",
    )
    group.addoption(
        "--conformance-replay",
        metavar="FILE",
        help="the program, or case of queries, that a conformance suite asks instead",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known, and see once that options name what there is."""
    config.addinivalue_line("markers", _MARKER)
    bug, file = map(config.getoption, ("conformance_sabotage", "conformance_replay"))
    if bug is not None or file is not None:
        _check(bug, file)


def _check(bug: str | None, file: str | None) -> None:
    from unitwork.domain.errors import MisuseError
    from unitwork.testing.conformance.replaying import read
    from unitwork.testing.conformance.sabotage.catalogue import bug_named

    try:
        if bug is not None:
            bug_named(bug)
        if file is not None:
            read(Path(file))
    except MisuseError as error:
        raise pytest.UsageError(str(error)) from error


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that uses a database on each that it fits."""
    if "unitwork_url" not in metafunc.fixturenames:
        return
    kinds = [mark.args[0] for mark in metafunc.definition.iter_markers("unitwork_on")]
    for unknown in set(kinds) - _KINDS:
        raise pytest.UsageError(
            f"unitwork_on({unknown!r}): there is no such kind of database. It is one of"
            f" {', '.join(sorted(_KINDS))}."
        )
    fitting = {
        name: url
        for name, url in _named(metafunc.config).items()
        if all(kind in _kinds(name) for kind in kinds)
    }
    if fitting:
        urls, names = list(fitting.values()), list(fitting)
        metafunc.parametrize("unitwork_url", urls, indirect=True, ids=names)
        return
    reason = f"No database is {' and '.join(kinds)}: see --unitwork-url."
    missing = pytest.param(None, id="none", marks=pytest.mark.skip(reason=reason))
    metafunc.parametrize("unitwork_url", [missing], indirect=True)


def _named(config: pytest.Config) -> dict[str, str]:
    given = config.getoption("unitwork_url") or os.environ.get("UNITWORK_URL", "")
    urls = given.split() if isinstance(given, str) else given
    named = {_MEMORY: _MEMORY}
    for url in urls or [_DEFAULT]:
        scheme = url.partition("://")[0]
        backend = scheme.partition("+")[0]
        name = scheme.replace("+", "-") if backend in named else backend
        if name in named:
            raise pytest.UsageError(f"unitwork: there are several URLs of {scheme}.")
        named[name] = url
    return named


def _kinds(name: str) -> tuple[str, ...]:
    return (name,) if name == _MEMORY else (name, name.partition("-")[0], "sql")


@pytest.fixture(scope="session")
def unitwork_storages() -> "Storages[Any]":
    """What is stored, and in units of which classes; a conftest.py says it."""
    from unitwork.domain.errors import MisuseError

    raise MisuseError(
        "No conftest.py has a fixture `unitwork_storages`.",
        "A test asked for a database, or a unit of work, of this plugin.",
        "Write it, of session scope, and return unitwork.testing.Storages(schema,"
        " memory=InMemoryStock, sql=SqlAlchemyStock).",
    )


@pytest.fixture(scope="session")
def unitwork_trials() -> "Iterator[Callable[[Storages[Any], str], Trial]]":
    """Real databases of this run, each made when a test first asks for it."""
    made: dict[tuple[Storages[Any], str], Trial | str] = {}

    def trial(storages: "Storages[Any]", url: str) -> "Trial":
        if (storages, url) not in made:
            made[storages, url] = _attempted(storages, url)
        found = made[storages, url]
        return _missing(found) if isinstance(found, str) else found

    yield trial
    for one in made.values():
        if not isinstance(one, str):
            one.close()


def _attempted(storages: "Storages[Any]", url: str) -> "Trial | str":
    """Make a database, or say why there is none."""
    from unitwork.testing.storages import MissingDatabaseError, Trial

    try:
        return Trial(storages, url)
    except MissingDatabaseError as missing:
        return str(missing)


def _missing(reason: str) -> Any:
    """Skip the test, or fail it where every database must answer."""
    if os.environ.get("UNITWORK_REQUIRE_SERVICES") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture
def unitwork_url(request: pytest.FixtureRequest) -> str:
    """Which storage the test runs on: memory, or the URL that was given."""
    url: str = request.param
    return url


@async_fixture
async def database(
    request: pytest.FixtureRequest,
    unitwork_url: str,
    unitwork_storages: "Storages[Any]",
    unitwork_trials: "Callable[[Storages[Any], str], Trial]",
) -> "AsyncIterator[InMemoryDatabase | SqlAlchemyDatabase]":
    """An empty database: in memory, or a real one that belongs to the test's loop."""
    if unitwork_url == _MEMORY:
        yield unitwork_storages.fake()
        return
    trial = unitwork_trials(unitwork_storages, unitwork_url)
    try:
        await trial.empty()
        if not inspect.iscoroutinefunction(getattr(request, "function", None)):
            await trial.database.dispose()  # the test has another event loop, or none
        yield trial.database
    finally:
        await trial.database.dispose()


@pytest.fixture
def new_uow(
    database: "InMemoryDatabase | SqlAlchemyDatabase",
    unitwork_storages: "Storages[Any]",
) -> Callable[..., Any]:
    """Make units of work on `database` that are not open; with options of a unit."""

    def make(**options: Any) -> Any:
        return unitwork_storages.unit(database, **options)

    return make


@pytest.fixture
def uow(new_uow: Callable[..., Any]) -> Any:
    """A unit of work that is not open, on `database`."""
    return new_uow()
