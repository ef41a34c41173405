"""Making a program that differs as small as it can be."""

from tests.unit.testing.conformance.broken import IgnoresVersions, memory
from tests.unit.testing.conformance.written import (
    SMALLEST,
    added,
    committed,
    counted,
    entered,
    left,
    matched,
    opened,
    put,
    stored,
)
from unitwork.testing.conformance.differential import Difference, compare, predict
from unitwork.testing.conformance.programs import Program, program
from unitwork.testing.conformance.runner import differs_on
from unitwork.testing.conformance.shrinking import shrink

LOST_UPDATE = program(
    *stored(added(0, "Item", "b", label="x"), added(0, "Site", "a", town="x")),
    opened(2, "snapshot"),
    counted(2, "Item"),
    opened(1, "snapshot"),
    matched(1, "Site", where=["or", ["==", "town", "x"], ["none", "zone"]]),
    put(1, "Site", "a", "zone", 1),
    put(1, "Item", "b", "tags", ["x", "é"]),
    entered(2),
    put(2, "Site", "a", "zone", 2),
    committed(2),
    left(2),
    committed(1),
    left(1),
    committed(2),
    left(2),
    seed=5,
)


async def shrunk(found: Program) -> Difference:
    differs = differs_on(memory(IgnoresVersions))
    difference = await differs(found)
    assert difference is not None
    return await shrink(difference, differs)


async def test_a_lost_update_is_shrunk_to_two_units_that_set_one_attribute() -> None:
    """Steps, values, isolation: nothing is left that it could do without."""
    found = await shrunk(LOST_UPDATE)
    assert found.program == SMALLEST
    assert found.at == len(SMALLEST) - 1


async def test_what_is_shrunk_still_differs_and_the_same_way() -> None:
    """It can be run alone."""
    found = await shrunk(LOST_UPDATE)
    again = await compare(found.program, await memory(IgnoresVersions)())
    assert again == found
    assert await compare(found.program, await memory()()) is None


async def test_a_program_does_not_differ_by_what_a_storage_cannot_do() -> None:
    """So nothing is shrunk into an outcome that the adapter's flags leave out."""
    avoiding = ("ConcurrencyConflictError",)
    differs = differs_on(memory(IgnoresVersions), avoiding)
    assert await differs_on(memory(IgnoresVersions))(LOST_UPDATE) is not None
    assert await differs(LOST_UPDATE) is None


async def test_the_texts_of_a_membership_are_not_taken_for_a_criterion() -> None:
    """`["x", "X"]` looks like one: a name, and what it is asked of."""
    where = ["not", ["not", ["in", "town", ["x", "X"]]]]
    asked = program(opened(0), added(0, "Site", "a"), counted(0, "Site", where))
    blind = Difference(asked, 2, {"count": 0}, {"count": 1})

    async def differs(tried: Program) -> Difference | None:
        """Find one site, whatever is asked for."""
        said, wrong = predict(tried)[-1], {"count": 1}
        differ = said == {"count": 0} and any(one.do == "add" for one in tried)
        return Difference(tried, len(tried) - 1, said, wrong) if differ else None

    found = await shrink(blind, differs)
    assert found.step.args["where"] == ["in", "town", ["x", "X"]]
