"""Errors are data; `str()` says what, why and the remedy, and ends with a code."""

import pickle
from pathlib import Path

import pytest

import unitwork
from unitwork import (
    AccessDeniedError,
    AggregateNotFoundError,
    BodyTooLargeError,
    CommitOutcomeUnknownError,
    ConcurrencyConflictError,
    ConnectionLostError,
    ConstraintViolationError,
    DeadlineExceededError,
    ForeignTaskError,
    InvalidValueError,
    KeyNotAssignedError,
    MalformedHeaderError,
    MisuseError,
    NotADatabaseError,
    OperationKeyReusedError,
    OperationResultMissingError,
    Outcome,
    PersistenceError,
    PoolTimeoutError,
    PreconditionRequiredError,
    ReadOnlyError,
    ReferenceViolationError,
    RequestError,
    SchemaError,
    StatementTimeoutError,
    StorageBusyError,
    StorageCorruptError,
    StorageError,
    StorageFullError,
    StorageMissingError,
    StorageReadOnlyError,
    StoredValueError,
    UncommittedChangesError,
    UniqueViolationError,
    UnitOfWorkClosedError,
    UnitOfWorkNotOpenError,
    UnitworkError,
    UsageError,
)


class Batch:
    """Stands for an aggregate."""


MESSAGES: dict[UnitworkError, str] = {
    UnitworkError(): """\
The unit of work failed.
No reason was given.
See the cause. [unitwork]""",
    UsageError(): """\
The unit of work failed.
No reason was given.
See the cause. [usage]""",
    PersistenceError(): """\
The unit of work failed.
No reason was given.
See the cause. [persistence]""",
    MisuseError("What.", "Why.", "Remedy."): """\
What.
Why.
Remedy. [misuse]""",
    UnitOfWorkNotOpenError(): """\
The unit of work is not open.
Repositories, commit and rollback work only inside a block.
Write `async with uow:` round this code. [not-open]""",
    UnitOfWorkClosedError(Outcome.COMMITTED): """\
This block of the unit of work has ended: committed.
A block commits or rolls back once and is not used after it.
Open another one with `async with uow:`; a unit that was lent is used up. [closed]""",
    ForeignTaskError("Task-1", "Task-2"): """\
Task 'Task-2' used a unit of work that task 'Task-1' owns.
Usual causes: asyncio.gather over one unit; wait_for before Python 3.12, which makes\
 a task; a fixture that is still running.
Give each task a unit of its own, use asyncio.timeout, or move an idle unit with\
 uow.adopt(). [foreign-task]""",
    UncommittedChangesError(("added Batch 'b'", "removed Batch 'c'")): """\
The block ended with changes that nobody committed: added Batch 'b', removed Batch 'c'.
They were rolled back: a block saves nothing unless it says so.
End it with `await uow.commit()`, or with `await uow.rollback()`.\
 [uncommitted-changes]""",
    ReadOnlyError(("added Batch 'b'",)): """\
A read-only unit of work cannot write: added Batch 'b'.
It was opened with read_only=True; nothing was written.
Make the change in a unit that may write, or do not change the objects. [read-only]""",
    KeyNotAssignedError(Batch, "id"): """\
Batch.id has no value yet.
The database makes this key, when the unit of work commits.
Read it after the commit; where another aggregate of the unit must refer to this Batch,\
 make keys with key(factory=new_id). [key-not-assigned]""",
    InvalidValueError(Batch, "sku", "a\0b", "It must not contain NUL."): """\
Batch.sku cannot be 'a\\x00b'.
It must not contain NUL. Nothing was written.
Check values where they enter the domain (`field(validator=...)`). [invalid-value]""",
    SchemaError(("Batch.sku is odd.", "Batch has no Key.")): """\
The schema has 2 mistakes:
  - Batch.sku is odd.
  - Batch has no Key.
Found at start, before any data was touched.
Mend each one; the page of this code explains them. [schema]""",
    AggregateNotFoundError(Batch, "b"): """\
There is no Batch with the key 'b'.
It was never stored, or it has been removed.
Use find() where its absence is an answer and not an error. [not-found]""",
    ConcurrencyConflictError(Batch, "b"): """\
The unit of work met a concurrent one over Batch 'b' and was rolled back.
Another unit of work changed it after this one had read it.
Run the whole operation again with a fresh unit. [conflict]""",
    UniqueViolationError(Batch, ("sku", "eta"), "uq_batch_sku_eta"): """\
Another Batch already has the same sku, eta (constraint uq_batch_sku_eta).
Nothing of the unit of work was written.
Choose another value, or load the one that has it. [unique-violation]""",
    ReferenceViolationError(Batch, ("sku",), "fk_batch_sku"): """\
Batch.sku would refer to something that is not there (constraint fk_batch_sku).
Nothing of the unit of work was written.
Add the target in the same unit, or remove what refers to it first.\
 [reference-violation]""",
    ConstraintViolationError("ck_batch_size", "size > 0"): """\
The database refused a row (constraint ck_batch_size).
It said: size > 0
Keep the same rule in the domain, so that it is met before the commit.\
 [constraint-violation]""",
    StoredValueError("batch", "size", "b", "x", "It must be of type int."): """\
batch.size of the row 'b' holds 'x'.
It must be of type int.
Something else wrote it: correct the row, then read again. [stored-value]""",
    CommitOutcomeUnknownError("connection reset"): """\
Nobody can tell whether the unit of work was committed.
The storage was lost during COMMIT: connection reset
Do not repeat it blindly: look for its effects first. [outcome-unknown]""",
    StorageError("odd", "XX000"): """\
The storage refused the work.
The driver said: odd (code XX000)
The driver's own error is the cause of this one. [storage]""",
    StorageBusyError("database is locked"): """\
A lock was not free in time.
The driver said: database is locked
Run the operation again; raise lock_timeout if it recurs. [storage-busy]""",
    StatementTimeoutError("canceled", "57014"): """\
A statement took longer than it may.
The driver said: canceled (code 57014)
Give it more time, an index, or less to do. [statement-timeout]""",
    PoolTimeoutError("30 s"): """\
No connection of the pool came free in time.
The driver said: 30 s
Raise the pool's size, or look for units that stay open. [pool-timeout]""",
    ConnectionLostError("reset"): """\
The connection to the database broke before the commit.
The driver said: reset
Run the operation again; see that the server is up. [connection-lost]""",
    AccessDeniedError('role "x" does not exist', "28000"): """\
The database denied access.
The driver said: role "x" does not exist (code 28000)
Check user and password, and what that user may do. [access-denied]""",
    StorageFullError("database or disk is full"): """\
The disk of the database is full.
The driver said: database or disk is full
Free space; what was committed earlier is safe. [storage-full]""",
    StorageReadOnlyError("readonly database"): """\
The database can only be read.
The driver said: readonly database
Check the file's mode and owner, or the server's role. [storage-read-only]""",
    StorageCorruptError("malformed"): """\
The database file is damaged.
The driver said: malformed
Keep a copy, then restore a backup or `.recover` it. [storage-corrupt]""",
    NotADatabaseError("file is not a database"): """\
The file is not a database.
The driver said: file is not a database
Check the URL; the file was not touched. [not-a-database]""",
    StorageMissingError("unable to open"): """\
The database, its folder or a table is not there.
The driver said: unable to open
Check the URL, and that the migrations have run. [storage-missing]""",
    OperationKeyReusedError("message-7"): """\
The operation key 'message-7' was used for another request.
A key stands for one request: this one was not begun.
Make a new key for each request; keep it only to repeat that request.\
 [operation-key-reused]""",
    OperationResultMissingError("message-7"): """\
The operation of the key 'message-7' took effect; its result is lost.
It was not stored: the process ended first, or it has no JSON.
Look for its effects; `commit(result=...)` stores both in one commit.\
 [operation-result-missing]""",
    DeadlineExceededError(0.5): """\
The operation took longer than its 0.5 s.
It was stopped where it stood; what it wrote is rolled back.
Give it more time, or less to do. [deadline-exceeded]""",
    RequestError(): """\
The request cannot be served as it was sent.
Nothing was begun.
Send it in another way. [request]""",
    MalformedHeaderError("If-Match", "x", "It is an entity tag."): """\
The header If-Match cannot be 'x'.
It is an entity tag.
Send it as its standard says. [malformed-header]""",
    PreconditionRequiredError(): """\
The request needs the header If-Match.
It says which version is changed, so that no other change is lost.
Read the resource, and send its ETag with the change. [precondition-required]""",
    BodyTooLargeError(5): """\
With an Idempotency-Key a body has at most 5 bytes.
It is read as a whole before the request is begun, to compare it.
Send less, or without the key; the limit is Idempotency(limit_bytes=).\
 [body-too-large]""",
}


