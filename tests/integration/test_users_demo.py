"""`make demo`: a command that a stranger types."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from examples.users.demo import main

ROOT = Path(__file__).parents[2]


def test_the_demo_imports_its_people_and_proves_it() -> None:
    """As a process, without a terminal, and where output is plain ASCII."""
    run = subprocess.run(
        [sys.executable, "-m", "examples.users.demo"],
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "ascii", "COLUMNS": "120"},
        capture_output=True,
        encoding="ascii",
        timeout=300,
        check=False,
    )
    assert (run.stderr, run.returncode) == ("", 0)
    assert "exactly the 481 confirmed people are stored" in run.stdout
    assert "577 requests" in run.stdout
    for reason in ("Invalid email", "Email taken", "Invalid name"):
        assert reason in run.stdout
    named = re.findall(r"  line \d+: ", run.stdout)
    assert len(named) == len(set(named)) == 577 - 481 + 3


def test_the_demo_takes_a_file_and_names_what_it_refuses(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Control characters of the file do not reach the terminal."""
    file = tmp_path / "mine.csv"
    file.write_text("Email;Name\nz@example.com;Zoë 🙂\nnope;Bell\x1b[31m\n", "utf-8")
    assert main(["--file", str(file)]) == 0
    shown = capsys.readouterr().out
    assert "exactly the 1 confirmed people are stored" in shown
    assert "line 3: Bell\N{REPLACEMENT CHARACTER}[31m <nope>" in shown


def test_make_demo_passes_a_file_on() -> None:
    """`make demo FILE=my.csv`; without one, the demo has its own."""
    for said, passed in (([], ""), (["FILE=my own.csv"], ' --file "my own.csv"')):
        command = ["make", "--dry-run", "--no-print-directory", "demo", *said]
        run = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, check=True
        )
        users, allocation = (line.rstrip() for line in run.stdout.splitlines()[-2:])
        assert users.endswith(f"python -m examples.users.demo{passed}")
        assert allocation.endswith("python -m examples.allocation.demo")


@pytest.mark.parametrize("content", [None, b"\0\1", b"no,header\n1,2\n"])
def test_a_bad_file_ends_with_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None
) -> None:
    file = tmp_path / "bad.csv"
    if content is not None:
        file.write_bytes(content)
    assert main(["--file", str(file)]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("The file ")
