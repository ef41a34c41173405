"""Errors as problem documents: pure data, for any web framework.

Source: RFC 9457, Problem Details for HTTP APIs.
"""

import re
from collections.abc import Mapping
from http import HTTPStatus

import attrs

from unitwork.domain.constraint_errors import (
    ConstraintViolationError,
    ReferenceViolationError,
    UniqueViolationError,
)
from unitwork.domain.errors import (
    AggregateNotFoundError,
    CommitOutcomeUnknownError,
    ConcurrencyConflictError,
    DomainError,
    InvalidValueError,
    StoredValueError,
    UnitworkError,
)
from unitwork.domain.operation_errors import (
    DeadlineExceededError,
    OperationKeyReusedError,
    OperationResultMissingError,
)
from unitwork.domain.request_errors import (
    BodyTooLargeError,
    PreconditionRequiredError,
    RequestError,
)
from unitwork.domain.storage_errors import StorageError

MEDIA_TYPE = "application/problem+json"
STATUSES: Mapping[type[Exception], HTTPStatus] = {
    AggregateNotFoundError: HTTPStatus.NOT_FOUND,
    ConcurrencyConflictError: HTTPStatus.CONFLICT,
    UniqueViolationError: HTTPStatus.CONFLICT,
    ReferenceViolationError: HTTPStatus.CONFLICT,
    InvalidValueError: HTTPStatus.UNPROCESSABLE_ENTITY,
    ConstraintViolationError: HTTPStatus.UNPROCESSABLE_ENTITY,
    StoredValueError: HTTPStatus.INTERNAL_SERVER_ERROR,
    CommitOutcomeUnknownError: HTTPStatus.INTERNAL_SERVER_ERROR,
    StorageError: HTTPStatus.SERVICE_UNAVAILABLE,
    OperationKeyReusedError: HTTPStatus.UNPROCESSABLE_ENTITY,
    OperationResultMissingError: HTTPStatus.CONFLICT,
    DeadlineExceededError: HTTPStatus.SERVICE_UNAVAILABLE,
    RequestError: HTTPStatus.BAD_REQUEST,
    PreconditionRequiredError: HTTPStatus.PRECONDITION_REQUIRED,
    BodyTooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    DomainError: HTTPStatus.UNPROCESSABLE_ENTITY,
}
"""Statuses by class; the nearest base counts, and anything else is a 500.

A conflict with a version that the caller expected is a 412, as If-Match has it.
"""


@attrs.frozen
class Problem:
    """What went wrong, as the client is told it."""

    status: int
    type: str
    """Which kind of problem: stable, made of the error's code."""
    title: str
    """The kind of problem in words: the same each time."""
    detail: str
    """What happened this time."""

    def document(self) -> dict[str, object]:
        """Return what is sent as JSON, under MEDIA_TYPE."""
        return attrs.asdict(self)


def problem(
    error: Exception,
    *,
    statuses: Mapping[type[Exception], int] = {},
    types: str = "urn:problem:",
) -> Problem:
    """Say an error in a way that is safe and useful outside.

    Args:
        error: any exception. Nothing that a driver said is repeated, and of a 500
            nothing that the error says.
        statuses: your own, by class; they go before STATUSES.
        types: what stands before the code in `type`; the address of the folder in
            which you publish docs/errors, for example.
    """
    status = _status(error, {**STATUSES, **_of_unknown(error), **statuses})
    code = getattr(error, "code", None) or _words(error).lower().replace(" ", "-")
    return Problem(status, f"{types}{code}", _words(error), _detail(error, status))


def _detail(error: Exception, status: int) -> str:
    server_side = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    told = StorageError | CommitOutcomeUnknownError | DeadlineExceededError
    if server_side and not isinstance(error, told):
        return "The server failed at this request."
    return error.describe()[0] if isinstance(error, UnitworkError) else str(error)


def _of_unknown(error: Exception) -> Mapping[type[Exception], int]:
    """Blame the server for a reference that no class of the schema has.

    It is one of a table of your own, and may be judged as late as in COMMIT: there is
    nothing that the client could mend.
    """
    known = getattr(error, "aggregate", None) is not None
    if known or not isinstance(error, ReferenceViolationError):
        return {}
    return {type(error): HTTPStatus.INTERNAL_SERVER_ERROR}


def _status(error: Exception, statuses: Mapping[type[Exception], int]) -> int:
    known = (statuses[base] for base in type(error).__mro__ if base in statuses)
    status = next(known, HTTPStatus.INTERNAL_SERVER_ERROR)
    expected = getattr(error, "expected_version", None) is not None
    if expected and status == HTTPStatus.CONFLICT:
        status = HTTPStatus.PRECONDITION_FAILED
    return int(status)


def _words(error: Exception) -> str:
    """Make "Email taken" of EmailTakenError."""
    name = type(error).__name__.removesuffix("Error")
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).capitalize() or "Error"