def errors() -> list[type[UnitworkError]]:
    kinds = [UnitworkError]
    for kind in kinds:
        kinds += kind.__subclasses__()
    return kinds


@pytest.mark.parametrize("error", MESSAGES, ids=lambda error: type(error).__name__)
def test_each_message_says_what_why_and_the_remedy(error: UnitworkError) -> None:
    """Three parts, and a stable code at the end."""
    assert str(error) == MESSAGES[error]


def test_no_error_class_is_left_out() -> None:
    """Every class of the tree has its message above."""
    assert {type(error) for error in MESSAGES} == set(errors())


@pytest.mark.parametrize("error", MESSAGES, ids=lambda error: type(error).__name__)
def test_errors_survive_pickling(error: UnitworkError) -> None:
    """Job runners and process pools send errors between processes."""
    copy = pickle.loads(pickle.dumps(error))

    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert copy.args == error.args


@pytest.mark.parametrize("kind", errors(), ids=lambda kind: kind.__name__)
def test_each_error_has_a_code_of_its_own_and_a_page(kind: type[UnitworkError]) -> None:
    """The code in a message leads to docs/errors."""
    page = Path(unitwork.__file__).parents[2] / "docs" / "errors" / f"{kind.code}.md"

    assert [other for other in errors() if other.code == kind.code] == [kind]
    assert page.read_text().startswith(f"# {kind.__name__}\n")


