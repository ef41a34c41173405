"""README.md and docs/: every Python block runs, and does what the page says.

The blocks of a page run in order, in one module that begins with the names of the
README; `await` may stand anywhere. A line that ends with `# raises SomeError` must
raise it there, and a block of kind `text` is the whole message of the last one.
"""

import ast
import asyncio
import inspect
import re
import sys
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from sybil import Example, Sybil
from sybil.parsers.markdown import CodeBlockParser

import unitwork

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
PAGES = sorted((ROOT / "docs").rglob("*.md"))
RAISES = re.compile(r"# raises (\w+)$", re.MULTILINE)


class Reader:
    """Reads pages as a careful user would, who types every block."""

    def __init__(self, name: str, names: Mapping[str, Any]) -> None:
        self.module = sys.modules[name] = types.ModuleType(name)
        vars(self.module).update(names)
        self.error: Exception | None = None
        self._loop = asyncio.Runner()

    def read(self, page: Path) -> None:
        """Run all blocks of a page."""
        parsers = [
            CodeBlockParser("python", self.run),
            CodeBlockParser("text", self.compare),
        ]
        with self._loop:
            for example in Sybil(parsers).parse(page).examples():
                example.evaluate()

    def run(self, example: Example) -> None:
        """Run a block; what it says it raises, it must raise."""
        source = "\n" * (example.line + example.parsed.line_offset) + example.parsed
        flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        code = compile(source, example.path, "exec", flags=flags, dont_inherit=True)
        said = RAISES.search(source)
        if said is None:
            self._execute(code)
            return
        with pytest.raises(getattr(unitwork, said[1])) as raised:
            self._execute(code)
        self.error = raised.value
        line = source.count("\n", 0, said.start()) + 1
        frames = [f for f in raised.traceback if str(f.path) == example.path]
        assert type(self.error).__name__ == said[1]
        assert line in [frame.lineno + 1 for frame in frames]

    def compare(self, example: Example) -> None:
        """Compare a message with that of the last error."""
        assert str(self.error) == example.parsed.strip()

    def _execute(self, code: types.CodeType) -> None:
        made = eval(code, vars(self.module))
        if inspect.iscoroutine(made):
            self._loop.run(made)


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def readme(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a user has after the README."""
    reader = Reader("readme", {})
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("readme"))
        reader.read(README)
    names = vars(reader.module)
    return {name: names[name] for name in names if not name.startswith("__")}


def test_the_readme_runs() -> None:
    """What a user types first works, and works again."""
    Reader("readme", {}).read(README)
    Reader("readme", {}).read(README)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_page_runs(page: Path, readme: dict[str, Any]) -> None:
    """What a page shows happens as it says."""
    Reader("page", readme).read(page)
