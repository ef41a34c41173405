"""From `--arg name=value` to arguments, by the operation's annotations."""

import inspect
import json
import types
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from unitwork.application.asked import behind_unit
from unitwork.application.encoding import name_of, restored
from unitwork.domain.errors import MisuseError

_TRUTH = {
    **dict.fromkeys(("true", "yes", "on", "1"), True),
    **dict.fromkeys(("false", "no", "off", "0"), False),
}
_EXAMPLES = {
    bool: "true or false",
    datetime: "a moment: 2026-01-31T12:00:00+00:00",
    date: "a day: 2026-01-31",
    time: "a time: 12:00:00",
    int: "a whole number",
    float: "a number",
    Decimal: "a decimal number",
    UUID: "a UUID",
}


def arguments(operation: Callable[..., Any], said: Iterable[str]) -> dict[str, Any]:
    """Convert what was said to what the operation takes.

    Texts, numbers, moments, UUIDs, enums and `None` are written plainly; anything else
    is JSON.

    Raises:
        MisuseError: an argument is missing, unknown, said twice, or of another kind.
    """
    name = name_of(operation)
    parameters = _parameters(operation, name)
    given: dict[str, Any] = {}
    for pair in said:
        key, equals, value = pair.partition("=")
        if not equals or key not in parameters or key in given:
            raise _unusable(name, pair, parameters, twice=key in given)
        given[key] = _converted(name, parameters[key], value)
    missing = [needed for needed in _needed(parameters) if needed not in given]
    if missing:
        raise MisuseError(
            f"{name} also needs {', '.join(missing)}.",
            f"It takes {_listed(parameters)}.",
            f"Add {' '.join(f'--arg {one}=VALUE' for one in missing)}.",
        )
    return given


def needed_by(operation: Callable[..., Any]) -> list[str]:
    """Name the arguments without which an operation cannot be called.

    Raises:
        MisuseError: it is no operation, or its annotations cannot be read.
    """
    return _needed(_parameters(operation, name_of(operation)))


def _needed(parameters: Mapping[str, inspect.Parameter]) -> list[str]:
    return [p.name for p in parameters.values() if p.default is p.empty]


def _parameters(
    operation: Callable[..., Any], name: str
) -> dict[str, inspect.Parameter]:
    try:
        hints = get_type_hints(inspect.unwrap(operation), include_extras=True)
        found = list(inspect.signature(operation).parameters.values())
    except (NameError, TypeError, ValueError) as error:
        raise MisuseError(
            f"The annotations of {name} cannot be read: {error}.",
            "Arguments are converted by them.",
            "Import what they name outside of `if TYPE_CHECKING:`.",
        ) from error
    found = behind_unit(operation, found)
    usable = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return {
        p.name: p.replace(annotation=hints.get(p.name, p.annotation))
        for p in found
        if p.kind in usable
    }


def _converted(name: str, parameter: inspect.Parameter, value: str) -> Any:
    try:
        return convert(value, parameter.annotation)
    except Exception as error:
        raise MisuseError(
            f"{parameter.name}={value!r} is no {_shown(parameter.annotation)}:"
            f" {error}.",
            f"{name} takes {_typed(parameter)}.",
            f"Write {_example(parameter.annotation)}.",
        ) from error


def convert(value: str, kind: Any) -> Any:
    """Read a text as an annotation has it.

    Raises:
        Exception: it does not fit.
    """
    if get_origin(kind) is Annotated:
        return convert(value, get_args(kind)[0])
    if get_origin(kind) in (Union, types.UnionType):
        return _first(value, get_args(kind))
    if get_origin(kind) is Literal:
        return _choice(value, get_args(kind))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _member(value, kind)
    read = _READ.get(kind)
    return restored(json.loads(value), kind) if read is None else read(value)


def _first(value: str, kinds: tuple[Any, ...]) -> Any:
    """Try each kind: None first, and texts last, since they take anything."""
    failures: list[str] = []
    for kind in sorted(kinds, key=lambda one: (one is str, one is not type(None))):
        try:
            return convert(value, kind)
        except Exception as error:  # noqa: BLE001 - another one may fit
            failures.append(str(error))
    raise ValueError("; ".join(failures))


def _truth(value: str) -> bool:
    if value.lower() not in _TRUTH:
        raise ValueError(f"it is one of {', '.join(_TRUTH)}")
    return _TRUTH[value.lower()]


def _nothing(value: str) -> None:
    if value not in ("", "null", "None"):
        raise ValueError(f"{value!r} is not null")


def _choice(value: str, choices: tuple[Any, ...]) -> Any:
    for one in choices:
        if str(one) == value:
            return one
    raise ValueError(f"it is one of {', '.join(map(str, choices))}")


def _member(value: str, kind: type[Enum]) -> Enum:
    for member in kind:
        if value in (member.name, str(member.value)):
            return member
    raise ValueError(f"its members are {', '.join(kind.__members__)}")


def _unusable(
    name: str, pair: str, parameters: dict[str, inspect.Parameter], *, twice: bool
) -> MisuseError:
    what = "is said twice" if twice else "is no argument of it"
    if "=" not in pair and pair in parameters:
        what = "has no value"
    return MisuseError(
        f"{name}: {pair!r} {what}.",
        f"It takes {_listed(parameters)}.",
        "Write --arg name=value, once for each; a list is JSON: --arg ids=[1,2].",
    )


def _listed(parameters: dict[str, inspect.Parameter]) -> str:
    return ", ".join(map(_typed, parameters.values())) or "no arguments"


def _typed(parameter: inspect.Parameter) -> str:
    if parameter.annotation is parameter.empty:
        return parameter.name
    return f"{parameter.name}: {_shown(parameter.annotation)}"


def _shown(kind: Any) -> str:
    return getattr(kind, "__name__", str(kind)) if not get_args(kind) else str(kind)


def _example(kind: Any) -> str:
    if isinstance(kind, type) and issubclass(kind, Enum):
        return f"one of {', '.join(kind.__members__)}"
    return _EXAMPLES.get(kind, f"what is a {_shown(kind)}, as JSON")


_READ: Mapping[Any, Callable[[str], Any]] = {
    bool: _truth,
    None: _nothing,
    type(None): _nothing,
    int: int,
    float: float,
    Decimal: Decimal,
    UUID: UUID,
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    time: time.fromisoformat,
    str: str,
    Any: str,
    object: str,
    inspect.Parameter.empty: str,
}
