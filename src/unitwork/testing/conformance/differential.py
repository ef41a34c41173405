"""Compare what a storage does with what the model says it does."""

from collections.abc import Sequence

import attrs

from unitwork.testing.conformance.interpreter import Interpreter, MakeUnit
from unitwork.testing.conformance.oracle.model import Model
from unitwork.testing.conformance.programs import Json, Program, Step

_MAY_BE_UNNAMED = ("ConcurrencyConflictError", "ReferenceViolationError")


@attrs.frozen
class Difference:
    """The first step of a program on which a storage and the model do not agree."""

    program: Program
    at: int
    expected: Json
    observed: Json

    @property
    def step(self) -> Step:
        """Give the step."""
        return self.program.steps[self.at]

    def __str__(self) -> str:
        """Show the step and both observations, a line each."""
        return (
            f"Step {self.at + 1} of {len(self.program)}: {self.step.to_json()}\n"
            f"  expected: {self.expected}\n"
            f"  observed: {self.observed}"
        )


def predict(program: Program) -> tuple[Json, ...]:
    """Give what the model says of each step."""
    model = Model()
    return tuple(model.step(step) for step in program)


async def compare(
    program: Program, unit: MakeUnit, *, expected: Sequence[Json] | None = None
) -> Difference | None:
    """Run a program on an empty storage, and stop at the first difference.

    Args:
        program: what to run.
        unit: makes units on the storage, which is empty.
        expected: what `predict` gives, where it is known already.
    """
    expected = predict(program) if expected is None else expected
    interpreter = Interpreter(unit)
    try:
        for at, (step, said) in enumerate(zip(program, expected, strict=True)):
            observed = await interpreter.step(step)
            if not agree(said, observed):
                return Difference(program, at, said, observed)
    finally:
        await interpreter.close()
    return None


def agree(expected: Json, observed: Json) -> bool:
    """Tell whether an observation is one that the model admits.

    Where several errors apply, the contract does not say which of them is raised.
    """
    if expected == observed:
        return True
    if expected.keys() != observed.keys() or "raises" not in expected:
        return False
    same = all(
        expected[name] == observed[name] for name in expected if name != "raises"
    )
    return same and any(_admits(one, observed["raises"]) for one in expected["raises"])


def _admits(admitted: Json, raised: Json) -> bool:
    if admitted[0] != raised[0]:
        return False
    if raised[1] is None and raised[0] in _MAY_BE_UNNAMED:
        return True
    pairs = zip(admitted[1:], raised[1:], strict=True)
    return all(one in (None, other) for one, other in pairs)
