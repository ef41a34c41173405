"""A run as a page: what was asked of which storage, and what was found."""

from collections.abc import Iterable, Iterator, Sequence

from unitwork.testing.conformance.campaign import sabotage
from unitwork.testing.conformance.campaign.judging import coverage, failures
from unitwork.testing.conformance.campaign.lanes import (
    ISOLATION,
    PROGRAMS,
    QUERIES,
    Lane,
    short,
)
from unitwork.testing.conformance.campaign.own import OWN, named
from unitwork.testing.conformance.campaign.sabotage import Bug
from unitwork.testing.conformance.campaign.state import State
from unitwork.testing.conformance.capabilities import FLAGS
from unitwork.testing.conformance.coverage import FLOORS
from unitwork.testing.conformance.histories.verdicts import promised

_HEAD = """\
# Conformance

What the [conformance kit](conformance-kit.md) asked of each storage, and what it found.
This page is made from [{name}.json]({name}.json); do not edit it.
"""


def render(state: State, bugs: Sequence[Bug], name: str) -> str:
    """Render the page of a run; its results are in `name`.json beside it."""
    parts = [
        [_HEAD.format(name=name).rstrip()],
        _summary(state, name),
        ["## Storages", "", *_storages(state)],
        ["## Programs", "", *_asked(state, PROGRAMS)],
        ["## Queries", "", *_asked(state, QUERIES)],
        ["## What programs met", "", *_coverage(state)],
        ["## Isolation", "", *_isolation(state)],
        ["## Sabotage", "", *sabotage.lines(bugs)],
    ]
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _summary(state: State, name: str) -> Iterator[str]:
    by, asked = state.made_by, state.asked
    yield (
        f"unitwork {by['unitwork']} (code {by['code']}), Python {by['python']} on"
        f" {by['system']}; it took {state.seconds / 60:,.0f} minutes. To repeat it:"
    )
    yield from ("", "```console")
    yield "$ python -m unitwork.testing.conformance \\"
    if asked.adapters != [named(kind) for kind in OWN]:
        yield from (f"    {name} \\" for name in asked.adapters)
    yield f"    --programs {asked.programs} --queries {asked.queries} \\"
    yield f"    --seed {asked.seed} --levels {' '.join(asked.levels)} --state run.json"
    yield from ("$ python -m unitwork.testing.conformance \\",)
    yield from (f"    --state run.json --report {name}.md", "```", "")
    found = list(failures(state))
    left = [
        f"{lane}: {lane.left():,} seeds are left" for lane in state.lanes if lane.left()
    ]
    yield "The run is not complete." if left else "The run is complete."
    yield f"{len(found) or 'No'} differences or missed floors were found."
    if left or found:
        yield from ("", *(f"- {one}" for one in (*left, *found)))


def _storages(state: State) -> Iterator[str]:
    yield "| storage | version | without |"
    yield "| --- | --- | --- |"
    for name in state.asked.adapters:
        about = state.adapters[name]
        without = [flag for flag in FLAGS if not about.capabilities.get(flag, True)]
        yield f"| {short(name)} | {about.version} | {', '.join(without) or '-'} |"
    for name, reason in state.missing.items():
        yield f"| {short(name)} | not asked: {reason} | - |"


def _asked(state: State, kind: str) -> Iterator[str]:
    each = f" of {state.asked.questions} queries each" if kind == QUERIES else ""
    if kind == PROGRAMS:
        yield from ("The work is the time that all processes took together.", "")
    yield f"| storage | level | {kind} | seeds{each} | work | differences |"
    yield "| --- | --- | ---: | --- | ---: | --- |"
    for lane in _of(state, kind):
        found = f"at seed {lane.found.seed}" if lane.found else "none"
        yield (
            f"| {lane.storage} | {lane.level} | {lane.asked:,} |"
            f" {_seeds(lane)} | {lane.seconds / 60:,.1f} min | {found} |"
        )


def _seeds(lane: Lane) -> str:
    done = ", ".join(f"{first}-{last - 1}" for first, last in lane.done) or "none"
    return done if not any(lane.gaps()) else f"{done} of {_range(lane)}"


def _range(lane: Lane) -> str:
    first, last = lane.seeds
    return f"{first}-{last - 1}"


def _coverage(state: State) -> Iterator[str]:
    kinds = list(FLOORS)
    yield "How often in 1,000 programs. Below a floor a run fails."
    yield from ("", f"| storage | level | {' | '.join(kinds)} |")
    yield f"| --- | --- |{' ---: |' * len(kinds)}"
    yield f"| floor | | {' | '.join(str(FLOORS[kind]) for kind in kinds)} |"
    for lane in _of(state, PROGRAMS):
        met = coverage(lane)
        rates = (f"{met.total(kind) * 1000 / lane.asked:,.0f}" for kind in kinds)
        if lane.asked:
            yield f"| {lane.storage} | {lane.level} | {' | '.join(rates)} |"


def _isolation(state: State) -> Iterator[str]:
    lanes = [lane for lane in _of(state, ISOLATION) if lane.verdicts]
    yield "Which anomalies showed, at each level; see [isolation.md](isolation.md)."
    for level in dict.fromkeys(lane.level for lane in lanes):
        at = [lane for lane in lanes if lane.level == level]
        yield from ("", f"### {level}", "")
        yield f"| anomaly | promised | {' | '.join(n.storage for n in at)} |"
        yield f"| --- | --- |{' --- |' * len(at)}"
        for anomaly, by_level in promised().items():
            promise = {str(name): shown for name, shown in by_level.items()}[level]
            shown = _marks([promise, *(lane.verdicts[anomaly] for lane in at)])
            yield f"| {anomaly} | {' | '.join(shown)} |"


def _marks(shown: Iterable[bool]) -> Iterator[str]:
    return ("shown" if one else "no" for one in shown)


def _of(state: State, kind: str) -> list[Lane]:
    return [lane for lane in state.lanes if lane.kind == kind]
