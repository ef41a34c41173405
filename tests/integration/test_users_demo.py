"""`make demo`: a command that a stranger types."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def demo(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "examples.users.demo", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), **environment},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def test_the_demo_imports_its_people_and_proves_it() -> None:
    run = demo(COLUMNS="120")
    assert run.stderr == ""
    assert run.returncode == 0
    assert "exactly the 481 confirmed people are stored" in run.stdout
    assert "577 requests" in run.stdout
    for reason in ("Invalid email", "Email taken", "Invalid name"):
        assert reason in run.stdout


def test_the_demo_takes_a_file_and_names_what_it_refuses(tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text("Email;Name\nz@example.com;Zoë 🙂\nnope;Bell\x1b[31m\n", "utf-8")
    run = demo("--file", str(file), COLUMNS="120")
    assert (run.stderr, run.returncode) == ("", 0)
    assert "exactly the 1 confirmed people are stored" in run.stdout
    assert "line 3: Bell\N{REPLACEMENT CHARACTER}[31m <nope>" in run.stdout


def test_the_demo_runs_where_the_terminal_cannot_show_everything() -> None:
    run = demo(PYTHONIOENCODING="ascii")
    assert (run.stderr, run.returncode) == ("", 0)


@pytest.mark.parametrize("content", [None, b"\0\1", b"no,header\n1,2\n"])
def test_a_bad_file_ends_with_code_2(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "bad.csv"
    if content is not None:
        file.write_bytes(content)
    run = demo("--file", str(file))
    assert (run.stdout, run.returncode) == ("", 2)
    assert run.stderr.startswith("The file ")
    assert "Traceback" not in run.stderr
