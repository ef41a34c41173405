"""Comparing what is observed with what was predicted."""

import pytest

from tests.unit.testing.conformance.broken import IgnoresVersions, memory
from tests.unit.testing.conformance.written import (
    added,
    committed,
    opened,
    put,
    stored,
)
from unitwork.testing.conformance.differential import agree, compare
from unitwork.testing.conformance.programs import Json, program

LOST_UPDATE = program(
    *stored(added(0, "Site", "a")),
    opened(1),
    opened(2),
    put(1, "Site", "a", "zone", 1),
    put(2, "Site", "a", "zone", 2),
    committed(1),
    committed(2),
)


async def test_a_storage_that_does_as_the_model_says_has_no_difference() -> None:
    """The conflict is what is expected."""
    assert await compare(LOST_UPDATE, await memory()()) is None


async def test_a_difference_says_which_step_and_what_was_seen() -> None:
    """The first step that differs, and both observations."""
    difference = await compare(LOST_UPDATE, await memory(IgnoresVersions)())
    assert difference is not None
    assert difference.step == LOST_UPDATE.steps[-1]
    site = ["Site", "a", {"town": None, "zone": 2, "parent": None}]
    conflict = ["ConcurrencyConflictError", "Site", "a"]
    expected = {"raises": [conflict], "outcome": "rolled back", "events": []}
    observed = {"outcome": "committed", "events": [], "objects": [site]}
    assert str(difference) == (
        "Step 10 of 10: {'do': 'commit', 'unit': 2}\n"
        f"  expected: {expected | {'objects': [site]}}\n"
        f"  observed: {observed}"
    )


@pytest.mark.parametrize(
    ("expected", "observed", "agreed"),
    [
        (["A", "Item", "a"], ["A", "Item", "a"], True),
        (["A", "Item", "a"], ["B", "Item", "a"], False),
        (["A", "Item", "a"], ["A", "Item", "b"], False),
        (["A", None, None], ["A", "Item", "b"], True),
        (["A", "Item", "a"], ["A", None, None], False),
        (
            ["ConcurrencyConflictError", "Item", "a"],
            ["ConcurrencyConflictError", None, None],
            True,
        ),
    ],
)
def test_an_error_is_one_that_the_model_admits(
    expected: Json,
    observed: Json,
    agreed: bool,  # noqa: FBT001 - a parameter of the case
) -> None:
    """None admits anything; a database may not say which aggregate it means."""
    others = ["C", None, None]
    said = {"raises": [others, expected], "outcome": "rolled back"}
    seen = {"raises": observed, "outcome": "rolled back"}
    assert agree(said, seen) is agreed
    assert not agree(said, {**seen, "outcome": "committed"})
    assert not agree({"outcome": "rolled back"}, seen)
