"""Where the command `unitwork` begins, also where its extra is not installed."""

import sys
from collections.abc import Sequence

_MISSING = """\
The command line needs {name}, which is not installed.
It comes with an extra, since a library in a server has no use for it.
Install it: pip install unitwork[cli]"""
_NEEDED = ("click", "rich")
_USAGE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    try:
        from unitwork.entrypoints.cli.group import run  # noqa: PLC0415 - see above

        return run(arguments)
    except ModuleNotFoundError as error:
        name = (error.name or "").partition(".")[0]
        if name not in _NEEDED:
            raise
        print(_MISSING.format(name=name), file=sys.stderr)  # noqa: T201 - as above
        return _USAGE
