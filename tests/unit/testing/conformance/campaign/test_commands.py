"""Long runs as a person starts, ends and resumes them."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

ADAPTERS = """
    from contextlib import asynccontextmanager

    from unitwork.adapters.memory import InMemoryDatabase, InMemoryUnitOfWork
    from unitwork.testing import Adapter, Capabilities
    from unitwork.testing.conformance.histories.weakened import Weakened
    from unitwork.testing.storages import MissingDatabaseError

    class Mine(Adapter):
        unit_of_work = InMemoryUnitOfWork
        capabilities = Capabilities(raw=False)

        @asynccontextmanager
        async def database(self, schema, *, lock_timeout=5.0):
            yield InMemoryDatabase(schema)

    class Broken(Mine):
        unit_of_work = Adapter.unit_of_work

        @asynccontextmanager
        async def database(self, schema, *, lock_timeout=5.0):
            yield Weakened(InMemoryDatabase(schema), versions=False)

    class Away(Mine):
        @classmethod
        def opened(cls):
            raise MissingDatabaseError("nobody answers")

    class Failing(Mine):
        @asynccontextmanager
        async def database(self, schema, *, lock_timeout=5.0):
            from unitwork.testing.conformance.battery.cabinet import CABINET
            if schema is not CABINET:
                raise OSError("no room")
            yield InMemoryDatabase(schema)
"""
UNTRACED = {n: v for n, v in os.environ.items() if not n.startswith("COVERAGE_")}
"""For runs that are long enough already."""
COMMAND = [sys.executable, "-m", "unitwork.testing.conformance"]
MINE = ["mine:Mine", "--programs=1500", "--queries=400", "--workers=2"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mine.py").write_text(dedent(ADAPTERS))
    return tmp_path


def run(
    folder: Path, *options: str, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *options],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )


def begun(folder: Path, state: Path) -> subprocess.Popen[str]:
    """Start a run in a process group of its own, and wait for its first state."""
    started = subprocess.Popen(
        [*COMMAND, *MINE, f"--state={state}"],
        cwd=folder,
        env=UNTRACED,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while not (state.exists() and programs(state)["asked"]):
        assert started.poll() is None
        time.sleep(0.01)
    return started


def programs(state: Path) -> Any:
    """Give the lane of programs, but for its time."""
    lanes = json.loads(state.read_text())["lanes"]
    (lane,) = [each for each in lanes if each["kind"] == "programs"]
    del lane["seconds"]
    return lane


def wait_for_the_end_of_all(group: int) -> None:
    for _ in range(1000):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.02)
    raise AssertionError


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_ended_early_goes_on(folder: Path, number: signal.Signals) -> None:
    """What is found in two runs is what one run finds; no process is left behind."""
    state, at_once = folder / "state.json", folder / "at_once.json"
    started = begun(folder, state)
    os.kill(started.pid, number)
    _, said = started.communicate(timeout=60)
    wait_for_the_end_of_all(started.pid)
    before = programs(state)

    assert 0 < before["asked"] < 1500
    if number == signal.SIGKILL:
        assert started.returncode == -signal.SIGKILL
    else:
        assert started.returncode == 130
        assert f"All that was asked is kept in {state}. To go on, say" in said

    resumed = run(folder, *MINE, f"--state={state}", env=UNTRACED)
    assert resumed.returncode == 0, resumed.stderr
    assert "Mine programs mixed: 1,500 in" in resumed.stderr
    assert run(folder, *MINE, f"--state={at_once}", env=UNTRACED).returncode == 0
    assert programs(state) == programs(at_once)
    assert programs(state)["done"] == [[0, 1500]]


def test_a_state_of_another_run_is_refused(folder: Path) -> None:
    """It is told what is not the same, and nothing is written over."""
    small = ["mine:Mine", "--programs=3", "--queries=3", "--state=s.json"]
    assert run(folder, *small).returncode == 0
    state = folder / "s.json"
    before = state.read_bytes()
    other = run(folder, *small, "--seed=7")
    state.write_text(state.read_text().replace('"code": "', '"code": "0'))
    newer = run(folder, *small)
    state.write_text("{}")
    none = run(folder, *small)

    assert other.returncode == newer.returncode == none.returncode == 2
    assert "The run of s.json cannot go on: seed was 0, is 7." in other.stderr
    assert "cannot go on: code was '0" in newer.stderr
    assert "s.json is no state of a run." in none.stderr
    assert state.read_text() == "{}"
    assert b'"seed": 0' in before


def test_a_difference_is_shown_kept_and_replayed(folder: Path) -> None:
    """As Python with its seed, and as a file; the other lanes go on."""
    found = run(folder, "mine:Broken", "mine:Mine", "--programs=50", "--queries=200")
    (kept,) = folder.glob("Broken-programs-mixed-*.json")
    again = run(folder, "mine:Broken", "mine:Mine", "--replay", kept.name)
    missing = run(folder, "mine:Mine", "--replay", "mine.py")

    assert found.returncode == 1
    assert "async def test_program(unit):" in found.stderr
    assert f"--replay {kept.name}" in found.stderr
    assert "Mine programs mixed: 50 in" in found.stderr
    assert "Broken programs mixed: differs at seed" in found.stderr
    assert again.returncode == 1
    assert again.stdout.startswith("Broken: Step ")
    assert again.stdout.endswith("Mine: as it must be\n")
    assert missing.returncode == 2
    assert "mine.py has neither a program nor a case" in missing.stderr


def test_an_adapter_that_is_not_there_is_left_out(folder: Path) -> None:
    """It is said; one that nobody can import is a mistake."""
    away = run(folder, "mine:Away", "mine:Mine", "--programs=2", "--queries=2")
    unknown = run(folder, "mine:Nobody")

    assert away.returncode == 0
    assert "mine:Away is left out: nobody answers" in away.stderr
    assert unknown.returncode == 2
    assert "'mine:Nobody' is no adapter" in unknown.stderr


def test_what_an_adapter_raises_is_found_and_the_other_lanes_go_on(
    folder: Path,
) -> None:
    """Its text is shown, and the run does not end."""
    failing = run(folder, "mine:Failing", "mine:Mine", "--programs=2", "--queries=2")

    assert failing.returncode == 1
    assert "OSError: no room" in failing.stderr
    assert "Failing programs mixed: differs at seed 0" in failing.stderr
    assert "Failing queries mixed: 2 in" in failing.stderr
    assert "Mine programs mixed: 2 in" in failing.stderr
