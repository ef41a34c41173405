"""What is looked at in PostgreSQL."""

from collections.abc import AsyncIterator, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from unitwork.adapters.sqlalchemy.database import SqlAlchemyDatabase
from unitwork.adapters.sqlalchemy.examination.collations import judge_collations
from unitwork.adapters.sqlalchemy.examination.finding import (
    AbstractExamination,
    Expectation,
    Finding,
    Level,
    equal,
)

_OLDEST = 130000
_COLLATIONS = """
    SELECT c.relname, a.attname, o.collname
    FROM pg_attribute a
    JOIN pg_class c ON c.oid = a.attrelid
    JOIN pg_collation o ON o.oid = a.attcollation
    WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
        AND pg_table_is_visible(c.oid)
    ORDER BY 1, 2
"""
_POOLER = "Is a pooler in transaction mode between? It may not carry settings over."


class PostgreSqlExamination(AbstractExamination):
    """A server, or what stands before it."""

    now = "SELECT clock_timestamp() AT TIME ZONE 'UTC'"

    def expectations(self, database: SqlAlchemyDatabase) -> Sequence[Expectation]:
        """Read the settings as they reach a session."""
        limits = database.gateway.pools.engines.limits
        return (
            Expectation(
                "version",
                "SHOW server_version_num",
                lambda number: int(number) >= _OLDEST,
                "Use PostgreSQL 13 or later.",
            ),
            Expectation(
                "isolation",
                "SHOW default_transaction_isolation",
                equal("read committed"),
                "Units name their level; statements of your own get this one. See"
                " ALTER DATABASE ... SET default_transaction_isolation.",
                Level.WARNING,
            ),
            Expectation(
                "encoding",
                "SHOW server_encoding",
                equal("UTF8"),
                "Make the database WITH ENCODING 'UTF8' TEMPLATE template0.",
            ),
            Expectation("time zone", "SHOW TimeZone", equal("UTC"), _POOLER),
            Expectation(
                "lock_timeout (ms)",
                "SELECT setting FROM pg_settings WHERE name = 'lock_timeout'",
                equal(round(limits.lock_timeout * 1000)),
                _POOLER,
            ),
            Expectation(
                "writable",
                "SELECT NOT pg_is_in_recovery()",
                equal(True),  # noqa: FBT003 - what the server answers
                "This is a standby: connect to the primary.",
            ),
            Expectation(
                "durability (fsync)",
                "SHOW fsync",
                equal("on"),
                "Turn it on: without, a power loss may damage the database.",
                Level.WARNING,
            ),
            Expectation(
                "durability (synchronous_commit)",
                "SHOW synchronous_commit",
                lambda mode: mode != "off",
                "Turn it on: a commit returns before it is on disk.",
                Level.WARNING,
            ),
            Expectation(
                "may make tables",
                "SELECT has_schema_privilege(current_schema(), 'CREATE')",
                equal(True),  # noqa: FBT003 - what the server answers
                "Fine for an application; run migrations as a user who may.",
                Level.WARNING,
            ),
        )

    async def looks(
        self, connection: AsyncConnection, database: SqlAlchemyDatabase
    ) -> AsyncIterator[Finding]:
        """Look at the collations of texts. Contract: 24."""
        rows = await connection.exec_driver_sql(_COLLATIONS)
        yield judge_collations(
            database, rows.all(), good=("C", "POSIX", "ucs_basic"), best='"C"'
        )
