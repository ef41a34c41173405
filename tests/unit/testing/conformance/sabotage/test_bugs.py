"""Bugs: how they are named, seeded, and taken out again."""

import sys
from types import ModuleType
from typing import Any

import pytest

from unitwork.adapters.memory import InMemoryDatabase
from unitwork.adapters.tracking import Entry
from unitwork.domain.errors import MisuseError
from unitwork.testing.conformance.sabotage.bug import Bug, spelled
from unitwork.testing.conformance.sabotage.catalogue import (
    CONTROL,
    all_bugs,
    bug_named,
    bugs_named,
)
from unitwork.testing.conformance.sabotage.core import (
    objects,
    overlay,
    scopes,
    write_behind,
)
from unitwork.testing.conformance.sabotage.editing import edits
from unitwork.testing.conformance.warehouse import warehouse_schema

CORE = {
    str(bug)
    for module in (objects, overlay, scopes, write_behind)
    for bug in module.BUGS
}


def functions() -> dict[tuple[str, str], Any]:
    """Everything that stands in a module or class of the core."""
    found: dict[tuple[str, str], Any] = {}
    modules = [m for n, m in sys.modules.items() if n.startswith("unitwork.adapters.")]
    for module in modules:
        for name, value in vars(module).items():
            found[module.__name__, name] = value
            if isinstance(value, type):
                inner = vars(value).items()
                found |= {(value.__qualname__, one): member for one, member in inner}
    return found


def test_there_are_many_of_both_kinds() -> None:
    """At least 150 of storages, and 40 of the core."""
    assert len(all_bugs().keys() - CORE) >= 150
    assert len(CORE) >= 40


@pytest.mark.parametrize("name", sorted(CORE))
def test_an_edit_of_the_core_is_made_and_taken_back(name: str) -> None:
    """For as long as a database has it, in every module that knows the function."""
    database, other = (InMemoryDatabase(warehouse_schema()) for _ in range(2))
    bug, right = bug_named(name), functions()
    with bug.plant(database):
        wrong = functions()
        with bug.plant(other):
            assert functions() == wrong
        assert functions() == wrong
    assert wrong != right
    assert functions() == right


def test_a_session_is_put_before_those_of_one_database() -> None:
    """And no longer than it shall be."""
    database, other = (InMemoryDatabase(warehouse_schema()) for _ in range(2))
    with bug_named("commits/nothing-is-written").plant(database):
        assert len(database.interposers) == 1
        assert other.interposers == ()
    assert len(database.interposers) == 0


def test_every_bug_says_what_is_wrong() -> None:
    """In one sentence, which names are made of."""
    for name, bug in all_bugs().items():
        assert name == f"{bug.family}/{bug.name}"
        assert name == name.lower()
        assert bug.wrong.endswith("."), name


@pytest.mark.parametrize(
    ("spelt", "name"),
    [
        ("UpdatesAreLost", "updates-are-lost"),
        ("WritesBeyondThreeAreLost", "writes-beyond-three-are-lost"),
        ("TextIsOrderedByUtf16", "text-is-ordered-by-utf16"),
        ("EveryUnitIsASnapshot", "every-unit-is-a-snapshot"),
        ("QueriesHaveAMomentOfTheirOwn", "queries-have-a-moment-of-their-own"),
    ],
)
def test_a_class_is_spelled_as_a_name(spelt: str, name: str) -> None:
    assert spelled(spelt) == name


def test_an_edit_that_no_longer_fits_is_refused() -> None:
    """Bugs are mended with the core that they are bugs of."""
    with pytest.raises(MisuseError, match="no single 'no such text'"):
        edits("objects", ("gone", "Nothing.", Entry.write, "no such text", ""))


def test_bugs_are_chosen_by_name_and_family() -> None:
    """Without a name, all of them are."""
    assert list(bugs_named("texts/ends-are-starts")) == ["texts/ends-are-starts"]
    assert {bug.family for bug in bugs_named("locks", "texts").values()} == {
        "locks",
        "texts",
    }
    assert bugs_named() == all_bugs()
    assert bug_named("control/nothing") is CONTROL


@pytest.mark.parametrize(
    ("name", "what"),
    [("nobody", "no seeded bug 'nobody'"), ("locks", "a family of")],
)
def test_a_wrong_name_is_refused(name: str, what: str) -> None:
    """With the way to the right ones."""
    with pytest.raises(MisuseError, match=what):
        bug_named(name)


def test_a_module_of_bugs_is_a_family() -> None:
    """Those of storages are named for their module."""
    modules: list[ModuleType] = [
        module
        for name, module in sys.modules.items()
        if name.startswith("unitwork.testing.conformance.sabotage.storage.")
    ]
    families = {bug.family for name, bug in all_bugs().items() if name not in CORE}
    assert families == {module.__name__.rpartition(".")[2] for module in modules}
    assert all(isinstance(bug, Bug) for bug in all_bugs().values())
