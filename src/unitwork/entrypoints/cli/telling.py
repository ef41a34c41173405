"""Tell a person, and a script, what became of a command. Contract: 40."""

import signal
import sys
import traceback
from typing import Any

from unitwork.domain.errors import UnitworkError
from unitwork.domain.outcome import Outcome
from unitwork.entrypoints.cli.exits import ExitCode, interrupted, of_failure
from unitwork.entrypoints.cli.running import Report

_STORED = {
    Outcome.COMMITTED: "It came after a commit: what was committed is stored.",
    Outcome.UNKNOWN: "Nobody can tell whether something of it is stored.",
}
_NOTHING = "The operation raised it, and was rolled back: nothing of it is stored."
_REMEDY = "Mend what it names; --traceback shows where it was raised."


def say(text: str) -> None:
    """Say something beside the result."""
    print(text, file=sys.stderr)  # noqa: T201 - a command line


def described(error: BaseException, outcome: Outcome = Outcome.ROLLED_BACK) -> str:
    """Return the three lines of an error, the library's own or not."""
    if isinstance(error, UnitworkError):
        return str(error)
    said = " ".join(str(error).split())
    what = f"{type(error).__name__}: {said}" if said else type(error).__name__
    return "\n".join((what, _STORED.get(outcome, _NOTHING), _REMEDY))


def tell(error: BaseException, outcome: Outcome, *, trace: bool) -> None:
    """Print an error as its three lines; what led to it only if that is wanted."""
    if trace:
        traceback.print_exception(error)
    say(described(error, outcome))
    if isinstance(error, UnitworkError) and outcome is Outcome.COMMITTED:
        say(_STORED[outcome])


def conclude(report: Report[Any], *, trace: bool = False) -> int:
    """Tell what went wrong, if anything did, and return the exit code."""
    if report.error is None:
        return ExitCode.COMMITTED
    if report.stopped_by is not None:
        return _interrupted(report, report.stopped_by)
    tell(report.error, report.outcome, trace=trace)
    if not report.begun:
        return ExitCode.USAGE
    return of_failure(report.outcome)


def _interrupted(report: Report[Any], by: int) -> int:
    name = signal.Signals(by).name
    if report.outcome is Outcome.UNKNOWN:
        say(f"{name}: the commit was under way. {_STORED[report.outcome]}")
        return ExitCode.UNKNOWN
    if report.outcome is not Outcome.COMMITTED:
        say(f"{name}: rolled back, nothing is stored.")
        return interrupted(by)
    if report.returned:
        say(f"{name} came during the commit: it ran to its end, everything is stored.")
        return ExitCode.COMMITTED
    say(f"{name} came after a commit: that is stored; what followed was stopped.")
    return ExitCode.COMMITTED_THEN_FAILED
