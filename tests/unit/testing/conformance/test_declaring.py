"""What cases need, and what storages have."""

import pytest

from unitwork.testing import Capabilities
from unitwork.testing.conformance.capabilities import FLAGS
from unitwork.testing.conformance.declaring import lacking, needs
from unitwork.testing.conformance.generator import generate
from unitwork.testing.conformance.histories.workload import Workload


@needs("raw", "locks")
def a_case() -> None:
    """Stands for any."""


def test_a_case_lacks_what_it_needs_and_a_storage_has_not() -> None:
    """Every flag that is missing is told."""
    assert list(lacking(Capabilities(), a_case, {})) == []
    assert list(lacking(Capabilities(raw=False, parallel=False), a_case, {})) == ["raw"]
    assert list(lacking(Capabilities(raw=False, locks=False), a_case, {})) == [
        "locks",
        "raw",
    ]


def test_a_level_among_the_parameters_is_needed() -> None:
    """No case says so by itself."""
    without = Capabilities(snapshot=False, raw=False)
    assert list(lacking(without, test_a_level_among_the_parameters_is_needed, {})) == []
    assert list(lacking(without, a_case, {"level": "snapshot", "n": 1})) == [
        "snapshot",
        "raw",
    ]


def test_a_need_that_is_no_flag_is_a_mistake() -> None:
    """A case that is always skipped, or never, would be worth nothing."""
    with pytest.raises(LookupError, match="lock"):
        needs("lock")


def test_there_are_fewer_than_ten_flags() -> None:
    """Each of them is something that the kit does not ask."""
    assert 0 < len(FLAGS) < 10
    assert all(getattr(Capabilities(), flag) for flag in FLAGS)


def test_capabilities_tell_what_is_there_and_what_is_not() -> None:
    """In the report of a run."""
    assert str(Capabilities()) == ", ".join(FLAGS)
    assert str(Capabilities(raw=False)).endswith("parallel; without raw")
    assert Capabilities(snapshot=False).levels == ("read_committed", "serializable")


def test_programs_have_only_units_of_the_levels_that_there_are() -> None:
    """Without others they are the same as ever."""
    levels = ("read_committed", "serializable")
    programs = [generate(seed, levels=levels).program for seed in range(20)]
    opened = [step for each in programs for step in each if step.do == "open"]
    assert {step.args["isolation"] for step in opened} == set(levels)


def test_a_workload_without_locks_is_otherwise_the_same() -> None:
    """What would be locked is read."""
    plans = list(Workload(transactions=100).plans())
    unlocked = list(Workload(transactions=100, locks=False).plans())
    assert any(step[0] == "lock" for plan in plans for step in plan.steps)
    for plan, other in zip(plans, unlocked, strict=True):
        assert other.yields == plan.yields
        for step, instead in zip(plan.steps, other.steps, strict=True):
            assert instead == (("read", *step[1:]) if step[0] == "lock" else step)
