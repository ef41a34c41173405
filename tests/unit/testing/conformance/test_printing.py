"""A program as a test that calls the library as anybody does."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.unit.testing.conformance.broken import IgnoresVersions, memory
from tests.unit.testing.conformance.written import SMALLEST
from unitwork import ConcurrencyConflictError
from unitwork.testing.conformance.generator import generate
from unitwork.testing.conformance.printing import as_python
from unitwork.testing.conformance.programs import Program, program


def compiled(made: Program) -> Callable[[Any], Awaitable[None]]:
    names: dict[str, Any] = {}
    exec(compile(as_python(made), "<printed>", "exec"), names)
    test: Callable[[Any], Awaitable[None]] = names["test_program"]
    return test


@pytest.mark.parametrize("seed", range(60))
async def test_a_printed_program_runs_and_asserts_what_the_model_says(
    seed: int,
) -> None:
    """Pasted into a test file it runs there."""
    await compiled(generate(seed).program)(await memory()())


async def test_a_printed_program_fails_where_the_storage_differs() -> None:
    """So it is a regression test at once."""
    await compiled(SMALLEST)(await memory()())
    unit, made = await memory(IgnoresVersions)(), []

    def making(**options: Any) -> Any:
        made.append(unit(**options))
        return made[-1]

    with pytest.raises(pytest.fail.Exception) as raised:
        await compiled(SMALLEST)(making)
    for uow in made:
        await uow.__aexit__(None, None, None)
    assert ConcurrencyConflictError.__name__ in str(raised.value)


def test_a_printed_program_reads_as_a_program() -> None:
    """Calls and assertions, a line each."""
    _, _, body = as_python(SMALLEST).partition("async def test_program(unit):\n")
    site = "{'town': None, 'zone': None, 'parent': None}"
    assert body.startswith(
        "    u1 = unit(isolation='read_committed', read_only=False)\n"
        "    await u1.__aenter__()\n"
        "    assert u1.outcome.value == 'active'\n"
        "    found = Site(code='a')\n"
        "    u1.sites.add(found)\n"
        f"    assert shown(found) == {site}\n"
        "    await u1.commit()\n"
    )
    assert body.endswith(
        "    with pytest.raises((unitwork.ConcurrencyConflictError,)):\n"
        "        await u3.commit()\n"
        "    assert u3.outcome.value == 'rolled back'\n"
        "    assert [e.number for e in u3.events] == []\n"
        "    await u1.__aexit__(KeyError, KeyError(), None)\n"
        "    await u2.__aexit__(KeyError, KeyError(), None)\n"
        "    await u3.__aexit__(KeyError, KeyError(), None)\n"
    )


def test_an_empty_program_is_printed_too() -> None:
    """It does nothing."""
    assert as_python(program()).endswith("async def test_program(unit):\n    pass\n")
