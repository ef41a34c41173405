"""What an operation takes, and what a call of it asks for. Contract: 34."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from inspect import (
    BoundArguments,
    Parameter,
    iscoroutinefunction,
    isfunction,
    signature,
    unwrap,
)
from typing import Any

from unitwork.application.encoding import name_of
from unitwork.domain.errors import MisuseError

_UNIT = object()
"""Stands for the unit of work, which is not asked for."""


def asked(
    operation: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> object:
    """Return the arguments of a call by their names.

    By position or by keyword, said or left to its default, given here or to a partial
    application: it is the same request. What a closure, or the object of a method,
    holds is not part of it.

    Args:
        operation: its first parameter is the unit.
        args: the positional ones behind the unit.
        kwargs: the others.

    Raises:
        MisuseError: it is a lambda: no name tells one from another.
    """
    before: tuple[Any, ...] = ()
    while isinstance(operation, partial):
        before = (*operation.args, *before)
        kwargs = {**operation.keywords, **kwargs}
        operation = operation.func
    if getattr(operation, "__name__", None) == "<lambda>":
        raise MisuseError(
            f"{name_of(operation)} was run under an operation key.",
            "A key stands for one operation with its arguments, and lambdas have no"
            " names that would tell one from another.",
            "Write a function; or say what is asked for: keyed(key, request=...).",
        )
    try:
        bound = signature(operation).bind(*before, _UNIT, *args, **kwargs)
    except (TypeError, ValueError):  # the call itself will say what is wrong
        return [*before, *args], dict(kwargs)
    return _said(bound)


def _said(bound: BoundArguments) -> dict[str, object]:
    """Leave out the unit and defaults; tell alike values of other classes apart."""
    said: dict[str, object] = {}
    for name, given in bound.arguments.items():
        default = bound.signature.parameters[name].default
        value = given
        if isinstance(given, tuple):  # the unit may be among *args
            value = tuple(one for one in given if one is not _UNIT)
        if value is _UNIT or (type(value) is type(default) and value == default):
            continue
        kind = type(value)
        plain = kind.__module__ == "builtins"
        said[name] = (
            value if plain else [f"{kind.__module__}.{kind.__qualname__}", value]
        )
    return said


def behind_unit(
    operation: Callable[..., Any], parameters: Sequence[Parameter]
) -> list[Parameter]:
    """Return what an operation takes beside the unit.

    Args:
        operation: whose parameters these are.
        parameters: all of them.

    Raises:
        MisuseError: it is a function that is not async, or takes no unit.
    """
    name = name_of(operation)
    positional = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    if isfunction(operation) and not iscoroutinefunction(unwrap(operation)):
        raise MisuseError(
            f"{name} is no async function.",
            "An operation works with a unit of work, whose methods are awaited.",
            "Write `async def`.",
        )
    if parameters and parameters[0].kind in positional:
        return list(parameters[1:])
    raise MisuseError(
        f"{name} has no parameter for the unit of work.",
        "An operation is an async function whose first parameter is the unit.",
        "Add it: `async def ...(uow: YourUnitOfWork, ...)`.",
    )
