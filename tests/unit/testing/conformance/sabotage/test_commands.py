"""The command that seeds bugs and looks for them."""

import json
from pathlib import Path

import pytest

from unitwork.testing.conformance.campaign.sabotage import Bug as Row
from unitwork.testing.conformance.sabotage.commands import main

MEMORY = "unitwork.testing.conformance.campaign.own:InMemory"
LITTLE = ["--programs", "3", "--queries", "50", "--jobs", "1"]


def test_bugs_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """A line each, and what is wrong."""
    assert main(["--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert (
        "commits/nothing-is-written: Says that it succeeded, and stores nothing."
        in (lines)
    )


def test_a_bug_that_is_found_is_right(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its row can be published."""
    rows = tmp_path / "rows.json"
    asked = [MEMORY, "--only", "commits/nothing-is-written", "--json", str(rows)]
    assert main([*asked, *LITTLE]) == 0
    assert "1 of 1 bugs were found" in capsys.readouterr().out
    (row,) = json.loads(rows.read_text("utf-8"))
    assert Row.from_json(row) == Row(
        bug="nothing-is-written", family="commits", killed_by="programs", program=1
    )


def test_a_bug_that_survives_is_told_and_fails(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Three programs do not see everything."""
    assert main([MEMORY, "--only", "locks/locks-show-old-versions", *LITTLE]) == 1
    said = capsys.readouterr().out
    assert "locks/locks-show-old-versions: SURVIVES. Reads a locked row" in said
    assert "0 of 1 bugs were found" in said
    assert "seen by named cases alone: name a conformance_suite" in said


def test_an_equivalent_bug_may_survive(capsys: pytest.CaptureFixture[str]) -> None:
    """Its reason is told."""
    assert main([MEMORY, "--only", "write-behind/removals-come-last", *LITTLE]) == 0
    said = capsys.readouterr().out
    assert "survives, as it must: The order of kinds is a preference" in said
    assert "name a conformance_suite" not in said


@pytest.mark.parametrize(
    ("asked", "what"),
    [
        ([MEMORY, "--only", "nobody"], "There is no seeded bug 'nobody'."),
        (["nowhere:Nobody", "--only", "locks"], "'nowhere:Nobody' is no adapter"),
        (
            [MEMORY, "--only", "locks", "--suite", "tests/nowhere.py::TestNobody"],
            "pytest could not run 'tests/nowhere.py::TestNobody'.",
        ),
    ],
)
def test_what_cannot_begin_says_why(
    asked: list[str], what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The exit code is 2."""
    assert main([*asked, *LITTLE]) == 2
    assert what in capsys.readouterr().err
