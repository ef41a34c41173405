"""Count what programs met, so that none passes for lack of trying."""

from collections import Counter

from unitwork.domain.errors import MisuseError
from unitwork.testing.conformance.actions import CHANGED
from unitwork.testing.conformance.generator import Generated

FLOORS = {
    "ConcurrencyConflictError": 50,
    "UniqueViolationError": 100,
    "ReferenceViolationError": 20,
    CHANGED: 500,
}
"""How often 1,000 programs must meet what is rare."""
_JUDGED_FROM = 100


class Coverage:
    """What the programs of a run met, by kind of outcome and isolation."""

    def __init__(self) -> None:
        """Begin with nothing met."""
        self.programs = 0
        self.met: Counter[tuple[str, str]] = Counter()
        """By kind and isolation of the unit that met it."""

    def add(self, generated: Generated) -> None:
        """Count what a program met."""
        self.programs += 1
        self.met.update(generated.met)

    def total(self, kind: str) -> int:
        """Count one kind, at all isolation levels."""
        return sum(count for (met, _), count in self.met.items() if met == kind)

    def check(self) -> None:
        """See that nothing rare was missed; fewer than 100 programs are not judged.

        Raises:
            MisuseError: the programs met something less often than its floor says.
        """
        for kind, floor in FLOORS.items():
            needed = floor * self.programs / 1000
            if self.programs >= _JUDGED_FROM and self.total(kind) < needed:
                raise MisuseError(
                    f"{self.programs} programs met {kind} {self.total(kind)} times;"
                    f" the floor is {needed:g}.",
                    "What is hardly ever met is hardly tested.",
                    "Mend the generator: its weights, or how it chooses what to do.",
                )

    def __str__(self) -> str:
        """List what was met, a line each, the most frequent first."""
        kinds = Counter[str]()
        for (kind, _), count in self.met.items():
            kinds[kind] += count
        return "\n".join(
            f"{kind}: {count} ({self._by_isolation(kind)})"
            for kind, count in kinds.most_common()
        )

    def _by_isolation(self, kind: str) -> str:
        levels = {level: n for (met, level), n in self.met.items() if met == kind}
        return ", ".join(f"{level} {count}" for level, count in sorted(levels.items()))
