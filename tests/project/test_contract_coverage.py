"""Every promise of the contract that the library makes so far has a named case."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from unitwork.testing.conformance import cases

TESTS = Path(__file__).parents[1]
CASES = Path(cases.__file__).parent
PROMISED = [*range(1, 3), *range(4, 30), 32, 41]
"""Number 3 comes with the entry points, 30 and 31 with the faults of commits."""
NUMBERS = re.compile(r"Contract (\d+(?:, \d+)*): \S")


def _cases(folder: Path) -> Iterator[tuple[str, str]]:
    """Go through the tests of a folder: where each stands, and its docstring."""
    pattern = "*.py" if folder == CASES else "test_*.py"
    for path in sorted(folder.rglob(pattern)):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (
                node.name.startswith("test_")
            ):
                yield f"{path.name}::{node.name}", ast.get_docstring(node) or ""


@cache
def _named() -> dict[int, list[str]]:
    """Collect all cases by number."""
    named = defaultdict(list)
    for place, docstring in (*_cases(TESTS), *_cases(CASES)):
        for number in _numbers(docstring):
            named[number].append(place)
    return named


def _numbers(docstring: str) -> list[int]:
    said = NUMBERS.match(docstring)
    return [int(number) for number in said[1].split(", ")] if said else []


def test_every_case_of_the_contract_names_its_number() -> None:
    """A docstring begins with the number, and states the rule."""
    named = (*_cases(TESTS / "contract"), *_cases(CASES))
    assert [place for place, said in named if not _numbers(said)] == []


@pytest.mark.parametrize("number", PROMISED)
def test_every_number_of_the_contract_has_a_case(number: int) -> None:
    """A promise without a test is a wish."""
    assert _named().get(number)
