"""From what a driver raised to the library's errors. Contract: 27, 41.

By the code and the phase, never by the class of the exception alone.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import exc

from unitwork.adapters.mapping.description import AggregateMapping
from unitwork.adapters.sqlalchemy.dialects.dialect import AbstractDialect
from unitwork.adapters.sqlalchemy.fault import Fault, Kind
from unitwork.adapters.sqlalchemy.phase import Writes
from unitwork.domain.constraint_errors import (
    ConstraintViolationError,
    ReferenceViolationError,
    UniqueViolationError,
)
from unitwork.domain.errors import (
    CommitOutcomeUnknownError,
    ConcurrencyConflictError,
    PersistenceError,
    UnitworkError,
)
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

_STORAGE: dict[Kind, type[StorageError]] = {
    Kind.BUSY: StorageBusyError,
    Kind.TIMEOUT: StatementTimeoutError,
    Kind.LOST: ConnectionLostError,
    Kind.DENIED: AccessDeniedError,
    Kind.FULL: StorageFullError,
    Kind.READ_ONLY: StorageReadOnlyError,
    Kind.CORRUPT: StorageCorruptError,
    Kind.NOT_A_DATABASE: NotADatabaseError,
    Kind.MISSING: StorageMissingError,
    Kind.OTHER: StorageError,
}
_REASON = "The database could not put it in line with concurrent ones."


class Translator:
    """Know the schema, so that constraints can be named by their fields."""

    def __init__(
        self,
        dialect: AbstractDialect,
        mappings: tuple[AggregateMapping, ...],
        file: Path | None = None,
    ) -> None:
        """Look at no mapping before something has failed.

        Args:
            dialect: knows what the driver's codes mean.
            mappings: what the tables belong to.
            file: the database, if it is one.
        """
        self._dialect = dialect
        self._mappings = mappings
        self._file = file

    def translate(
        self,
        error: BaseException,
        *,
        committing: bool = False,
        writes: Writes | None = None,
    ) -> BaseException:
        """Return the library's error for what was raised, with its cause set.

        What is neither the driver's nor SQLAlchemy's is returned as it is.

        Args:
            error: what was raised.
            committing: whether it was raised by COMMIT itself.
            writes: which table the statement wrote.
        """
        if isinstance(error, UnitworkError) or not isinstance(error, Exception):
            return error
        if isinstance(error, exc.TimeoutError):
            made: PersistenceError = PoolTimeoutError(str(error).partition(" (")[0])
        elif isinstance(error, exc.DBAPIError | OSError | asyncio.TimeoutError):
            native = _native(error)
            made = self.of(
                self._dialect.fault(native), committing=committing, writes=writes
            )
            error = native
        elif isinstance(error, exc.SQLAlchemyError):
            made = StorageError(str(error))
        else:
            return error
        made.__cause__ = error
        return made

    @contextmanager
    def translating(self) -> Iterator[None]:
        """Let no exception of a driver or of SQLAlchemy out of a block."""
        try:
            yield
        except Exception as error:
            made = self.translate(error)
            if made is error:
                raise
            raise made from made.__cause__

    def of(
        self, fault: Fault, *, committing: bool = False, writes: Writes | None = None
    ) -> PersistenceError:
        """Return the library's error for a fault."""
        kind = fault.kind
        if kind is Kind.LOST and committing:
            return CommitOutcomeUnknownError(fault.detail)
        if kind is Kind.CONFLICT:
            return ConcurrencyConflictError(reason=_REASON)
        if kind is Kind.UNIQUE:
            return self._unique(fault, writes)
        if kind is Kind.REFERENCE:
            return self._reference(fault, writes)
        if kind is Kind.CONSTRAINT:
            constraint = fault.constraint or ".".join(fault.columns) or None
            return ConstraintViolationError(constraint, fault.detail)
        return _STORAGE[kind](self._detail(fault), fault.code)

    def _detail(self, fault: Fault) -> str:
        """Name the file, where the driver complains of it and does not."""
        if self._file is None or not fault.of_file:
            return fault.detail
        folder = ", which is a folder" if self._file.is_dir() else ""
        return f"{fault.detail}: {self._file}{folder}"

    def _unique(self, fault: Fault, writes: Writes | None) -> PersistenceError:
        for mapping in self._likely(fault, writes):
            for unique in mapping.uniques:
                names = tuple(mapping.tables[0].columns[n].name for n in unique.columns)
                if fault.constraint == unique.name or _same_columns(
                    fault, mapping.tables[0].name, names
                ):
                    return UniqueViolationError(
                        mapping.aggregate, unique.fields, unique.name
                    )
        mapping_ = writes.mapping if writes else _owner(self._mappings, fault)
        if mapping_ is None:
            return UniqueViolationError(None, fault.columns, fault.constraint)
        if _is_primary(mapping_, fault, writes):
            return UniqueViolationError(mapping_.aggregate, (mapping_.key_attribute,))
        return UniqueViolationError(mapping_.aggregate, fault.columns, fault.constraint)

    def _reference(self, fault: Fault, writes: Writes | None) -> PersistenceError:
        found = [
            (mapping, reference)
            for mapping in self._mappings
            for reference in mapping.references
            if _may_fail(mapping, reference, fault, writes)
        ]
        if len(found) == 1:
            mapping, reference = found[0]
            return ReferenceViolationError(
                mapping.aggregate, reference.fields, reference.name
            )
        aggregates = {mapping.aggregate for mapping, _ in found}
        only = aggregates.pop() if len(aggregates) == 1 else None
        return ReferenceViolationError(only, constraint=fault.constraint)

    def _likely(
        self, fault: Fault, writes: Writes | None
    ) -> Iterator[AggregateMapping]:
        """Go through the mappings, the one that was written first."""
        if writes is not None:
            yield writes.mapping
        for mapping in self._mappings:
            if fault.table is None or fault.table == mapping.tables[0].name:
                yield mapping


def _native(error: BaseException) -> BaseException:
    """Return what the driver itself raised."""
    if not isinstance(error, exc.DBAPIError):
        return error
    original = error.orig or error
    cause = original.__cause__
    if cause is not None and type(original).__module__.startswith("sqlalchemy."):
        return cause
    return original


def _same_columns(fault: Fault, table: str, names: tuple[str, ...]) -> bool:
    return fault.table == table and bool(fault.columns) and fault.columns == names


def _owner(mappings: tuple[AggregateMapping, ...], fault: Fault) -> Any:
    for mapping in mappings:
        if fault.table in [table.name for table in mapping.tables]:
            return mapping
    return None


def _is_primary(mapping: AggregateMapping, fault: Fault, writes: Writes | None) -> bool:
    """Tell whether it was the root's key that is taken."""
    if writes is not None and writes.table != 0:
        return False
    root = mapping.tables[0]
    if fault.columns:
        return fault.columns == (mapping.key.name,)
    constraint = fault.constraint or ""
    return constraint == "PRIMARY" or constraint in (
        f"pk_{root.name}",
        f"{root.name}_pkey",
    )


def _may_fail(
    mapping: AggregateMapping, reference: Any, fault: Fault, writes: Writes | None
) -> bool:
    """Tell whether a reference may be the one that failed."""
    if fault.constraint is not None:
        return bool(fault.constraint == reference.name)
    if writes is None:
        return False
    if writes.removes:
        return bool(reference.target is writes.mapping.aggregate)
    return mapping is writes.mapping and reference.table == writes.table
