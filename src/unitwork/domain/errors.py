"""Every error of the library.

UnitworkError
├── UsageError                        fix the code
│   ├── UnitOfWorkNotOpenError
│   ├── UnitOfWorkClosedError
│   ├── ForeignTaskError
│   ├── UncommittedChangesError
│   ├── ReadOnlyError
│   ├── KeyNotAssignedError           + AttributeError
│   ├── InvalidValueError             + ValueError
│   └── SchemaError
├── PersistenceError                  the world said no: .retryable, .outcome
│   ├── AggregateNotFoundError        + LookupError
│   ├── ConcurrencyConflictError      retryable
│   ├── UniqueViolationError          (constraint_errors.py, these three)
│   ├── ReferenceViolationError
│   ├── ConstraintViolationError
│   ├── StoredValueError              + ValueError
│   ├── CommitOutcomeUnknownError     outcome UNKNOWN
│   ├── OperationKeyReusedError       (operation_errors.py, these three)
│   ├── OperationResultMissingError   outcome COMMITTED
│   ├── DeadlineExceededError         + TimeoutError
│   └── StorageError                  the storage itself (storage_errors.py)
├── RequestError                      an entry point refused it (request_errors.py)
│   ├── MalformedHeaderError          + ValueError
│   ├── PreconditionRequiredError
│   └── BodyTooLargeError
└── DomainError                       yours to subclass

Errors are data: attributes hold what happened, `str()` renders three lines - what,
why, remedy - and ends with a stable code that has a page in docs/errors.
"""

from typing import ClassVar, TypeVar, dataclass_transform

import attrs

from unitwork.domain.outcome import Outcome

E = TypeVar("E")


@dataclass_transform(eq_default=False)
def error(cls: type[E]) -> type[E]:
    """Make an error class: attributes from annotations, picklable."""
    return attrs.define(cls, slots=False, eq=False, str=False, repr=False)


class UnitworkError(Exception):
    """Stand at the root of the tree."""

    code: ClassVar[str] = "unitwork"

    def describe(self) -> tuple[str, str, str]:
        """Say what happened, why, and what to do about it."""
        return "The unit of work failed.", "No reason was given.", "See the cause."

    def __str__(self) -> str:
        """Render three lines that end with the code."""
        return "\n".join(self.describe()) + f" [{self.code}]"


class DomainError(Exception):
    """Derive the refusals of your own domain from it; the library raises none."""


class UsageError(UnitworkError):
    """The calling code is wrong: retrying cannot help."""

    code: ClassVar[str] = "usage"


@error
class MisuseError(UsageError):
    """A call that this object, or this storage, does not allow."""

    what: str
    why: str
    remedy: str
    code: ClassVar[str] = "misuse"

    def describe(self) -> tuple[str, str, str]:
        """Return the three lines as they were given."""
        return self.what, self.why, self.remedy


@error
class UnitOfWorkNotOpenError(UsageError):
    """The unit is used before it was opened."""

    code: ClassVar[str] = "not-open"

    def describe(self) -> tuple[str, str, str]:
        """Point at the missing block."""
        return (
            "The unit of work is not open.",
            "Repositories, commit and rollback work only inside a block.",
            "Write `async with uow:` round this code.",
        )


@error
class UnitOfWorkClosedError(UsageError):
    """A block is used after its commit or rollback. Contract: 2, 39."""

    outcome: Outcome
    code: ClassVar[str] = "closed"

    def describe(self) -> tuple[str, str, str]:
        """Name the outcome that closed it."""
        return (
            f"This block of the unit of work has ended: {self.outcome.value}.",
            "A block commits or rolls back once and is not used after it.",
            "Open another one with `async with uow:`; a unit that was lent is used up.",
        )


@error
class ForeignTaskError(UsageError):
    """A unit is used by a task that does not own it. Contract: 8."""

    owner: str
    user: str
    code: ClassVar[str] = "foreign-task"

    def describe(self) -> tuple[str, str, str]:
        """Name both tasks and the usual causes."""
        return (
            f"Task {self.user!r} used a unit of work that task {self.owner!r} owns.",
            (
                "Usual causes: asyncio.gather over one unit; wait_for before Python"
                " 3.12, which makes a task; a fixture that is still running."
            ),
            (
                "Give each task a unit of its own, use asyncio.timeout, or move an idle"
                " unit with uow.adopt()."
            ),
        )


@error
class UncommittedChangesError(UsageError):
    """A block ended cleanly with changes and neither commit nor rollback."""

    changes: tuple[str, ...]
    code: ClassVar[str] = "uncommitted-changes"

    def describe(self) -> tuple[str, str, str]:
        """List up to five of the changes."""
        shown = ", ".join(self.changes[:5])
        more = f" and {len(self.changes) - 5} more" if len(self.changes) > 5 else ""  # noqa: PLR2004
        return (
            f"The block ended with changes that nobody committed: {shown}{more}.",
            "They were rolled back: a block saves nothing unless it says so.",
            "End it with `await uow.commit()`, or with `await uow.rollback()`.",
        )


@error
class ReadOnlyError(UsageError):
    """A read-only unit was asked to write. Contract: 11."""

    changes: tuple[str, ...]
    code: ClassVar[str] = "read-only"

    def describe(self) -> tuple[str, str, str]:
        """List the changes."""
        return (
            f"A read-only unit of work cannot write: {', '.join(self.changes)}.",
            "It was opened with read_only=True; nothing was written.",
            "Make the change in a unit that may write, or do not change the objects.",
        )


