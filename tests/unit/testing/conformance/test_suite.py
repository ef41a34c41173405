"""The suite as an author runs it: a file of tests in a project of another one."""

import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from unitwork.adapters.mapping import Schema
from unitwork.adapters.memory import InMemoryDatabase, InMemoryUnitOfWork
from unitwork.testing import Adapter, conformance_suite
from unitwork.testing.conformance.shop import ShopUnitOfWork

ADAPTER = """
    from contextlib import asynccontextmanager

    from unitwork.adapters.memory import InMemoryDatabase, InMemoryUnitOfWork
    from unitwork.testing import Adapter, Capabilities, conformance_suite
    from unitwork.testing.conformance.histories.weakened import Weakened

    class Mine(Adapter):
        unit_of_work = InMemoryUnitOfWork
        capabilities = Capabilities(raw=False, locks=False, snapshot=False)

        @asynccontextmanager
        async def database(self, schema, *, lock_timeout=5.0):
            yield InMemoryDatabase(schema, yielding=True)

    class Broken(Mine):
        unit_of_work = Adapter.unit_of_work

        @asynccontextmanager
        async def database(self, schema, *, lock_timeout=5.0):
            yield Weakened(InMemoryDatabase(schema), versions=False)

    TestMine = conformance_suite(Mine)
    TestBroken = conformance_suite(Broken)
"""
CONFTEST = (
    "from unitwork.testing.conformance.reporting import pytest_terminal_summary\n"
)
SETTINGS = "[pytest]\nasyncio_default_fixture_loop_scope = session\n"
"""pytest-asyncio is strict by default; without a scope it would warn."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with two adapters, and its own settings."""
    (tmp_path / "pytest.ini").write_text(SETTINGS)
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_adapters.py").write_text(dedent(ADAPTER))
    return tmp_path


def run(project: Path, *options: str) -> str:
    ended = ended_with(project, *options)
    assert ended.stderr == ""
    return ended.stdout


def ended_with(project: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-Werror"]
    return subprocess.run(
        [*command, "-rs", "-q", *options],
        cwd=project,
        env={n: v for n, v in os.environ.items() if n != "PYTEST_ADDOPTS"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_runs_in_a_project_of_other_settings(project: Path) -> None:
    """Strict, with loops that live longer, and warnings that are errors."""
    said = run(project, "-k", "TestMine and (OwnChanges or Raw or table or lost)")

    assert "failed" not in said
    assert "error" not in said
    can = "serializable, references, parallel; without snapshot, locks, raw"
    assert re.search(rf"Mine \({can}\): [0-9]+ passed, [0-9]+ skipped", said)
    assert "Mine is without raw: connection(), and units inside of a raw" in said
    assert "Mine is without snapshot: units with isolation='snapshot'" in said


def test_a_broken_adapter_fails_and_is_told_how(project: Path) -> None:
    """A program that differs is shrunk and printed; cases are explained by pytest."""
    said = run(
        project,
        "--conformance-programs=50",
        *("-k", "TestBroken and (test_programs or writes_over_another)"),
    )

    assert "Broken (serializable" in said
    assert re.search(r"[0-9]+ failed", said)
    assert "async def test_program(unit):" in said
    assert "DID NOT RAISE" in said
    assert "ConcurrencyConflictError" in said


LOST = """{"seed": null, "steps": [
{"do": "open", "unit": 0, "isolation": "snapshot", "read_only": false},
{"do": "count", "unit": 0, "of": "Site", "where": ["all"]},
{"do": "leave", "unit": 0, "raising": false}
]}"""
ASKED = """{"rows": [["Specimen", {"code": "a"}]], "steps": [
["ask", {"of": "Specimen", "where": ["==", "code", "a"], "calls": ["count"]}]
]}"""


def test_options_say_how_much_is_asked(project: Path) -> None:
    """A chunk is a test, named by its seeds."""
    said = run(
        project,
        *("--conformance-programs=250", "--conformance-queries=50", "--co"),
        *("-k", "TestMine and (test_programs or test_queries)"),
    )

    listed = [line for line in said.splitlines() if "[" in line]
    assert [line.partition("[")[2] for line in listed] == [
        *("0-99]", "100-199]", "200-249]"),
        "0-0]",
    ]


@pytest.mark.parametrize(
    ("kept", "passed"), [(LOST, "test_programs"), (ASKED, "test_queries")]
)
def test_a_file_is_replayed_instead_of_seeds(
    project: Path, kept: str, passed: str
) -> None:
    """Of the two cases, the one that the file is for runs; the other says why not."""
    (project / "kept.json").write_text(kept)
    said = run(
        project,
        *("--conformance-replay=kept.json", "-rA"),
        *("-k", "TestMine and (test_programs or test_queries)"),
    )

    assert re.search(rf"PASSED .*{passed}\[kept.json\]", said)
    assert "1 passed, 1 skipped" in said
    assert re.search(r"kept.json has no (programs|queries) to replay", said)


@pytest.mark.parametrize(
    ("option", "what"),
    [
        (
            "--conformance-sabotage=locks/nobody",
            "There is no seeded bug 'locks/nobody'",
        ),
        (
            "--conformance-replay=gone.json",
            "gone.json has neither a program nor a case",
        ),
    ],
)
def test_a_name_that_is_nothing_is_told_once_before_any_test(
    project: Path, option: str, what: str
) -> None:
    """As pytest tells of a wrong option."""
    ended = ended_with(project, option)

    assert ended.returncode == pytest.ExitCode.USAGE_ERROR
    assert what in ended.stderr
    assert "Traceback" not in ended.stderr


class Plain(Adapter):
    unit_of_work = InMemoryUnitOfWork

    @asynccontextmanager
    async def database(
        self, schema: Schema, *, lock_timeout: float = 5.0
    ) -> AsyncIterator[InMemoryDatabase]:
        yield InMemoryDatabase(schema, lock_timeout=lock_timeout)


def test_sections_are_classes_of_their_own() -> None:
    """Ids name the adapter, the section and the case."""
    suite = conformance_suite(Plain)
    sections = {name for name in vars(suite) if name.startswith("Test")}

    assert suite.__name__ == "TestPlain"
    assert sections >= {"TestHistories", "TestLaws", "TestOwnChanges", "TestPrograms"}


def test_a_port_has_one_unit_class_for_an_adapter() -> None:
    """Making classes is slow."""
    port: Any = ShopUnitOfWork
    assert Plain().unit(port) is Plain().unit(port)
    assert issubclass(Plain().unit(port), InMemoryUnitOfWork)  # type: ignore[arg-type]  # a class
