"""An operation as an engine sees it: without the unit of work. Contract: 40.

Engines read the signature of what they run: they parse arguments by it, inject by it.
"""

import inspect
from collections.abc import Awaitable, Callable
from functools import update_wrapper
from typing import Any

from unitwork.application.asked import behind_unit
from unitwork.application.encoding import name_of
from unitwork.domain.errors import MisuseError

Parameters = list[inspect.Parameter]


def disguise(
    body: Callable[..., Awaitable[Any]],
    operation: Callable[..., Awaitable[Any]],
    *injected: inspect.Parameter,
) -> None:
    """Give a function the looks of an operation whose first parameter is gone.

    Args:
        body: what the engine shall run; nothing else may use it yet.
        operation: what it runs.
        injected: what the engine gives it beside the arguments, by keyword.

    Raises:
        MisuseError: the operation is not async, or has no parameter for the unit; or
            its annotations cannot be read.
    """
    signature = _signature(operation)
    parameters = behind_unit(operation, list(signature.parameters.values()))
    open_ended = parameters[-1:] if _is_open(parameters) else []
    kept = parameters[: len(parameters) - len(open_ended)]
    update_wrapper(body, operation)
    looks: Any = body
    looks.__name__ = name_of(operation).rpartition(".")[2]
    looks.__signature__ = signature.replace(parameters=[*kept, *injected, *open_ended])
    looks.__annotations__ = _annotations(looks.__signature__)


def _signature(operation: Callable[..., Any]) -> inspect.Signature:
    try:
        return inspect.signature(operation, eval_str=True)
    except NameError as error:
        raise MisuseError(
            f"The annotations of {name_of(operation)} cannot be read: {error}.",
            "An engine parses the arguments of a job by them.",
            "Import what they name outside of `if TYPE_CHECKING:`.",
        ) from error


def _is_open(parameters: Parameters) -> bool:
    return bool(parameters) and parameters[-1].kind is inspect.Parameter.VAR_KEYWORD


def _annotations(signature: inspect.Signature) -> dict[str, Any]:
    """Return what `get_type_hints` finds."""
    parameters = signature.parameters.values()
    every = {parameter.name: parameter.annotation for parameter in parameters}
    every["return"] = signature.return_annotation
    return {name: said for name, said in every.items() if said is not signature.empty}