def test_each_error_is_exported() -> None:
    """`except unitwork.X` works for every class."""
    assert {kind.__name__ for kind in errors()} <= set(unitwork.__all__)


@pytest.mark.parametrize(
    ("kind", "builtin"),
    [
        (AggregateNotFoundError, LookupError),
        (KeyNotAssignedError, AttributeError),
        (InvalidValueError, ValueError),
        (StoredValueError, ValueError),
        (StorageBusyError, TimeoutError),
        (StatementTimeoutError, TimeoutError),
        (PoolTimeoutError, TimeoutError),
        (ConnectionLostError, ConnectionError),
        (AccessDeniedError, PermissionError),
        (StorageFullError, OSError),
    ],
)
def test_errors_inherit_the_builtin_that_people_catch(
    kind: type[UnitworkError], builtin: type[Exception]
) -> None:
    """`except LookupError` and `except TimeoutError` are not surprised."""
    assert issubclass(kind, builtin)


def test_only_what_may_help_is_retryable() -> None:
    """Contract 27: each error says whether to run the operation again."""
    kinds = [kind for kind in errors() if issubclass(kind, PersistenceError)]

    assert {kind for kind in kinds if kind.retryable} == {
        ConcurrencyConflictError,
        ConnectionLostError,
        PoolTimeoutError,
        StatementTimeoutError,
        StorageBusyError,
    }


def test_only_a_lost_commit_leaves_the_outcome_unknown() -> None:
    """Contract 27: each error says what is known of the writes."""
    kinds = [kind for kind in errors() if issubclass(kind, PersistenceError)]
    unknown = {kind for kind in kinds if kind.outcome is Outcome.UNKNOWN}

    assert unknown == {CommitOutcomeUnknownError}


