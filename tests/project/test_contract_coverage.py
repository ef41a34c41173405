"""Every promise of the contract that the library makes so far has a named case."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from unitwork.testing.conformance import cases, fixtures

TESTS = Path(__file__).parents[1]
CASES = Path(cases.__file__).parent
FIXTURES = Path(fixtures.__file__)
PROMISED = [*range(1, 37), 38, 39, 40, 41]
ELSEWHERE = {
    28: "sql_storage",  # the fake has no raw transaction
    30: "servers",  # a commit of the others is not lost
    38: "site",  # HTTP: what web frameworks and a server make of it
    40: "folder",  # of a project: what runs in a process of its own needs a file
    41: "file",  # SQLite: the others keep their files themselves
}
"""Promises about fewer storages: the fixture that stands for those."""
NUMBERS = re.compile(r"Contract (\d+(?:, \d+)*): \S")
Function = ast.FunctionDef | ast.AsyncFunctionDef


def _functions(path: Path) -> dict[str, Function]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name: node for node in tree.body if isinstance(node, Function)}


def _cases(folder: Path) -> Iterator[tuple[str, str, set[str]]]:
    """Go through a folder's tests: where each is, what it says, what it asks for."""
    kit = folder == CASES
    shared = _functions(FIXTURES if kit else TESTS / "contract" / "conftest.py")
    pattern = "*.py" if kit else "test_*.py"
    for path in sorted(folder.rglob(pattern)):
        functions = _functions(path)
        for name, node in functions.items():
            if name.startswith("test_"):
                asked = _asked(node, {**shared, **functions})
                yield f"{path.name}::{name}", ast.get_docstring(node) or "", asked


def _asked(node: Function, fixtures: dict[str, Function]) -> set[str]:
    """Name the fixtures that a test asks for, and those that they ask for."""
    asked = {argument.arg for argument in (*node.args.args, *node.args.kwonlyargs)}
    return asked.union(
        *(_asked(fixtures[name], fixtures) for name in asked if name in fixtures)
    )


@cache
def _named(*folders: Path) -> dict[int, set[str]]:
    """Collect by number what its cases ask for."""
    named = defaultdict[int, set[str]](set)
    for _, docstring, asked in (case for folder in folders for case in _cases(folder)):
        for number in _numbers(docstring):
            named[number] |= asked
    return named


def _numbers(docstring: str) -> list[int]:
    said = NUMBERS.match(docstring)
    return [int(number) for number in said[1].split(", ")] if said else []


def test_every_case_of_the_contract_names_its_number() -> None:
    """A docstring begins with the number, and states the rule."""
    named = (*_cases(TESTS / "contract"), *_cases(CASES))
    assert [place for place, said, _ in named if not _numbers(said)] == []


@pytest.mark.parametrize("number", PROMISED)
def test_every_number_of_the_contract_has_a_case_on_every_storage(number: int) -> None:
    """A promise without a test is a wish, and the storages promise the same."""
    wanted = ELSEWHERE.get(number, "storage")
    assert wanted in _named(TESTS, CASES)[number]


def test_the_kit_has_a_case_for_every_number_that_a_port_can_be_judged_by() -> None:
    """What is left needs a connection or a file that is broken, or a command line."""
    assert set(PROMISED) - _named(CASES).keys() == {30, 40, 41}
