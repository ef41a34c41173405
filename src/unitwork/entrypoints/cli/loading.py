"""From what settings name to what it is: databases, runners, operations."""

import difflib
import importlib
import sys
from collections.abc import Callable
from functools import reduce
from typing import Any

from unitwork.adapters.storage import AbstractDatabase
from unitwork.adapters.unit_of_work import TrackingUnitOfWork
from unitwork.application.hosting import HostedUnitOfWork
from unitwork.application.runner import Runner
from unitwork.domain.errors import MisuseError, UnitworkError
from unitwork.entrypoints.cli.arguments import needed_by
from unitwork.entrypoints.cli.project import KEYS, Project, Setting


def reach(project: Project) -> None:
    """Let the project's modules be imported, from its folder and from src in it."""
    for folder in (project.folder / "src", project.folder):
        if folder.is_dir() and str(folder) not in sys.path:
            sys.path.insert(0, str(folder))


def load(setting: Setting) -> Any:
    """Import what `module:name` stands for.

    Raises:
        MisuseError: there is no such thing.
    """
    module, _, name = setting.value.partition(":")
    if not module or not name:
        raise MisuseError(
            f"{setting.place} says {setting.value!r}.",
            "It names a module, and what is to be found in it.",
            "Write module:name, for example shop.services:allocate.",
        )
    try:
        found: Any = importlib.import_module(module)
    except UnitworkError:
        raise
    except Exception as error:
        raise MisuseError(
            f"{module!r} cannot be imported: {type(error).__name__}: {error}.",
            f"{setting.place} names it.",
            "Mend the name or the module; start in the project's folder.",
        ) from error
    try:
        return reduce(getattr, name.split("."), found)
    except AttributeError as error:
        near = difflib.get_close_matches(name, dir(found), n=3)
        raise MisuseError(
            f"There is no {name!r} in {module!r}.",
            f"{setting.place} names it.",
            f"Did you mean {' or '.join(near)}?" if near else "Correct the name.",
        ) from error


def database(project: Project) -> AbstractDatabase:
    """Return the project's database object.

    Raises:
        MisuseError: there is none.
    """
    setting = project.get("database")
    found = load(setting)
    made = found if isinstance(found, AbstractDatabase) else _made(setting, found)
    if isinstance(made, AbstractDatabase):
        return made
    raise _another(setting, made)


def runner(project: Project) -> Runner[Any]:
    """Return what runs the project's operations.

    Raises:
        MisuseError: there is none.
    """
    setting = project.get("runner")
    found = load(setting)
    if isinstance(found, type) and issubclass(found, TrackingUnitOfWork):
        stored, kind = database(project), found
        return Runner(lambda: kind(stored))
    made = found if isinstance(found, Runner) else _made(setting, found)
    if isinstance(made, Runner):
        return made
    if isinstance(made, HostedUnitOfWork):
        make: Any = found
        return Runner(make)
    raise _another(setting, made)


def operation(setting: Setting) -> Callable[..., Any]:
    """Return an operation.

    Raises:
        MisuseError: there is none.
    """
    found = load(setting)
    if callable(found) and not isinstance(found, type):
        operation: Callable[..., Any] = found
        return operation
    raise MisuseError(
        f"{setting.value} is no operation, but {found!r}.",
        f"{setting.place} names it.",
        "Name an async function whose first parameter is the unit of work.",
    )


def seeder(setting: Setting) -> Callable[..., Any]:
    """Return an operation that needs no arguments.

    Raises:
        MisuseError: there is none.
    """
    found = operation(setting)
    needed = needed_by(found)
    if not needed:
        return found
    raise MisuseError(
        f"{setting.value} needs {', '.join(needed)}.",
        "A seeder is an operation without arguments: it gets the unit of work.",
        "Give them defaults, or write a function that calls it.",
    )


def _made(setting: Setting, found: Any) -> object:
    if not callable(found):
        raise _another(setting, found)
    try:
        made: object = found()
    except UnitworkError:
        raise
    except Exception as error:
        raise MisuseError(
            f"{setting.value}() raised {type(error).__name__}: {error}.",
            f"{setting.place} names it; it is called without arguments.",
            "Mend it, or name the object itself.",
        ) from error
    return made


def _another(setting: Setting, found: object) -> MisuseError:
    return MisuseError(
        f"{setting.value} gives an object of {type(found).__name__}.",
        f"{setting.place} names it as the project's {setting.key}.",
        f"Write {setting.key} = {KEYS[setting.key]}.",
    )
