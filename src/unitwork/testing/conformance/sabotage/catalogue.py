"""All seeded bugs, by name."""

from contextlib import nullcontext
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from unitwork.domain.errors import MisuseError
from unitwork.testing.conformance.sabotage.bug import Bug, bugs_of

CONTROL = Bug("control", "nothing", "Nothing is wrong.", lambda _: nullcontext())
"""Must not be found."""
_PACKAGES = ("storage", "core")
_HERE = "unitwork.testing.conformance.sabotage"


@cache
def all_bugs() -> dict[str, Bug]:
    """Return every bug by its name: `versions/updates-are-not-guarded`."""
    found: dict[str, Bug] = {}
    for package in _PACKAGES:
        path = import_module(f"{_HERE}.{package}").__path__
        for module in sorted(one.name for one in iter_modules(path)):
            for bug in bugs_of(import_module(f"{_HERE}.{package}.{module}")):
                found[str(bug)] = bug
    return found


def bug_named(name: str) -> Bug:
    """Return one bug, or the control.

    Raises:
        MisuseError: there is none of that name.
    """
    if name == str(CONTROL):
        return CONTROL
    found = bugs_named(name)
    if name not in found:
        raise MisuseError(
            f"{name!r} is a family of {len(found)} bugs.",
            "One bug is seeded at a time.",
            f"Name one of them: {next(iter(found))}",
        )
    return found[name]


def bugs_named(*names: str) -> dict[str, Bug]:
    """Return the bugs of these names, or of these families; without names, all.

    Raises:
        MisuseError: there is no such bug, and no such family.
    """
    found: dict[str, Bug] = {}
    for name in names:
        fitting = {
            known: bug
            for known, bug in all_bugs().items()
            if name in (known, bug.family)
        }
        if not fitting:
            raise MisuseError(
                f"There is no seeded bug {name!r}.",
                "A bug is named family/name, and a family names all of its bugs.",
                "List them: python -m unitwork.testing.conformance.sabotage --list",
            )
        found |= fitting
    return found if names else all_bugs()
