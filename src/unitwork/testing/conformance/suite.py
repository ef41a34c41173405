"""The suite of an adapter: a class that pytest collects."""

import inspect
import sys
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

import pytest

from unitwork.testing.conformance.adapter import Adapter
from unitwork.testing.conformance.capabilities import FLAGS
from unitwork.testing.conformance.declaring import fixture, lacking, needs
from unitwork.testing.conformance.reporting import PROPERTY
from unitwork.testing.conformance.sabotage.catalogue import bug_named
from unitwork.testing.conformance.sabotage.planting import sabotaged

_CASES = "unitwork.testing.conformance.cases"
_FIXTURES = "unitwork.testing.conformance.fixtures"

_SABOTAGE = "--conformance-sabotage"

_FIXTURE = type(pytest.fixture(lambda: None))


def conformance_suite(adapter: type[Adapter]) -> type:
    """Make the class of tests that an adapter must pass.

    Bind it to a name that begins with `Test`, in a file of tests. It has a class for
    each section; which plugin options and asyncio mode are set does not matter.

    Args:
        adapter: makes fresh databases, and says what the storage can do.

    Cost: with the usual numbers of programs and queries, half a minute for a storage
        in the same process, two minutes for a database.
    """

    def storage(request: pytest.FixtureRequest) -> Adapter:
        """Give the adapter, if it can do what the case needs."""
        given = getattr(request.node, "callspec", None)
        parameters = {} if given is None else given.params
        said = (adapter.__name__, str(adapter.capabilities))
        request.node.user_properties.append((PROPERTY, said))
        for flag in lacking(adapter.capabilities, request.function, parameters):
            pytest.skip(f"{adapter.__name__} is without {flag}: {FLAGS[flag]}")
        made, bug = adapter.make(request), request.config.getoption(_SABOTAGE)
        return made if bug is None else sabotaged(made, bug_named(bug))

    body: dict[str, Any] = {"storage": fixture(storage)}
    body |= _tests_and_fixtures(import_module(_FIXTURES))
    body |= {_title(section): _section(section) for section in _sections()}
    body["__doc__"] = f"Whether {adapter.__name__} keeps the contract."
    return type(f"Test{adapter.__name__}", (), body)


def _sections() -> Iterator[str]:
    return (found.name for found in iter_modules(import_module(_CASES).__path__))


def _title(section: str) -> str:
    """Name a section's class: own_changes, TestOwnChanges."""
    return "Test" + section.title().replace("_", "")


@cache
def _section(name: str) -> type:
    full = f"{_CASES}.{name}"
    if full not in sys.modules:
        pytest.register_assert_rewrite(full)
    module = import_module(full)
    body = _tests_and_fixtures(module)
    return type(_title(name), (), {**body, "__doc__": module.__doc__})


def _tests_and_fixtures(module: ModuleType) -> dict[str, Any]:
    """Take over what pytest would find in a module, as static methods."""
    found: dict[str, Any] = {}
    needed = needs(*getattr(module, "NEEDS", ()))
    for name, value in vars(module).items():
        if name.startswith(("test_", "pytest_generate_tests")):
            found[name] = staticmethod(_marked(needed(value)))
        elif isinstance(value, _FIXTURE):
            found[name] = value
    return found


def _marked(case: Any) -> Any:
    """Mark a coroutine function, for pytest-asyncio in strict mode."""
    inner = getattr(getattr(case, "hypothesis", None), "inner_test", case)
    if inspect.iscoroutinefunction(inner):
        return pytest.mark.asyncio(loop_scope="function")(case)
    return case
