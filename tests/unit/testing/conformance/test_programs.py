"""Programs as data."""

import pytest

from unitwork.testing.conformance.generator import generate
from unitwork.testing.conformance.programs import Program, Step, program, step


@pytest.mark.parametrize("seed", range(50))
def test_a_program_is_the_same_after_a_round_trip_through_json(seed: int) -> None:
    """What was found can be kept, sent and replayed."""
    made = generate(seed).program
    assert Program.from_json(made.to_json()) == made


def test_the_json_of_a_program_has_a_line_for_each_step() -> None:
    """It can be read, compared and cut with any editor."""
    made = program(
        step("open", isolation="snapshot", read_only=False),
        step("find", 1, of="Item", key="é"),
        seed=7,
    )
    assert made.to_json() == (
        '{"seed": 7, "steps": [\n'
        '{"do": "open", "unit": 0, "isolation": "snapshot", "read_only": false},\n'
        '{"do": "find", "unit": 1, "of": "Item", "key": "\\u00e9"}\n'
        "]}\n"
    )


def test_a_step_says_which_aggregate_it_is_about() -> None:
    """The class and the key."""
    assert Step("find", 0, {"of": "Site", "key": "a"}).name == ("Site", "a")
