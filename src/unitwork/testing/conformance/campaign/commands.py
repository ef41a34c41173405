"""The command `python -m unitwork.testing.conformance`."""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from unitwork.domain.errors import MisuseError
from unitwork.testing.amounts import PROGRAMS, QUERIES
from unitwork.testing.conformance.adapter import Adapter
from unitwork.testing.conformance.campaign.bar import Bar
from unitwork.testing.conformance.campaign.judging import failures
from unitwork.testing.conformance.campaign.lanes import MIXED, Lane
from unitwork.testing.conformance.campaign.own import OWN, named
from unitwork.testing.conformance.campaign.publishing import publish
from unitwork.testing.conformance.campaign.running import (
    BrokenRunError,
    Interrupted,
    Run,
)
from unitwork.testing.conformance.campaign.state import (
    About,
    Asked,
    State,
    read,
    resumed,
)
from unitwork.testing.conformance.campaign.trying import about, replay
from unitwork.testing.conformance.campaign.working import adapter_named
from unitwork.testing.conformance.programs import ISOLATIONS
from unitwork.testing.storages import MissingDatabaseError

_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, replay, or write the report; return what the process shall exit with."""
    said = _parser().parse_args(arguments)
    try:
        if said.report is not None:
            publish(_needed(said.state), said.report, said.sabotage)
            return 0
        if said.replay is not None:
            return _replay(said.adapters or _own(), said.replay)
        return _run(said)
    except MisuseError as error:
        sys.stderr.write(f"{error}\n")
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m unitwork.testing.conformance",
        description="Ask storages many random programs and queries.",
    )
    add = parser.add_argument
    add("adapters", nargs="*", metavar="module:Class", help="default: the library's")
    add("--programs", type=int, default=PROGRAMS, help="for each storage and level")
    add("--queries", type=int, default=QUERIES, help="for each storage and level")
    add("--seed", type=int, default=0, help="the first one")
    add(
        "--levels",
        nargs="+",
        choices=(*ISOLATIONS, MIXED),
        default=[MIXED],
        help="isolation of the units: one for all, or mixed; several, one by one",
    )
    add("--workers", type=int, default=os.cpu_count() or 1, help="processes")
    add("--state", type=Path, help="file from which a run goes on")
    add("--replay", type=Path, metavar="FILE", help="a program or case, as JSON")
    add("--report", type=Path, metavar="PAGE", help="write a page from --state")
    add("--sabotage", type=Path, metavar="FILE", help="rows for the report, as JSON")
    return parser


def _own() -> list[str]:
    return [named(kind) for kind in OWN]


def _needed(state: Path | None) -> State:
    if state is not None:
        return read(state)
    raise MisuseError(
        "A report has nothing to tell of.",
        "It is made from what a run has kept.",
        "Name the run's file: --state FILE.",
    )


def _run(said: argparse.Namespace) -> int:
    adapters, missing = _reached(said.adapters or _own())
    asked = Asked(
        programs=said.programs,
        queries=said.queries,
        seed=said.seed,
        levels=said.levels,
        adapters=list(adapters),
    )
    file: Path | None = said.state
    if file is not None and file.exists():
        state = resumed(file, asked)
    else:
        state = State.begun(asked, adapters, missing)
    bar = Bar(state)
    for name, reason in missing.items():
        bar.say(f"{name} is left out: {reason}")
    try:
        Run(state, file, bar).go(said.workers, lambda lane: _tell(lane, file, bar))
    except Interrupted:
        bar.say(f"Interrupted. {_going_on(file)}")
        return _INTERRUPTED
    except BrokenRunError as error:
        bar.say(str(error))
        return 1
    return _judge(state, bar)


def _reached(names: list[str]) -> tuple[dict[str, About], dict[str, str]]:
    """Look at each adapter, and tell those that have nothing to reach."""
    there: dict[str, About] = {}
    missing: dict[str, str] = {}
    for name in names:
        try:
            there[name] = about(adapter_named(name))
        except MissingDatabaseError as error:
            missing[name] = str(error)
    return there, missing


def _going_on(file: Path | None) -> str:
    if file is None:
        return "Nothing is kept; with --state FILE a run goes on where it ended."
    return f"All that was asked is kept in {file}. To go on, say the same again."


def _tell(lane: Lane, state: Path | None, bar: Bar) -> None:
    """Print a difference, and keep what replays it."""
    assert lane.found is not None
    bar.say(f"\n{lane}, seed {lane.found.seed}:")
    bar.say(lane.found.text)
    if lane.found.kept:
        folder = Path() if state is None else state.parent
        file = (
            folder / f"{lane.storage}-{lane.kind}-{lane.level}-{lane.found.seed}.json"
        )
        file.write_text(lane.found.kept, "utf-8")
        bar.say(
            f"It is kept in {file}. To replay it:\n"
            f"python -m unitwork.testing.conformance {lane.adapter} --replay {file}\n"
        )


def _judge(state: State, bar: Bar) -> int:
    for lane in state.lanes:
        end = f"a difference at seed {lane.found.seed}" if lane.found else "as promised"
        bar.say(f"{lane}: {lane.asked:,} in {lane.seconds:,.0f} s, {end}")
    found = list(failures(state))
    for one in found:
        bar.say(one)
    return 1 if found else 0


def _replay(names: list[str], file: Path) -> int:
    status = 0
    for name in names:
        kind: type[Adapter] = adapter_named(name)
        try:
            differs = asyncio.run(replay(kind, file))
        except MissingDatabaseError as error:
            differs = f"left out: {error}"
        else:
            status = status or int(differs is not None)
        sys.stdout.write(f"{kind.__name__}: {differs or 'as it must be'}\n")
    return status
