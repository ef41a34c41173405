"""Run again what a file has kept: a program, or a case of the battery."""

import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from unitwork.domain.errors import MisuseError
from unitwork.testing.conformance.battery.questions import Case
from unitwork.testing.conformance.battery.runner import differs_on as cabinet_differs
from unitwork.testing.conformance.printing import as_python
from unitwork.testing.conformance.programs import Program
from unitwork.testing.conformance.runner import Fresh, differs_on


def read(file: Path) -> Program | Case:
    """Read what `to_json` of a program or a case gave.

    Raises:
        MisuseError: it is neither.
    """
    try:
        text = file.read_text("utf-8")
        kind = Case if "rows" in json.loads(text) else Program
        return kind.from_json(text)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise MisuseError(
            f"{file} has neither a program nor a case of queries.",
            f"It cannot be read as one: {error!r}.",
            "Name a file that holds what `to_json()` of one of them gave.",
        ) from error


async def replay_program(fresh: Fresh, program: Program) -> str | None:
    """Run a program, and say how the storage differs, if it does."""
    found = await differs_on(fresh)(program)
    return None if found is None else f"{found}\n\n{as_python(found.program)}"


async def replay_case(
    unit: Callable[..., Any], case: Case, levels: Sequence[str]
) -> str | None:
    """Ask the questions of a case at each level, and say what differs, if it does.

    Args:
        unit: makes units of the battery; takes `isolation=`.
        case: what is stored, done and asked.
        levels: of the units.
    """
    for level in levels:
        found = await cabinet_differs(partial(unit, isolation=level))(case)
        if found is not None:
            return f"at {level}: {found}"
    return None
