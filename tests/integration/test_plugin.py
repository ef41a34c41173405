"""The pytest plugin, as an application uses it: in a pytest of its own."""

import re
import socket
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)
SETTINGS = """
[pytest]
asyncio_mode = auto
asyncio_default_fixture_loop_scope = {loop}
asyncio_default_test_loop_scope = {loop}
filterwarnings = error
pythonpath = .
"""
WIDE = """
import pytest
from sqlalchemy import text
from stock import *
from unitwork.testing import Storages


async def create(database):
    await database.create_all()
    async with database.engine.begin() as connection:
        await connection.execute(text("CREATE TABLE setting (name VARCHAR(9))"))
        await connection.execute(text("INSERT INTO setting VALUES ('seeded')"))
        await connection.execute(text("CREATE TABLE note (words VARCHAR(9))"))


@pytest.fixture(scope="session")
def unitwork_storages():
    return Storages(
        schema, memory=InMemoryStock, sql=SqlAlchemyStock, create=create
    )
"""
RAW = """
import pytest
from sqlalchemy import text
from stock import *


@pytest.mark.parametrize("number", range(2))
async def test_rows_of_raw_sql_are_gone_too(uow, database, number):
    if not isinstance(database, SqlAlchemyDatabase):
        return
    async with uow:
        connection = await uow.connection()
        notes = await connection.execute(text("SELECT * FROM note"))
        assert notes.fetchall() == []
        await connection.execute(text("INSERT INTO note VALUES ('left')"))
        seeds = await connection.execute(text("SELECT * FROM setting"))
        assert seeds.fetchall() == [("seeded",)]
        await uow.commit()


def test_a_test_without_a_loop_has_a_database_of_its_own(uow, database):
    assert asyncio.run(stock(uow)) == "batch-1"
    asyncio.run(database.dispose())


@pytest.mark.unitwork_on("sql")
@pytest.mark.unitwork_on("sqlite")
async def test_a_marked_test_runs_where_it_fits(uow):
    async with uow:
        assert await uow.batches.count() == 0


@pytest.mark.unitwork_on("mysql")
async def test_a_test_that_fits_nowhere_is_skipped(uow):
    raise AssertionError
"""


@pytest.fixture(autouse=True)
def _without_urls_of_this_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UNITWORK_URL", raising=False)


def application(pytester: pytest.Pytester, loop: str = "function") -> None:
    """Write what the README and docs/testing.md show into files."""
    readme = BLOCK.findall((ROOT / "README.md").read_text("utf-8"))
    names = "from unitwork.adapters.mapping import Schema\n"
    stock = "\n".join(readme).replace("asyncio.run(main())", "schema = Schema(Batch)")
    pytester.makepyfile(stock=names + stock)
    files: dict[str, str] = {}
    for block in BLOCK.findall((ROOT / "docs/testing.md").read_text("utf-8")):
        name = block.split(maxsplit=2)[1]
        files[name] = files.get(name, "") + block
    for name, text in files.items():
        pytester.path.joinpath(name).write_text(text, "utf-8")
    pytester.makeini(SETTINGS.format(loop=loop))


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    """Run pytest in a process, with the plugin that our own tests do without."""
    return pytester.runpytest_subprocess("-rs", *arguments)


def test_the_tests_that_the_docs_show_pass_on_every_storage(
    pytester: pytest.Pytester,
) -> None:
    """In memory, in a temporary file, and on a server from the wheel."""
    application(pytester)
    urls = ["sqlite+aiosqlite://", "postgresql+asyncpg://"]
    done = run(pytester, *(f"--unitwork-url={url}" for url in urls))

    done.assert_outcomes(passed=3 * 6 + 2)


def test_every_test_has_an_empty_database_whatever_wrote_into_it(
    pytester: pytest.Pytester,
) -> None:
    """Raw SQL, other loops; what the migrations wrote stays."""
    application(pytester)
    pytester.path.joinpath("conftest.py").write_text(WIDE, "utf-8")
    for path in pytester.path.glob("test_*.py"):
        path.unlink()
    pytester.makepyfile(test_raw=RAW)
    file = pytester.path / "named.db"
    done = run(pytester, f"--unitwork-url=sqlite+aiosqlite:///{file}")

    done.assert_outcomes(passed=2 * 3 + 1, skipped=1)
    done.stdout.fnmatch_lines(["*No database is mysql: see --unitwork-url.*"])
    assert list(pytester.path.glob("*.db*")) == []


def test_tests_may_share_an_event_loop(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For the session, say, and with URLs from the environment."""
    application(pytester, loop="session")
    monkeypatch.setenv("UNITWORK_URL", "sqlite+aiosqlite://")
    done = run(pytester, "test_allocation.py")

    done.assert_outcomes(passed=2 * 3)


def test_a_database_that_does_not_answer_is_a_skip_with_a_reason(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or an error, where every service must answer; no password is shown."""
    application(pytester)
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{deaf.getsockname()[1]}/shop"
        url = f"--unitwork-url=postgresql+asyncpg://me:secret@{place}"
        monkeypatch.delenv("UNITWORK_REQUIRE_SERVICES", raising=False)
        skipped = run(pytester, "test_allocation.py", url)
        monkeypatch.setenv("UNITWORK_REQUIRE_SERVICES", "1")
        failed = run(pytester, "test_allocation.py", url)

    said = f"*postgresql+asyncpg://{place} does not answer: *"
    skipped.assert_outcomes(passed=3, skipped=3)
    skipped.stdout.fnmatch_lines([f"SKIPPED*{said}"])
    failed.assert_outcomes(passed=3, errors=3)
    failed.stdout.fnmatch_lines([said])
    assert "secret" not in skipped.stdout.str() + failed.stdout.str()


def test_a_project_without_databases_pays_little(pytester: pytest.Pytester) -> None:
    """Neither SQLAlchemy nor Hypothesis is imported; a missing fixture is explained."""
    pytester.makeini(SETTINGS.format(loop="function"))
    pytester.makepyfile(
        test_plain="""
        import sys

        def test_nothing_heavy_is_imported():
            assert not {"sqlalchemy", "hypothesis", "punq"} & set(sys.modules)

        def test_a_unit_needs_a_setting(uow):
            pass
        """
    )
    done = run(pytester, "-p", "no:hypothesispytest", "-k", "nothing or memory")

    done.assert_outcomes(passed=1, errors=1)
    done.stdout.fnmatch_lines(["*No conftest.py has a fixture `unitwork_storages`.*"])


def test_a_misspelt_kind_of_database_is_no_reason_to_skip(
    pytester: pytest.Pytester,
) -> None:
    """It would turn a test off without a word."""
    application(pytester)
    pytester.makepyfile(
        test_misspelt="""
        import pytest

        @pytest.mark.unitwork_on("sqll")
        async def test_never(uow): ...
        """
    )
    done = run(pytester)

    assert done.ret == pytest.ExitCode.INTERRUPTED
    done.stdout.fnmatch_lines(["*unitwork_on('sqll'): there is no such kind*"])


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sqlite", "*What was given as the URL of a database is none.*"),
        ("postgresql+psycopg2://host/x", "*URL begins with 'postgresql+psycopg2'.*"),
    ],
)
def test_a_url_that_is_none_is_an_error_with_a_remedy(
    pytester: pytest.Pytester, url: str, said: str
) -> None:
    """And never a skip: it will not be there another day."""
    application(pytester)
    done = run(pytester, "test_allocation.py", f"--unitwork-url={url}")
    done.assert_outcomes(passed=3, errors=3)
    done.stdout.fnmatch_lines([said])
