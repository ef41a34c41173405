"""What can go wrong with the storage itself.

StorageError                    anything that has no class of its own
├── StorageBusyError            + TimeoutError     retryable: a lock was held too long
├── StatementTimeoutError       + TimeoutError     retryable: stopped by a time limit
├── PoolTimeoutError            + TimeoutError     retryable: no connection came free
├── ConnectionLostError         + ConnectionError  retryable: before the commit
├── AccessDeniedError           + PermissionError
├── StorageFullError            + OSError
├── StorageReadOnlyError        + OSError
├── StorageCorruptError         + OSError
├── NotADatabaseError           + OSError
└── StorageMissingError         + OSError
"""

from typing import ClassVar

from unitwork.domain.errors import PersistenceError, error


@error
class StorageError(PersistenceError):
    """The storage failed in a way that has no class of its own. Contract: 41."""

    detail: str
    sqlstate: str | None = None
    code: ClassVar[str] = "storage"
    problem: ClassVar[str] = "The storage refused the work."
    remedy: ClassVar[str] = "The driver's own error is the cause of this one."

    def describe(self) -> tuple[str, str, str]:
        """Say the problem, what the driver said, and the remedy."""
        state = f" (code {self.sqlstate})" if self.sqlstate else ""
        return self.problem, f"The driver said: {self.detail}{state}", self.remedy


@error
class StorageBusyError(StorageError, TimeoutError):
    """Someone else held a lock for longer than this unit may wait."""

    code: ClassVar[str] = "storage-busy"
    retryable = True
    problem: ClassVar[str] = "A lock was not free in time."
    remedy: ClassVar[str] = "Run the operation again; raise lock_timeout if it recurs."


@error
class StatementTimeoutError(StorageError, TimeoutError):
    """A statement was stopped because its time was up. Contract: 32."""

    code: ClassVar[str] = "statement-timeout"
    retryable = True
    problem: ClassVar[str] = "A statement took longer than it may."
    remedy: ClassVar[str] = "Give it more time, an index, or less to do."


@error
class PoolTimeoutError(StorageError, TimeoutError):
    """The pool had no free connection in time."""

    code: ClassVar[str] = "pool-timeout"
    retryable = True
    problem: ClassVar[str] = "No connection of the pool came free in time."
    remedy: ClassVar[str] = "Raise the pool's size, or look for units that stay open."


@error
class ConnectionLostError(StorageError, ConnectionError):
    """The connection broke, or could not be made, before the commit."""

    code: ClassVar[str] = "connection-lost"
    retryable = True
    problem: ClassVar[str] = "The connection to the database broke before the commit."
    remedy: ClassVar[str] = "Run the operation again; see that the server is up."
    made: bool = True
    """Whether there had been a connection."""

    def describe(self) -> tuple[str, str, str]:
        """Tell one that broke from one that never was."""
        what, why, remedy = super().describe()
        if not self.made:
            what = "No connection to the database could be made."
        return what, why, remedy


@error
class AccessDeniedError(StorageError, PermissionError):
    """The server knows no such user, or does not let it do this."""

    code: ClassVar[str] = "access-denied"
    problem: ClassVar[str] = "The database denied access."
    remedy: ClassVar[str] = "Check user and password, and what that user may do."


@error
class StorageFullError(StorageError, OSError):
    """The disk is full."""

    code: ClassVar[str] = "storage-full"
    problem: ClassVar[str] = "The disk of the database is full."
    remedy: ClassVar[str] = "Free space; what was committed earlier is safe."


@error
class StorageReadOnlyError(StorageError, OSError):
    """The database, or its file, may only be read."""

    code: ClassVar[str] = "storage-read-only"
    problem: ClassVar[str] = "The database can only be read."
    remedy: ClassVar[str] = "Check the file's mode and owner, or the server's role."


@error
class StorageCorruptError(StorageError, OSError):
    """The database file is damaged."""

    code: ClassVar[str] = "storage-corrupt"
    problem: ClassVar[str] = "The database file is damaged."
    remedy: ClassVar[str] = "Keep a copy, then restore a backup or `.recover` it."


@error
class NotADatabaseError(StorageError, OSError):
    """The file is something else than a database."""

    code: ClassVar[str] = "not-a-database"
    problem: ClassVar[str] = "The file is not a database."
    remedy: ClassVar[str] = "Check the URL; the file was not touched."


@error
class StorageMissingError(StorageError, OSError):
    """The database, its folder, or a table of it is not there."""

    code: ClassVar[str] = "storage-missing"
    problem: ClassVar[str] = "The database, its folder or a table is not there."
    remedy: ClassVar[str] = "Check the URL, and that the migrations have run."
