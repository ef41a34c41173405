"""What is looked at in SQLite. Contract: 41."""

import os
from collections.abc import AsyncIterator, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from unitwork.adapters.sqlalchemy.database import SqlAlchemyDatabase
from unitwork.adapters.sqlalchemy.examination.finding import (
    AbstractExamination,
    Expectation,
    Finding,
    Level,
    equal,
)

_OLDEST = (3, 35)


def _recent(version: str) -> bool:
    return tuple(map(int, version.split(".")[:2])) >= _OLDEST


class SqliteExamination(AbstractExamination):
    """A file, or a database in memory."""

    now = "SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')"

    def expectations(self, database: SqlAlchemyDatabase) -> Sequence[Expectation]:
        """Read the pragmas as every connection has them."""
        memory = database.dialect.file(database.url) is None
        return (
            Expectation(
                "version",
                "SELECT sqlite_version()",
                _recent,
                "Use a Python whose SQLite is 3.35 or later.",
            ),
            Expectation(
                "journal mode",
                "PRAGMA journal_mode",
                lambda mode: memory or mode == "wal",
                "Put the file on a local disk: WAL needs shared memory.",
            ),
            Expectation(
                "foreign keys",
                "PRAGMA foreign_keys",
                equal(1),
                "Let nothing turn them off in `connect` listeners of your own.",
            ),
            Expectation(
                "durability (synchronous)",
                "PRAGMA synchronous",
                lambda level: level >= 1,
                "Set it to NORMAL or FULL: without, a power loss may damage the file.",
            ),
        )

    async def looks(
        self, connection: AsyncConnection, database: SqlAlchemyDatabase
    ) -> AsyncIterator[Finding]:
        """Look at the folder: WAL makes two files beside the database.

        The driver's transaction mode was read back when it connected.
        """
        del connection
        yield Finding(Level.OK, "transaction mode", "the driver begins none of its own")
        file = database.dialect.file(database.url)
        if file is None:
            yield Finding(Level.WARNING, "file", "none: in memory", "Name a file.")
        elif os.access(file, os.W_OK) and os.access(file.parent, os.W_OK):
            yield Finding(Level.OK, "file", f"{file} can be written")
        else:
            yield Finding(
                Level.WRONG,
                "file",
                f"{file} or its folder cannot be written",
                "Give this user both: WAL makes two files beside the database.",
            )
