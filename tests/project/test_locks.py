"""The locks: complete, hashed, equal to one another, and free of hosts."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
LOCKS = {path.stem: path.read_text("utf-8") for path in ROOT.glob("requirements/*.txt")}
PIN = re.compile(r"^([a-z0-9-]+)==(\S+)([^\n]*)", re.MULTILINE)


def pins(lock: str) -> dict[str, str]:
    return {name: version for name, version, _ in PIN.findall(LOCKS[lock])}


def names(requirements: list[object]) -> set[str]:
    return {
        re.split(r"[^\w-]", requirement)[0]
        for requirement in requirements
        if isinstance(requirement, str)
    }


@pytest.mark.parametrize("lock", sorted(LOCKS))
def test_a_lock_names_no_host(lock: str) -> None:
    """Where packages come from is a matter of the machine, not of the project."""
    assert not re.search(r"//|--index-url|--find-links|--trusted", LOCKS[lock])


@pytest.mark.parametrize("lock", sorted(LOCKS))
def test_every_pin_has_a_hash(lock: str) -> None:
    """What is installed is what was tested."""
    blocks = re.split(r"\n(?=[a-z])", LOCKS[lock])[1:]

    assert len(blocks) == len(pins(lock))
    assert all("--hash=sha256:" in block for block in blocks)


def test_each_environment_contains_the_smaller_one() -> None:
    """So that one environment serves all targets, in any order."""
    demo, test, check = pins("demo"), pins("test"), pins("check")

    assert demo.items() <= test.items() <= check.items()


def test_the_lock_has_everything_that_the_project_asks_for() -> None:
    """`make lock` was not forgotten."""
    project, groups = PROJECT["project"], PROJECT["dependency-groups"]
    asked = [project["dependencies"], *project["optional-dependencies"].values()]
    wanted = set[str]().union(*map(names, [*asked, *groups.values()]))

    assert wanted <= pins("check").keys()
