"""Exit codes: what became of the unit of work, for scripts. Contract: 40."""

import signal
from enum import IntEnum

from unitwork.domain.outcome import Outcome


class ExitCode(IntEnum):
    """What a command that ran one unit ends with."""

    COMMITTED = 0
    """Everything is stored; or there was nothing to store."""
    ROLLED_BACK = 1
    """It failed, and nothing of it is stored."""
    USAGE = 2
    """It was called or configured wrongly; nothing was begun."""
    UNKNOWN = 3
    """Nobody can tell whether it is stored."""
    COMMITTED_THEN_FAILED = 4
    """It is stored, and what came after the commit failed or was interrupted."""
    WARNINGS = 5
    """`doctor` has found nothing wrong, but something to look at."""


def interrupted(by: int) -> int:
    """Return the code of a command that a signal ended, rolled back: 130 or 143."""
    return 128 + signal.Signals(by)


def of_failure(outcome: Outcome) -> ExitCode:
    """Return the code of a command that failed."""
    if outcome is Outcome.UNKNOWN:
        return ExitCode.UNKNOWN
    if outcome is Outcome.COMMITTED:
        return ExitCode.COMMITTED_THEN_FAILED
    return ExitCode.ROLLED_BACK
