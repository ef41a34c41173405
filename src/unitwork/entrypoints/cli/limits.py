"""How long, and how often, the command line lets an operation be tried."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import attrs
import click

from unitwork.application.runner import Runner

F = TypeVar("F", bound=Callable[..., Any])


@attrs.frozen
class Limits:
    """What was said; None leaves it to the project's runner."""

    deadline: float | None
    attempts: int | None

    def over(self, runner: Runner[Any]) -> Runner[Any]:
        """Return a runner that keeps to it."""
        if self.deadline is not None:
            runner = runner.within(self.deadline)
        if self.attempts is not None:
            runner = runner.retrying(attrs.evolve(runner.retry, attempts=self.attempts))
        return runner


def limits(command: F) -> F:
    """Give a command the options, as its parameter `given`."""

    @wraps(command)
    def limited(
        *args: Any, deadline: float | None, attempts: int | None, **kwargs: Any
    ) -> Any:
        return command(*args, given=Limits(deadline, attempts), **kwargs)

    said = click.option("--deadline", type=float, help="Seconds for all attempts.")
    tried = click.option("--attempts", type=int, help="How often it is tried, from 1.")
    made: Any = said(tried(limited))
    return made  # type: ignore[no-any-return]  # click's decorators keep what they get
