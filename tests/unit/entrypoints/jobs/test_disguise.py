"""An operation in disguise: what engines read of it."""

import inspect
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, get_type_hints
from uuid import UUID

import pytest

from unitwork import AbstractUnitOfWork, MisuseError
from unitwork.entrypoints.jobs.disguise import disguise

INJECTED = inspect.Parameter(
    "message", inspect.Parameter.KEYWORD_ONLY, annotation=bytes
)


async def transfer(
    uow: AbstractUnitOfWork, source: "UUID", amount: int = 1, **further: str
) -> "int":
    """Move money."""
    raise NotImplementedError


async def unreadable(uow: "Nowhere", amount: int) -> None:  # type: ignore[name-defined]  # noqa: F821
    raise NotImplementedError


async def without_unit(*, amount: int) -> None:
    raise NotImplementedError


def disguised(operation: Callable[..., Awaitable[Any]]) -> Callable[..., Any]:
    async def body(*args: Any, **kwargs: Any) -> None:
        raise NotImplementedError

    disguise(body, operation, INJECTED)
    return body


def test_the_unit_is_gone_and_what_is_injected_is_there() -> None:
    """Annotations are objects, also where they were written as texts."""
    body = disguised(transfer)

    assert str(inspect.signature(body)) == (
        "(source: uuid.UUID, amount: int = 1, *, message: bytes, **further: str) -> int"
    )
    assert get_type_hints(body) == {
        "source": UUID,
        "amount": int,
        "message": bytes,
        "further": str,
        "return": int,
    }


def test_name_and_docstring_are_the_operation_s() -> None:
    """Engines name tasks by them, and print them."""
    body = disguised(transfer)

    assert (body.__name__, body.__doc__) == ("transfer", "Move money.")
    assert body.__module__ == __name__
    assert inspect.iscoroutinefunction(body)


def test_a_partial_operation_has_the_name_of_the_whole() -> None:
    """Two of them do not end up under the name of our own function."""
    assert disguised(partial(transfer, amount=2)).__name__ == "transfer"


def test_annotations_that_cannot_be_read_are_told() -> None:
    """When the worker starts, not when the first job comes."""
    with pytest.raises(MisuseError) as told:
        disguised(unreadable)

    assert str(told.value) == (
        f"The annotations of {__name__}.unreadable cannot be read: name 'Nowhere' is"
        " not defined.\n"
        "An engine parses the arguments of a job by them.\n"
        "Import what they name outside of `if TYPE_CHECKING:`. [misuse]"
    )


def test_an_operation_without_a_unit_is_told() -> None:
    """It would get the first argument of the job for one."""
    with pytest.raises(MisuseError) as told:
        disguised(without_unit)

    assert str(told.value) == (
        f"{__name__}.without_unit has no parameter for the unit of work.\n"
        "An operation is an async function whose first parameter is the unit.\n"
        "Add it: `async def ...(uow: YourUnitOfWork, ...)`. [misuse]"
    )


def test_what_is_not_async_is_refused_when_the_job_is_made() -> None:
    def sync(_: AbstractUnitOfWork) -> None:
        """Be called by no worker."""

    given: Any = sync
    with pytest.raises(MisuseError, match="sync is no async function"):
        disguised(given)
