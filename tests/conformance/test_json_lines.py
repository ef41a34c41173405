"""An adapter that a third party could have written keeps the contract."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conformance import json_lines
from tests.conformance.json_lines import JsonLinesAdapter, JsonLinesDatabase
from tests.shop import Counter, Shop, ShopUnitOfWork, Ticket, an_order, shop_schema
from unitwork import CommitOutcomeUnknownError, Outcome
from unitwork.domain.storage_errors import (
    StorageBusyError,
    StorageCorruptError,
    StorageError,
)
from unitwork.testing import conformance_suite

TestJsonLines = conformance_suite(JsonLinesAdapter)
SOURCE = Path(json_lines.__file__)
PAGE = Path(__file__).parents[2] / "docs" / "adapters.md"


def imported(tree: ast.AST) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            for name in node.names:
                yield node.module or "", name.name
        elif isinstance(node, ast.Import):
            for name in node.names:
                yield name.name, ""


def private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def test_it_knows_only_what_is_documented_for_authors() -> None:
    """Each module that it imports of the library stands in docs/adapters.md."""
    tree = ast.parse(SOURCE.read_text("utf-8"))
    used = {module for module, _ in imported(tree) if module.startswith("unitwork")}
    listed = set(
        re.findall(r"^\| `(unitwork[\w.]*)` \|", PAGE.read_text("utf-8"), re.MULTILINE)
    )
    assert used
    assert used <= listed
    assert [name for _, name in imported(tree) if private(name)] == []


def test_it_touches_nothing_private_of_others() -> None:
    """A name with an underscore is one of its own classes, at `self`."""
    tree = ast.parse(SOURCE.read_text("utf-8"))
    touched = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    assert len(touched) > 50
    assert [
        ast.unparse(node)
        for node in touched
        if private(node.attr) and ast.unparse(node.value) != "self"
    ] == []
    called = [n.id for n in ast.walk(tree) if isinstance(n, ast.Name)]
    assert {"getattr", "vars", "setattr", "import_module"}.isdisjoint(called)


Opened = Callable[[], Shop]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shop.jsonl"


@pytest.fixture
def opened(path: Path) -> Iterator[Opened]:
    """Opens the file anew; what was open before is closed, as by the process's end."""
    before: list[JsonLinesDatabase] = []

    def again() -> Shop:
        for one in before:
            one.close()
        before.append(JsonLinesDatabase(shop_schema(), path))
        port: Any = ShopUnitOfWork
        return Shop(before[-1], JsonLinesAdapter().unit(port))

    yield again
    before[-1].close()


async def test_what_was_committed_is_there_after_a_restart(opened: Opened) -> None:
    """Rows with their versions, unique values, references, and the next keys."""
    shop = opened()
    await shop.store(order := an_order(), first := Ticket(title="first"))
    await shop.put(a=1, b=2)
    async with shop.unit() as uow:
        changed = await uow.orders.get(order.id)
        changed.line("LAMP").quantity = 7
        uow.counters.remove(await uow.counters.get("b"))
        await uow.commit()
        version = uow.version_of(changed)
    shop = opened()
    assert await shop.counters() == {"a": 1}
    await shop.store(second := Ticket(title="second"))
    assert second.id == first.id + 1
    async with shop.unit() as uow:
        found = await uow.orders.get(order.id, expected_version=version)
        assert found.line("LAMP").quantity == 7


@pytest.mark.parametrize("kept", [1, 20, -1])
async def test_a_torn_last_line_was_never_committed(
    opened: Opened, path: Path, kept: int
) -> None:
    """It is cut off wherever it was torn, and the next commit is whole."""
    await opened().put(a=1)
    whole = path.read_bytes()
    await opened().put(a=2)
    torn = path.read_bytes().removeprefix(whole)[:kept]
    path.write_bytes(whole + torn)
    assert await opened().counters() == {"a": 1}
    assert path.read_bytes() == whole
    await opened().put(a=3)
    assert await opened().counters() == {"a": 3}


async def test_a_damaged_line_before_the_last_is_no_torn_one(
    opened: Opened, path: Path
) -> None:
    """What was committed is not passed over without a word."""
    await opened().put(a=1)
    await opened().put(a=2)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"[1, oops\n" + lines[1])
    with pytest.raises(StorageCorruptError, match="line 1 is no JSON"):
        opened()


async def test_a_file_is_open_once(opened: Opened, path: Path) -> None:
    """Two journals would write over each other's rows."""
    opened()
    with pytest.raises(StorageBusyError, match="another process has"):
        JsonLinesDatabase(shop_schema(), path)


@pytest.fixture
def failures(monkeypatch: pytest.MonkeyPatch) -> list[OSError]:
    """What syncs of files will raise, the last one first."""
    coming: list[OSError] = []

    def fsync(_file: object) -> None:
        if coming:
            raise coming.pop()

    monkeypatch.setattr("os.fsync", fsync)
    return coming


async def test_a_commit_that_cannot_be_synced_is_taken_back(
    opened: Opened, path: Path, failures: list[OSError]
) -> None:
    """Rolled back, in the file and for everybody."""
    shop = opened()
    await shop.put(a=1)
    whole, uow = path.read_bytes(), shop.unit()
    failures.append(OSError("full"))
    with pytest.raises(StorageError, match="full"):
        async with uow:
            (await uow.counters.get("a")).value = 2
            await uow.commit()
    assert uow.outcome is Outcome.ROLLED_BACK
    assert path.read_bytes() == whole
    assert await shop.counters() == {"a": 1}


async def test_a_commit_that_cannot_be_taken_back_is_unknown(
    opened: Opened, failures: list[OSError]
) -> None:
    """Nobody writes behind it; a restart tells what became of it."""
    shop = opened()
    uow = shop.unit()
    failures += [OSError("gone"), OSError("full")]
    with pytest.raises(CommitOutcomeUnknownError, match="full"):
        async with uow:
            uow.counters.add(Counter(name="b"))
            await uow.commit()
    assert uow.outcome is Outcome.UNKNOWN
    with pytest.raises(CommitOutcomeUnknownError):
        await shop.put(c=1)
    assert await opened().counters() in ({}, {"b": 0})
