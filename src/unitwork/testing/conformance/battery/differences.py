"""What is reported: how far a run has come, and what it found."""

import attrs

from unitwork.testing.conformance.battery.asking import Disagreement
from unitwork.testing.conformance.battery.kinds import Json
from unitwork.testing.conformance.battery.printing import as_python
from unitwork.testing.conformance.battery.questions import Case


@attrs.frozen
class Difference:
    """A case that a storage does not answer as it must; its last step is the place."""

    seed: int | None
    case: Case
    call: str
    expected: Json
    observed: Json

    @classmethod
    def of(
        cls, case: Case, found: Disagreement, *, seed: int | None = None
    ) -> "Difference":
        """Leave out what comes after the step that differs."""
        cut = attrs.evolve(case, steps=case.steps[: found.at + 1])
        return cls(seed, cut, found.call, found.expected, found.observed)

    def __str__(self) -> str:
        """Show both answers, and what leads to them as Python."""
        return (
            f"{self.call} of seed {self.seed}\n"
            f"  expected: {self.expected}\n"
            f"  observed: {self.observed}\n\n"
            f"{as_python(self.case)}"
        )


@attrs.frozen
class Progress:
    """How far a run has come. To resume it, begin with the next seed."""

    seed: int
    questions: int
    """How many were asked so far."""
    difference: Difference | None = None
    """What was found, shrunk; the run has ended."""
