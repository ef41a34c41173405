"""Whether a run has found what must not be, or missed what must be met."""

from collections.abc import Iterator

from unitwork.domain.errors import MisuseError
from unitwork.testing.conformance.campaign.lanes import PROGRAMS, Lane
from unitwork.testing.conformance.campaign.state import State
from unitwork.testing.conformance.coverage import Coverage


def failures(state: State) -> Iterator[str]:
    """Say what is not as it must be, a text each."""
    for lane in state.lanes:
        if lane.found is not None:
            yield f"{lane}: differs at seed {lane.found.seed}"
        elif lane.kind == PROGRAMS and state.adapters[lane.adapter].capabilities.get(
            "references", True
        ):
            try:
                coverage(lane).check()
            except MisuseError as missed:
                yield f"{lane}: {missed.what}"


def coverage(lane: Lane) -> Coverage:
    """Give what a lane met, to be judged by floors."""
    made = Coverage()
    made.programs = lane.asked
    for kind, by_level in lane.met.items():
        for level, count in by_level.items():
            made.met[kind, level] = count
    return made
