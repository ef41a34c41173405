"""Taskiq: a task is an operation, and its identifier the operation key.

Contract: 34, 40.
"""

import inspect
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated, Any, Concatenate, ParamSpec, TypeVar

from taskiq import Context, TaskiqDepends

from unitwork.application.runner import Runner
from unitwork.domain.unit_of_work import AbstractUnitOfWork
from unitwork.entrypoints.jobs.disguise import disguise
from unitwork.entrypoints.jobs.job_keys import WEEK, job_key

U = TypeVar("U", bound=AbstractUnitOfWork)
P = ParamSpec("P")
R = TypeVar("R")

_CONTEXT = inspect.Parameter(
    "unitwork_context",
    inspect.Parameter.KEYWORD_ONLY,
    annotation=Annotated[Context, TaskiqDepends()],
)


def job(
    runner: Runner[U],
    operation: Callable[Concatenate[U, P], Awaitable[R]],
    *,
    keep: timedelta = WEEK,
) -> Callable[P, Awaitable[R]]:
    """Make the function of a task.

        allocation = broker.task("allocate")(job(runner, allocate))
        await allocation.kiq("order-1", "LAMP", 2)

    A task that is delivered again, or that a middleware sends again, has the same
    identifier: it takes effect once, and has the stored result. Called as a function,
    it runs without a key.

    Args:
        runner: makes the units, and tries again what was not applied.
        operation: gets the arguments of the task behind the unit.
        keep: for how long a task may come again.
    """

    async def body(*args: Any, unitwork_context: Any = None, **kwargs: Any) -> R:
        if unitwork_context is None:
            return await runner.run(operation, *args, **kwargs)
        message = unitwork_context.message
        request = [message.task_name, message.args, message.kwargs]
        key = job_key("taskiq", message.task_id)
        keyed = runner.keyed(key, request=request, keep=keep)
        return await keyed.run(operation, *args, **kwargs)

    disguise(body, operation, _CONTEXT)
    return body
