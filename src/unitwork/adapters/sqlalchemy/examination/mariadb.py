"""What is looked at in MariaDB."""

import re
from collections.abc import AsyncIterator, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from unitwork.adapters.sqlalchemy.database import SqlAlchemyDatabase
from unitwork.adapters.sqlalchemy.dialects.mariadb import COLLATION
from unitwork.adapters.sqlalchemy.examination.collations import judge_collations
from unitwork.adapters.sqlalchemy.examination.finding import (
    AbstractExamination,
    Expectation,
    Finding,
    Level,
    equal,
)

_OLDEST = (10, 5)
_COLLATIONS = """
    SELECT table_name, column_name, collation_name FROM information_schema.columns
    WHERE table_schema = DATABASE() AND collation_name IS NOT NULL ORDER BY 1, 2
"""
_ENGINES = """
    SELECT table_name, engine FROM information_schema.tables
    WHERE table_schema = DATABASE() AND engine <> 'InnoDB' ORDER BY 1
"""
_SESSION = "Leave the session's settings to the library: see connect_args."


def _recent(version: str) -> bool:
    said = re.match(r"(?:5\.5\.5-)?(\d+)\.(\d+).*MariaDB", version)
    return said is not None and (int(said[1]), int(said[2])) >= _OLDEST


class MariaDbExamination(AbstractExamination):
    """A server of MariaDB."""

    now = "SELECT UTC_TIMESTAMP(6)"

    def expectations(self, database: SqlAlchemyDatabase) -> Sequence[Expectation]:
        """Read the settings as they are in a session."""
        del database
        return (
            Expectation(
                "version",
                "SELECT VERSION()",
                _recent,
                "Use MariaDB 10.5 or later; MySQL is not supported.",
            ),
            Expectation(
                "isolation",
                "SELECT @@SESSION.tx_isolation",
                equal("READ-COMMITTED"),
                _SESSION,
            ),
            Expectation(
                "strict mode",
                "SELECT @@SESSION.sql_mode LIKE '%%STRICT_ALL_TABLES%%'",
                equal(1),
                _SESSION,
            ),
            Expectation(
                "time zone", "SELECT @@SESSION.time_zone", equal("+00:00"), _SESSION
            ),
            Expectation(
                "collation of the session",
                "SELECT @@SESSION.collation_connection",
                equal(COLLATION),
                _SESSION,
            ),
            Expectation(
                "writable",
                "SELECT @@GLOBAL.read_only IN (0, 'OFF')",
                equal(1),
                "This is a replica: connect to the primary.",
            ),
            Expectation(
                "durability (innodb_flush_log_at_trx_commit)",
                "SELECT @@GLOBAL.innodb_flush_log_at_trx_commit",
                lambda level: level in (1, 3),
                "Set it to 1: a commit returns before it is on disk.",
                Level.WARNING,
            ),
        )

    async def looks(
        self, connection: AsyncConnection, database: SqlAlchemyDatabase
    ) -> AsyncIterator[Finding]:
        """Look at the tables: their engine, the collations of texts. Contract: 24."""
        rows: Any = await connection.exec_driver_sql(_ENGINES)
        known = database.metadata.tables
        odd = [f"{table}: {engine}" for table, engine in rows if table in known]
        yield Finding(
            Level.WRONG if odd else Level.OK,
            "engine of the tables",
            ", ".join(odd) or "InnoDB",
            "ALTER TABLE ... ENGINE = InnoDB: others have no transactions.",
        )
        rows = await connection.exec_driver_sql(_COLLATIONS)
        yield judge_collations(
            database, rows.all(), good=(COLLATION, "ascii_bin"), best=COLLATION
        )
