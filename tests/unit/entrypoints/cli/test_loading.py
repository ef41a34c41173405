"""From `module:name` to a database, a runner, an operation."""

import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.shop import Counter, ShopUnitOfWork
from unitwork import MisuseError
from unitwork.adapters.mapping import Schema
from unitwork.adapters.memory import InMemoryDatabase, InMemoryUnitOfWork
from unitwork.application import Runner
from unitwork.entrypoints.cli import loading
from unitwork.entrypoints.cli.project import Setting, read_project


class InMemoryShop(InMemoryUnitOfWork, ShopUnitOfWork): ...


stored = InMemoryDatabase(Schema(Counter))


def broken() -> object:
    raise KeyError("url")


async def count(uow: ShopUnitOfWork) -> int:
    return await uow.counters.count()


@pytest.fixture(autouse=True)
def _module() -> Iterator[None]:
    module: Any = types.ModuleType("wares")
    module.stored, module.InMemoryShop, module.count = stored, InMemoryShop, count
    module.make_stored = lambda: stored
    module.unit = lambda: InMemoryShop(stored)
    module.runner = Runner(module.unit)
    module.make_runner = lambda: module.runner
    module.broken, module.number = broken, 7
    sys.modules["wares"] = module
    yield
    del sys.modules["wares"]


def project(**environment: str) -> Any:
    return read_project(Path("/"), environment)


@pytest.mark.parametrize("name", ["stored", "make_stored"])
def test_a_database_is_named_itself_or_by_what_makes_it(name: str) -> None:
    assert loading.database(project(UNITWORK_DATABASE=f"wares:{name}")) is stored


@pytest.mark.parametrize("name", ["InMemoryShop", "unit", "runner", "make_runner"])
async def test_a_runner_is_named_itself_or_by_what_makes_it_or_units(name: str) -> None:
    said = project(UNITWORK_RUNNER=f"wares:{name}", UNITWORK_DATABASE="wares:stored")
    assert await loading.runner(said).run(count) == 0


@pytest.mark.parametrize(
    ("name", "what", "remedy"),
    [
        (
            "wares:storedd",
            "There is no 'storedd' in 'wares'.",
            "Did you mean stored or make_stored?",
        ),
        ("wares:zzz", "There is no 'zzz' in 'wares'.", "Correct the name."),
        (
            "wares:broken",
            "wares:broken() raised KeyError: 'url'.",
            "Mend it, or name the object itself.",
        ),
        (
            "wares:number",
            "wares:number gives an object of int.",
            (
                "Write database = "
                '"shop.composition:database", a database object or what makes it.'
            ),
        ),
        (
            "wares:unit",
            "wares:unit gives an object of InMemoryShop.",
            (
                "Write database = "
                '"shop.composition:database", a database object or what makes it.'
            ),
        ),
        (
            "no.such:thing",
            "'no.such' cannot be imported: ModuleNotFoundError: No module named 'no'.",
            "Mend the name or the module; start in the project's folder.",
        ),
    ],
)
def test_a_name_that_leads_nowhere_is_told_with_its_place(
    name: str, what: str, remedy: str
) -> None:
    with pytest.raises(MisuseError) as mistake:
        loading.database(project(UNITWORK_DATABASE=name))
    assert (mistake.value.what, mistake.value.remedy) == (what, remedy)
    assert "the environment variable UNITWORK_DATABASE" in mistake.value.why


@pytest.mark.parametrize("name", ["number", "InMemoryDatabase", "make_stored"])
def test_what_makes_no_units_is_no_runner(name: str) -> None:
    sys.modules["wares"].InMemoryDatabase = InMemoryDatabase  # type: ignore[attr-defined]  # a module of this test
    with pytest.raises(MisuseError, match=f"wares:{name}"):
        loading.runner(project(UNITWORK_RUNNER=f"wares:{name}"))


def test_an_operation_is_a_function() -> None:
    assert loading.operation(Setting("operation", "wares:count", "A test")) is count
    with pytest.raises(MisuseError, match="wares:stored is no operation"):
        loading.operation(Setting("operation", "wares:stored", "A test"))


async def stock(uow: ShopUnitOfWork, name: str, value: int = 1) -> None:
    """Need an argument."""


def sync(uow: ShopUnitOfWork) -> None:
    raise AssertionError("It was called.")


async def without_unit() -> None:
    raise AssertionError("It was called.")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (stock, "wares:given needs name."),
        (sync, "is no async function"),
        (without_unit, "has no parameter for the unit of work"),
    ],
)
def test_what_cannot_be_a_seeder_is_told_before_anything_runs(
    given: Any, said: str
) -> None:
    wares: Any = sys.modules["wares"]
    wares.given = given
    with pytest.raises(MisuseError, match=said):
        loading.seeder(Setting("seeders", "wares:given", "It"))


def test_a_seeder_is_an_operation_without_arguments() -> None:
    assert loading.seeder(Setting("seeders", "wares:count", "It")) is count
