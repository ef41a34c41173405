"""The command `python -m unitwork.testing.conformance.sabotage`."""

import argparse
import asyncio
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import attrs

from unitwork.domain.errors import MisuseError
from unitwork.testing.conformance.campaign.working import adapter_named
from unitwork.testing.conformance.sabotage.bug import Bug
from unitwork.testing.conformance.sabotage.catalogue import (
    CONTROL,
    all_bugs,
    bugs_named,
)
from unitwork.testing.conformance.sabotage.hunting import USUAL, Effort, hunt
from unitwork.testing.conformance.sabotage.results import (
    Kill,
    Result,
    as_json,
    summary,
)
from unitwork.testing.conformance.sabotage.suites import hunt_by_cases

_OWN = "unitwork.testing.conformance.campaign.own"
_MORE = (
    "Some bugs are seen by named cases alone: name a conformance_suite of the adapter,"
    " --suite tests/test_mine.py::TestMine."
)
USUAL_ADAPTERS = (f"{_OWN}:InMemory", f"{_OWN}:Sqlite")


def main(arguments: Sequence[str] | None = None) -> int:
    """Hunt, and return the exit code: 1 if a bug survives that should not."""
    said = _parser().parse_args(arguments)
    if said.list:
        _say("\n".join(f"{name}: {bug.wrong}" for name, bug in all_bugs().items()))
        return 0
    try:
        results = list(_hunted(said))
    except MisuseError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    _say(summary(results))
    if not said.suite and not all(one.right for one in results):
        _say(_MORE)
    if said.json is not None:
        said.json.write_text(as_json(results), "utf-8")
    return 0 if all(one.right for one in results) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m unitwork.testing.conformance.sabotage",
        description="Seed bugs, one at a time, and see that the kit finds each.",
    )
    add = parser.add_argument
    add("adapters", nargs="*", metavar="module:Class", default=USUAL_ADAPTERS)
    add("--suite", action="append", default=[], help="whose named cases look at last")
    add("--only", nargs="+", default=(), metavar="BUG", help="or family")
    add("--list", action="store_true", help="list the bugs, and end")
    add("--programs", type=int, default=USUAL.programs)
    add("--queries", type=int, default=USUAL.queries)
    add("--jobs", type=int, default=2, help="processes (default: 2)")
    add("--json", type=Path, metavar="FILE", help="where the rows of a report go")
    return parser


def _hunted(said: argparse.Namespace) -> Iterator[Result]:
    """Hunt for each bug, after a control: right storages must show nothing."""
    bugs = bugs_named(*said.only)
    effort = Effort(programs=said.programs, queries=said.queries)
    look = _Look(tuple(said.adapters), tuple(said.suite), effort)
    seen = look.at(CONTROL)
    if seen is not None:
        raise MisuseError(
            f"Something is wrong without any bug: {seen.by} {seen.number}.",
            seen.seen,
            "Mend it first: python -m unitwork.testing.conformance shows more.",
        )
    with ProcessPoolExecutor(said.jobs, mp_context=get_context("spawn")) as pool:
        kills = pool.map(partial(_named, look), bugs)
        for bug, kill in zip(bugs.values(), kills, strict=True):
            result = Result(bug, kill)
            _say(str(result))
            yield result


def _named(look: "_Look", name: str) -> Kill | None:
    return look.at(all_bugs()[name])


@attrs.frozen
class _Look:
    """Where to look for a bug, in which order; can be sent to a process."""

    adapters: tuple[str, ...]
    suites: tuple[str, ...]
    effort: Effort

    def at(self, bug: Bug) -> Kill | None:
        """Ask each adapter at random; then the named cases of each suite."""
        for name in self.adapters:
            with adapter_named(name).opened() as adapter:
                kill = asyncio.run(hunt(adapter, bug, self.effort))
            if kill is not None:
                return kill
        for suite in () if bug.survives else self.suites:
            kill = hunt_by_cases(suite, bug)
            if kill is not None:
                return kill
        return None


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