@error
class KeyNotAssignedError(UsageError, AttributeError):
    """A key made by the database was read before the commit. Contract: 17."""

    aggregate: type
    attribute: str
    code: ClassVar[str] = "key-not-assigned"

    def describe(self) -> tuple[str, str, str]:
        """Name the attribute, and advise keys made by the client."""
        name = self.aggregate.__name__
        return (
            f"{name}.{self.attribute} has no value yet.",
            "The database makes this key, when the unit of work commits.",
            (
                f"Read it after the commit; where another aggregate of the unit must"
                f" refer to this {name}, make keys with key(factory=new_id)."
            ),
        )


@error
class InvalidValueError(UsageError, ValueError):
    """A value is outside what every storage keeps exactly. Contract: 24."""

    aggregate: type
    attribute: str
    value: object
    rule: str
    code: ClassVar[str] = "invalid-value"

    def describe(self) -> tuple[str, str, str]:
        """Name the attribute, the value and the rule that it breaks."""
        shown = repr(self.value)
        shown = shown if len(shown) <= 80 else f"{shown[:77]}..."  # noqa: PLR2004
        return (
            f"{self.aggregate.__name__}.{self.attribute} cannot be {shown}.",
            f"{self.rule} Nothing was written.",
            "Check values where they enter the domain (`field(validator=...)`).",
        )


@error
class SchemaError(UsageError):
    """The classes and the schema do not fit; every mistake is listed."""

    mistakes: tuple[str, ...]
    code: ClassVar[str] = "schema"

    def describe(self) -> tuple[str, str, str]:
        """List every mistake, a line each."""
        listed = "".join(f"\n  - {mistake}" for mistake in self.mistakes)
        number = len(self.mistakes)
        return (
            f"The schema has {number} mistake{'s' if number > 1 else ''}:{listed}",
            "Found at start, before any data was touched.",
            "Mend each one; the page of this code explains them.",
        )


class PersistenceError(UnitworkError):
    """The world said no. Contract: 27."""

    code: ClassVar[str] = "persistence"
    retryable: bool = False
    """Whether the same operation, run again from its start, may succeed."""
    outcome: Outcome = Outcome.ROLLED_BACK
    """What is known of the unit's writes."""
    earlier_attempts: tuple[Exception, ...] = ()
    """What each attempt before this one met, where a Runner made several."""
    earlier: bool = False
    """Whether it is told again, because a statement that had met it was swallowed."""

    def __str__(self) -> str:
        """Render three lines; say where the first of them does not tell of now."""
        earlier = "An earlier statement had doomed the unit. " if self.earlier else ""
        return earlier + super().__str__()


@error
class AggregateNotFoundError(PersistenceError, LookupError):
    """No aggregate has this key."""

    aggregate: type
    key: object
    code: ClassVar[str] = "not-found"

    def describe(self) -> tuple[str, str, str]:
        """Name the class and the key."""
        return (
            f"There is no {self.aggregate.__name__} with the key {self.key!r}.",
            "It was never stored, or it has been removed.",
            "Use find() where its absence is an answer and not an error.",
        )


@error
class ConcurrencyConflictError(PersistenceError):
    """Another unit was faster. Contract: 16, 26.

    Not retryable where `get` was told an `expected_version`: that one will not return.
    """

    aggregate: type | None = None
    key: object = None
    reason: str = "Another unit of work changed it after this one had read it."
    expected_version: int | None = None
    code: ClassVar[str] = "conflict"
    retryable = True

    def __attrs_post_init__(self) -> None:
        if self.expected_version is not None:
            self.retryable = False

    def describe(self) -> tuple[str, str, str]:
        """Name the aggregate where it is known."""
        which = self.aggregate.__name__ if self.aggregate else ""
        if self.key is not None:
            which = f"{which} {self.key!r}"
        if self.expected_version is not None:
            return (
                f"{which} is not at the expected version {self.expected_version}.",
                self.reason,
                "Read it again, and let whoever expected that version decide anew.",
            )
        over = f" over {which}" if which else ""
        return (
            f"The unit of work met a concurrent one{over} and was rolled back.",
            self.reason,
            "Run the whole operation again with a fresh unit.",
        )


@error
class StoredValueError(PersistenceError, ValueError):
    """A stored value is outside the contract. Contract: 13."""

    table: str
    column: str
    key: object
    value: object
    rule: str
    code: ClassVar[str] = "stored-value"

    def describe(self) -> tuple[str, str, str]:
        """Name table, column and key."""
        return (
            f"{self.table}.{self.column} of the row {self.key!r} holds {self.value!r}.",
            f"{self.rule}",
            "Something else wrote it: correct the row, then read again.",
        )


@error
class CommitOutcomeUnknownError(PersistenceError):
    """The storage was lost while it committed, or other code did. Contract: 10, 30."""

    detail: str
    code: ClassVar[str] = "outcome-unknown"
    during_commit: bool = True
    """Whether it was the unit's own COMMIT."""
    outcome = Outcome.UNKNOWN

    def describe(self) -> tuple[str, str, str]:
        """Say plainly that nobody can know."""
        if not self.during_commit:
            return (
                "A part of the unit of work may be stored, and the rest is not.",
                f"Its transaction was ended by something else: {self.detail}",
                "Look for its effects. Run what commits by itself outside of units.",
            )
        return (
            "Nobody can tell whether the unit of work was committed.",
            f"The storage was lost during COMMIT: {self.detail}",
            "Do not repeat it blindly: look for its effects first.",
        )