def test_long_lists_and_values_are_cut() -> None:
    """A message stays readable."""
    changes = UncommittedChangesError(tuple(f"added Batch {n}" for n in range(8)))
    value = InvalidValueError(Batch, "sku", "x" * 500, "It is too long.")

    assert "Batch 4 and 3 more." in str(changes)
    assert f"cannot be '{'x' * 76}...." in str(value)


def test_a_conflict_without_an_aggregate_speaks_of_the_unit() -> None:
    """A deadlock names no row."""
    assert str(ConcurrencyConflictError(reason="A deadlock.")) == (
        "The unit of work met a concurrent one and was rolled back.\n"
        "A deadlock.\n"
        "Run the whole operation again with a fresh unit. [conflict]"
    )


def test_a_conflict_over_a_class_names_the_class_alone() -> None:
    """The answer to a query is nobody's in particular."""
    assert str(ConcurrencyConflictError(Batch, reason="A query.")) == (
        "The unit of work met a concurrent one over Batch and was rolled back.\n"
        "A query.\n"
        "Run the whole operation again with a fresh unit. [conflict]"
    )


def test_a_conflict_with_an_expected_version_is_not_retryable() -> None:
    """Run again with the same expectation, it would fail again."""
    error = ConcurrencyConflictError(Batch, "b", "It was changed.", 7)

    assert not error.retryable
    assert not pickle.loads(pickle.dumps(error)).retryable
    assert str(error) == (
        "Batch 'b' is not at the expected version 7.\n"
        "It was changed.\n"
        "Read it again, and let whoever expected that version decide anew. [conflict]"
    )


def test_violations_without_names_speak_of_rows() -> None:
    """Some servers name neither table nor column."""
    assert str(UniqueViolationError(None)) == (
        "Another row already has the same values.\n"
        "Nothing of the unit of work was written.\n"
        "Choose another value, or load the one that has it. [unique-violation]"
    )
    assert str(ReferenceViolationError(None)) == (
        "A row would refer to something that is not there.\n"
        "Nothing of the unit of work was written.\n"
        "Add the target in the same unit, or remove what refers to it first."
        " [reference-violation]"
    )


def test_a_reference_names_its_target_where_it_is_known() -> None:
    """Class and key; a new one without a key is not known."""
    known = ReferenceViolationError(Batch, ("sku",), "fk", Batch, "b")

    assert str(known).startswith(
        "Batch.sku would refer to Batch 'b', which is not there (constraint fk).\n"
    )
    assert str(ReferenceViolationError(Batch, ("sku",), target=Batch)).startswith(
        "Batch.sku would refer to something that is not there.\n"
    )


def test_a_connection_that_never_was_did_not_break() -> None:
    """A wrong URL and a server that went away look different."""
    assert str(ConnectionLostError("refused", made=False)).startswith(
        "No connection to the database could be made.\nThe driver said: refused\n"
    )


def test_a_circle_is_told_as_one() -> None:
    """Whose targets are there, or in the same unit: that would be no help."""
    circle = ReferenceViolationError(Batch, ("sku",), circle=("Batch 'a'", "Batch 'b'"))

    assert str(circle) == (
        "Batch 'a', Batch 'b' depend on each other in a circle.\n"
        "Each would have to be written before the others, as they refer to each other."
        " Nothing of the unit of work was written.\n"
        "Break the circle in a unit of its own: set one reference to None there before"
        " they are removed, or set it there after they were added."
        " [reference-violation]"
    )


def test_a_transaction_that_others_ended_is_told_from_a_commit_that_was_lost() -> None:
    """Contract 10: what is to be done about it is another thing."""
    error = CommitOutcomeUnknownError("'DROP TABLE x'", during_commit=False)
    assert str(error) == (
        "A part of the unit of work may be stored, and the rest is not.\n"
        "Its transaction was ended by something else: 'DROP TABLE x'\n"
        "Look for its effects. Run what commits by itself outside of units."
        " [outcome-unknown]"
    )
