"""Units of work that commit completely, not at all, or say that nobody can know.

This module is the domain ring, re-exported; importing it imports no SQLAlchemy.
"""

from unitwork.domain.aggregate import AggregateRoot, Entity, Value
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
    ForeignTaskError,
    InvalidValueError,
    KeyNotAssignedError,
    MisuseError,
    PersistenceError,
    ReadOnlyError,
    SchemaError,
    StoredValueError,
    UncommittedChangesError,
    UnitOfWorkClosedError,
    UnitOfWorkNotOpenError,
    UnitworkError,
    UsageError,
)
from unitwork.domain.event import DomainEvent
from unitwork.domain.expression import Path, Sort, attribute
from unitwork.domain.field import Field, Key, field, generated, key, transient
from unitwork.domain.ids import new_id
from unitwork.domain.json_value import JsonValue
from unitwork.domain.operation_errors import (
    DeadlineExceededError,
    OperationKeyReusedError,
    OperationResultMissingError,
)
from unitwork.domain.outcome import Outcome
from unitwork.domain.page import Page
from unitwork.domain.repository import AbstractRepository
from unitwork.domain.request_errors import (
    BodyTooLargeError,
    MalformedHeaderError,
    PreconditionRequiredError,
    RequestError,
)
from unitwork.domain.specification import Specification, all_of, any_of
from unitwork.domain.storage_errors import (
    AccessDeniedError,
    ConnectionLostError,
    NotADatabaseError,
    PoolTimeoutError,
    StatementTimeoutError,
    StorageBusyError,
    StorageCorruptError,
    StorageError,
    StorageFullError,
    StorageMissingError,
    StorageReadOnlyError,
)
from unitwork.domain.unit_of_work import AbstractUnitOfWork

__all__ = [
    "AbstractRepository",
    "AbstractUnitOfWork",
    "AccessDeniedError",
    "AggregateNotFoundError",
    "AggregateRoot",
    "BodyTooLargeError",
    "CommitOutcomeUnknownError",
    "ConcurrencyConflictError",
    "ConnectionLostError",
    "ConstraintViolationError",
    "DeadlineExceededError",
    "DomainError",
    "DomainEvent",
    "Entity",
    "Field",
    "ForeignTaskError",
    "InvalidValueError",
    "JsonValue",
    "Key",
    "KeyNotAssignedError",
    "MalformedHeaderError",
    "MisuseError",
    "NotADatabaseError",
    "OperationKeyReusedError",
    "OperationResultMissingError",
    "Outcome",
    "Page",
    "Path",
    "PersistenceError",
    "PoolTimeoutError",
    "PreconditionRequiredError",
    "ReadOnlyError",
    "ReferenceViolationError",
    "RequestError",
    "SchemaError",
    "Sort",
    "Specification",
    "StatementTimeoutError",
    "StorageBusyError",
    "StorageCorruptError",
    "StorageError",
    "StorageFullError",
    "StorageMissingError",
    "StorageReadOnlyError",
    "StoredValueError",
    "UncommittedChangesError",
    "UniqueViolationError",
    "UnitOfWorkClosedError",
    "UnitOfWorkNotOpenError",
    "UnitworkError",
    "UsageError",
    "Value",
    "all_of",
    "any_of",
    "attribute",
    "field",
    "generated",
    "key",
    "new_id",
    "transient",
]
