"""The operations of a test that run at the same time."""

import asyncio
from collections.abc import Coroutine
from contextvars import copy_context
from typing import Any, Literal, TypeVar, overload

from unitwork.testing.scheduling.loop import RACING

T = TypeVar("T")
Operation = Coroutine[Any, Any, T]


class Race:
    """Run operations at the same time, their steps in the order of the schedule."""

    @overload
    async def __call__(
        self,
        *operations: Operation[T],
        return_exceptions: Literal[False] = False,
        **named: Operation[T],
    ) -> list[T]: ...

    @overload
    async def __call__(
        self,
        *operations: Operation[T],
        return_exceptions: Literal[True],
        **named: Operation[T],
    ) -> list[T | BaseException]: ...

    async def __call__(
        self,
        *operations: Operation[T],
        return_exceptions: bool = False,
        **named: Operation[T],
    ) -> list[Any]:
        """Run every operation to its end, each in a task of its own.

        Args:
            *operations: coroutines; their tasks are named after their functions, in
                the order in which they stand.
            return_exceptions: put what an operation raised into the list.
            **named: coroutines under the names that their tasks get.

        Returns:
            What the operations returned, in the order in which they stand.

        Raises:
            BaseException: what an operation raised; of several, a group.
        """
        tasks = [_start(operation, None) for operation in operations]
        tasks += [_start(operation, name) for name, operation in named.items()]
        try:
            await asyncio.wait(tasks)
        except asyncio.CancelledError:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            raise
        ends = [(task, _error(task)) for task in tasks]
        errors = [error for _, error in ends if error is not None]
        if errors and not return_exceptions:
            raise _one_of(errors)
        return [task.result() if error is None else error for task, error in ends]


def _start(operation: Operation[T], name: str | None) -> asyncio.Task[T]:
    context = copy_context()
    context.run(RACING.set, True)  # noqa: FBT003 - the value of a variable
    return asyncio.get_running_loop().create_task(operation, name=name, context=context)


def _error(task: asyncio.Task[Any]) -> BaseException | None:
    return asyncio.CancelledError() if task.cancelled() else task.exception()


def _one_of(errors: list[BaseException]) -> BaseException:
    if len(errors) == 1:
        return errors[0]
    return BaseExceptionGroup("several operations of the race failed", errors)
