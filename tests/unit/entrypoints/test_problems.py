"""Problem documents: what a client is told of an error."""

import pytest

from unitwork import (
    AggregateNotFoundError,
    CommitOutcomeUnknownError,
    ConcurrencyConflictError,
    ConstraintViolationError,
    DomainError,
    MisuseError,
    PoolTimeoutError,
    ReferenceViolationError,
    StorageFullError,
    StoredValueError,
    UniqueViolationError,
)
from unitwork.entrypoints.problems import Problem, problem


class Ship: ...


class ShipHasSailedError(DomainError): ...


FOUND = {
    "not-found": (AggregateNotFoundError(Ship, 7), 404),
    "conflict": (ConcurrencyConflictError(Ship, 7), 409),
    "unique-violation": (UniqueViolationError(Ship, ("name",)), 409),
    "reference-violation": (ReferenceViolationError(Ship, ("port",)), 409),
    "constraint-violation": (ConstraintViolationError("ck", "no"), 422),
    "stored-value": (StoredValueError("ship", "n", 7, "x", "No."), 500),
    "outcome-unknown": (CommitOutcomeUnknownError("lost"), 500),
    "pool-timeout": (PoolTimeoutError("5 s"), 503),
    "storage-full": (StorageFullError("disk"), 503),
    "ship-has-sailed": (ShipHasSailedError("At noon."), 422),
    "misuse": (MisuseError("a", "b", "c"), 500),
    "zero-division": (ZeroDivisionError("1/0"), 500),
}


@pytest.mark.parametrize(
    ("code", "error", "status"), [(c, e, s) for c, (e, s) in FOUND.items()], ids=FOUND
)
def test_an_error_has_a_status_and_a_stable_type(
    code: str, error: Exception, status: int
) -> None:
    found = problem(error)
    assert (found.status, found.type) == (status, f"urn:problem:{code}")


def test_a_problem_is_said_in_one_line_and_in_the_same_words_each_time() -> None:
    assert problem(AggregateNotFoundError(Ship, 7)).document() == {
        "status": 404,
        "type": "urn:problem:not-found",
        "title": "Aggregate not found",
        "detail": "There is no Ship with the key 7.",
    }


def test_an_error_of_the_domain_speaks_for_itself() -> None:
    assert problem(ShipHasSailedError("At noon.")) == Problem(
        422, "urn:problem:ship-has-sailed", "Ship has sailed", "At noon."
    )


def test_a_reference_that_the_schema_does_not_have_is_no_fault_of_the_client() -> None:
    """It may be judged as late as in COMMIT, after the handler."""
    assert problem(ReferenceViolationError(None)).status == 500
    own: dict[type[Exception], int] = {ReferenceViolationError: 409}
    assert problem(ReferenceViolationError(None), statuses=own).status == 409


def test_own_statuses_and_types_go_first() -> None:
    """The nearest base counts, so that a subclass may differ."""
    found = problem(
        ShipHasSailedError(), statuses={ShipHasSailedError: 410}, types="/errors/"
    )
    assert (found.status, found.type) == (410, "/errors/ship-has-sailed")


def test_a_conflict_with_an_expected_version_is_a_failed_precondition() -> None:
    """What If-Match asks for; a status of one's own still goes first."""
    error = ConcurrencyConflictError(Ship, 7, expected_version=3)
    own = problem(error, statuses={ConcurrencyConflictError: 428})
    assert (problem(error).status, own.status) == (412, 428)
    assert problem(error).detail == "Ship 7 is not at the expected version 3."


def test_what_a_driver_said_stays_inside() -> None:
    found = problem(StorageFullError("/var/lib/secret is full"))
    assert found.detail == "The disk of the database is full."


def test_a_mistake_of_the_server_says_nothing_of_its_inside() -> None:
    assert problem(KeyError("password")).detail == "The server failed at this request."
    stored = problem(StoredValueError("ship", "n", 7, "secret", "No."))
    assert stored.detail == "The server failed at this request."


def test_an_unknown_outcome_is_admitted() -> None:
    assert problem(CommitOutcomeUnknownError("lost")).detail == (
        "Nobody can tell whether the unit of work was committed."
    )
