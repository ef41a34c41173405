"""What the pages list is all that there is."""

import re
from pathlib import Path

import unitwork
from tests.storages import InMemory
from unitwork.testing import conformance_suite
from unitwork.testing.conformance.histories.verdicts import as_markdown, promised

PACKAGE = Path(unitwork.__file__).parent
ROOT = Path(__file__).parents[2]


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text("utf-8")


def test_the_architecture_names_every_module() -> None:
    """A newcomer finds any line's room from it; nothing stands there that is gone."""
    _, _, listed = page("architecture.md").partition("\n## Every module\n")
    folders = re.split(r"\n### ", listed)[1:]
    named = {
        Path(folder.partition("\n")[0], module)
        for folder in folders
        for module in re.findall(r"^\| `(\w+\.py)` \|", folder, re.MULTILINE)
    }
    modules = PACKAGE.rglob("*.py")

    assert named == {
        path.relative_to(PACKAGE) for path in modules if path.name != "__init__.py"
    }


def test_the_contract_has_every_number() -> None:
    """The numbers in docstrings lead somewhere."""
    numbers = re.findall(r"^(\d+)\. ", page("contract.md"), re.MULTILINE)

    assert numbers == [str(number) for number in range(1, 43)]


def test_the_isolation_table_is_that_of_the_suite() -> None:
    """Each row is a case that runs on every storage, at each level."""
    assert f"\n\n{as_markdown(promised())}\n\n" in page("contract.md")


def test_the_page_of_adapters_names_every_section() -> None:
    """What is asked of an adapter can be looked up by the name that pytest shows."""
    suite = conformance_suite(InMemory)
    sections = {name for name in vars(suite) if name.startswith("Test")}

    assert set(re.findall(r"`(Test\w+)`", page("adapters.md"))) == sections
