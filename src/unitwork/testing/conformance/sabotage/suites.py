"""Let the named cases look for a bug, which random programs cannot see."""

import os
import re
import subprocess
import sys

from unitwork.domain.errors import MisuseError
from unitwork.testing.conformance.sabotage.bug import Bug
from unitwork.testing.conformance.sabotage.results import Kill

_SECONDS = 600
_FAILED = re.compile(r"^(?:FAILED|ERROR) \S*::(\S+)(.*)", re.MULTILINE)
_RANDOM = "not test_programs and not test_queries"
_FOUND, _PASSED = 1, 0
_NOT_AGAIN = ("PYTEST_ADDOPTS", "COVERAGE_PROCESS_CONFIG", "COVERAGE_PROCESS_START")
"""By which coverage is asked of the run around this one, which needs none."""


def hunt_by_cases(suite: str, bug: Bug) -> Kill | None:
    """Run a suite's named cases on its adapter with a bug, up to one that fails.

    Args:
        suite: what pytest shall run: `tests/test_mine.py::TestMine`, a
            `conformance_suite`.
        bug: what is wrong.

    Raises:
        MisuseError: pytest found no such suite, or could not run it.
    """
    run = subprocess.run(  # noqa: S603 - what the caller asks for
        [
            *(sys.executable, "-m", "pytest", suite, "-k", _RANDOM, "-x", "-q"),
            *("-p", "no:cacheprovider", "-p", "no:xdist", "--no-header"),
            f"--conformance-sabotage={bug}",
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=_SECONDS,
        env={name: os.environ[name] for name in os.environ.keys() - set(_NOT_AGAIN)},
    )
    found = _FAILED.search(run.stdout)
    if run.returncode == _FOUND and found is not None:
        name, said = found.groups()
        return Kill("cases", _number(run.stdout), f"{name}{said}"[:300])
    if run.returncode == _FOUND and "Timeout" in run.stderr:
        return Kill("cases", _number(run.stdout), "a case had to be stopped")
    if run.returncode != _PASSED:
        raise MisuseError(
            f"pytest could not run {suite!r}.",
            f"It ended with {run.returncode}: {(run.stdout + run.stderr)[-500:]}",
            "Name a conformance_suite as pytest does: tests/test_mine.py::TestMine.",
        )
    return None


def _number(said: str) -> int:
    passed = re.search(r"(\d+) passed", said)
    return 1 + int(passed.group(1)) if passed else 1
