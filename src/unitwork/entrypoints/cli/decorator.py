"""One unit of work for each call of a command of your own. Contract: 3, 40."""

import inspect
import sys
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from unitwork.application.runner import Runner
from unitwork.domain.errors import DomainError, MisuseError, UnitworkError
from unitwork.domain.unit_of_work import AbstractUnitOfWork
from unitwork.entrypoints.cli.exits import ExitCode
from unitwork.entrypoints.cli.running import Report, handles, run_to_its_end
from unitwork.entrypoints.cli.stopping import stopping
from unitwork.entrypoints.cli.telling import conclude

U = TypeVar("U", bound=AbstractUnitOfWork)
P = ParamSpec("P")
R = TypeVar("R")
Command = Callable[Concatenate[U, P], Awaitable[R]]


def unit_of_work(
    make: Callable[[], U] | Runner[U],
) -> Callable[[Command[U, P, R]], Callable[P, R]]:
    """Give a command of Click or Typer a unit of its own, as its first parameter.

        @click.command()
        @click.argument("sku")
        @unit_of_work(lambda: SqlAlchemyStock(database))
        async def restock(uow: StockUnitOfWork, sku: str) -> None: ...

    The command is an async function; what is made of it is a plain one, without that
    parameter. The unit is a handle that is not open. It commits what was done without
    a block when the command returns, and rolls back when it raises.

    Errors of the library and of the domain are printed, and the process exits with the
    code of `ExitCode`. Others pass: Click's own, and what Python prints by itself.

    Args:
        make: makes units; called once for each call, and nothing is tried again. A
            Runner does as it is set: retries, deadlines.

    Raises:
        MisuseError: the command is no async function, or takes nothing.
    """
    runner = handles(make)

    def decorate(command: Command[U, P, R]) -> Callable[P, R]:
        shown = _without_unit(command)

        @wraps(command)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            with stopping() as signals:
                report: Report[R] = run_to_its_end(
                    runner,
                    lambda r, call: r.run(call, *args, **kwargs),
                    command,
                    signals,
                )
                return _answer(report)

        described: Any = run
        described.__signature__ = shown
        described.__annotations__ = {
            name: parameter.annotation
            for name, parameter in shown.parameters.items()
            if parameter.annotation is not parameter.empty
        }
        del described.__wrapped__
        return run

    return decorate


def _answer(report: Report[R]) -> R:
    error = report.error
    told = isinstance(error, UnitworkError | DomainError)
    if error is not None and report.stopped_by is None and not told:
        raise error
    code = conclude(report)
    if code != ExitCode.COMMITTED:
        sys.exit(code)
    return report.returned[0]


def _without_unit(command: Callable[..., Any]) -> inspect.Signature:
    """Return what a framework of commands shall see."""
    name = getattr(command, "__name__", repr(command))
    if not inspect.iscoroutinefunction(command):
        raise MisuseError(
            f"The command {name} is no async function.",
            "It works with a unit of work, whose methods are awaited.",
            "Write `async def`, and this decorator below those of the framework.",
        )
    try:
        signature = inspect.signature(command, eval_str=True)
    except NameError as error:
        raise MisuseError(
            f"The annotations of {name} cannot be read: {error}.",
            "Frameworks of commands read them, to know what is asked for.",
            "Import what they name outside of `if TYPE_CHECKING:`.",
        ) from error
    if not signature.parameters:
        raise MisuseError(
            f"The command {name} takes no unit of work.",
            "It is handed over as the first parameter.",
            f"Write `async def {name}(uow: YourUnitOfWork, ...)`.",
        )
    return signature.replace(parameters=list(signature.parameters.values())[1:])
