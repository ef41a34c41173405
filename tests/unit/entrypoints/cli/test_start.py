"""The command itself: its help is fast, and it says what it lacks."""

import json
import subprocess
import sys

import pytest

from unitwork.entrypoints.cli.group import COMMANDS, group
from unitwork.entrypoints.cli.start import main

HELP = """
import json, sys
from unitwork.entrypoints.cli.start import main
code = main(["--help"])
print(json.dumps([code, sorted(sys.modules)]), file=sys.stderr)
"""
HEAVY = {"sqlalchemy", "alembic", "rich.progress", "cattrs", "aiosqlite", "punq"}


def test_help_imports_nothing_that_is_slow() -> None:
    """Storages are imported by the commands that need one."""
    ended = subprocess.run(
        [sys.executable, "-c", HELP], capture_output=True, check=True, text=True
    )
    code, modules = json.loads(ended.stderr)
    assert code == 0
    assert not HEAVY & set(modules)
    assert all(name in ended.stdout for name in COMMANDS)


@pytest.mark.parametrize("name", ["click", "rich"])
def test_without_the_extra_it_says_what_to_install(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for module in list(sys.modules):
        if module.startswith(("unitwork.entrypoints.cli", name)):
            monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, name, None)
    assert main(["seed"]) == 2
    said = capsys.readouterr().err
    assert said == (
        f"The command line needs {name}, which is not installed.\n"
        "It comes with an extra, since a library in a server has no use for it.\n"
        "Install it: pip install unitwork[cli]\n"
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"]) == 0
    assert f"Usage: unitwork {name}" in capsys.readouterr().out


def test_a_command_that_is_none_is_wrong_usage(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["sed"]) == 2
    assert "There is no command 'sed'. Did you mean 'seed'?" in capsys.readouterr().err


def test_shells_are_told_the_commands(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Click's completion, as docs/cli.md turns it on."""
    monkeypatch.setenv("_UNITWORK_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "unitwork m")
    monkeypatch.setenv("COMP_CWORD", "1")
    with pytest.raises(SystemExit):
        main([])
    assert capsys.readouterr().out.strip() == "plain,migrate"


def test_the_version_is_that_of_the_package(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("unitwork, version ")
    assert group.name == "group"
