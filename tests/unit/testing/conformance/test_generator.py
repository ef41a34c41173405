"""Programs from seeds, steered by the model."""

from collections import Counter

import pytest

from unitwork.testing.conformance.coverage import Coverage
from unitwork.testing.conformance.differential import predict
from unitwork.testing.conformance.generator import generate, generate_changes
from unitwork.testing.conformance.programs import Program

SEEDS = range(300)


@pytest.mark.parametrize("seed", range(20))
def test_a_seed_always_makes_the_same_program(seed: int) -> None:
    """Also for whoever runs the model anew."""
    made = generate(seed)
    assert generate(seed) == made
    assert predict(made.program) == made.expected


def test_programs_have_at_least_three_units_open_at_once_as_a_rule() -> None:
    """What is interleaved is what goes wrong."""
    at_once = Counter(_most_at_once(generate(seed).program) >= 3 for seed in SEEDS)
    assert at_once[True] > 0.9 * len(SEEDS)


def test_programs_are_long_enough_to_meet_something_and_short_enough_to_read() -> None:
    """About 20 to 40 steps each."""
    lengths = sorted(len(generate(seed).program) for seed in SEEDS)
    assert 25 <= lengths[len(lengths) // 2] <= 40
    assert lengths[-1] <= 60


def test_generated_programs_meet_what_is_rare_often_enough() -> None:
    """Below a floor, a run fails."""
    coverage = Coverage()
    for seed in SEEDS:
        coverage.add(generate(seed))
    coverage.check()


@pytest.mark.parametrize("seed", range(20))
def test_generated_changes_can_be_committed(seed: int) -> None:
    """Laws compare what is before a commit with what is after it."""
    stored, changes = generate_changes(seed)
    assert generate_changes(seed) == (stored, changes)
    *_, committed = predict(Program(seed, (*stored, *changes, *stored.steps[-2:-1])))
    assert committed["outcome"] == "committed"
    assert "raises" not in committed


def _most_at_once(program: Program) -> int:
    depths: dict[int, int] = {}
    most = 0
    for step, observed in zip(program, predict(program), strict=True):
        if "outcome" not in observed:
            continue
        depth = {"open": 1, "enter": 1, "leave": -1}.get(step.do, 0)
        depths[step.unit] = depths.get(step.unit, 0) + depth
        most = max(most, sum(depth > 0 for depth in depths.values()))
    return most
