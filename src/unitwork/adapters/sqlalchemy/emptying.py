"""Empty a database between tests: only what was written, if that is known.

Cost: a connection, and a statement for each table; on PostgreSQL one for all.
"""

from collections.abc import Collection, Iterable

from sqlalchemy import Connection, TableClause, delete, inspect, select, table
from sqlalchemy.schema import sort_tables_and_constraints

from unitwork.adapters.sqlalchemy.database import SqlAlchemyDatabase


class Emptying:
    """Know the tables of a database, and delete their rows, children first."""

    def __init__(self, database: SqlAlchemyDatabase) -> None:
        """Know the tables of aggregates alone."""
        self._database = database
        tables = database.metadata.tables.values()
        ordered = sort_tables_and_constraints(tables)  # type: ignore[no-untyped-call]  # SQLAlchemy's
        mapped = [table for table, _ in ordered if table is not None]
        self._mapped: dict[str, TableClause] = {t.name: t for t in reversed(mapped)}
        self._others: dict[str, TableClause] = {}

    async def learn(self) -> None:
        """Look for tables that no aggregate is mapped to.

        Those that have rows now keep them, always: a migration put them there.
        """
        gateway = self._database.gateway
        with gateway.translator.translating():
            async with gateway.pools.writing.connect() as connection:
                self._others = await connection.run_sync(self._unmapped)

    def lent(self) -> bool:
        """Tell whether user code was given a connection since the last call."""
        pools = self._database.gateway.pools
        lent, pools.lent = pools.lent, False
        return lent

    async def empty(self, tables: Collection[str] | None) -> None:
        """Delete all rows of tables that aggregates are mapped to.

        Args:
            tables: their names; None: all of them, and whatever other tables were
                empty when the tables were looked at.

        Raises:
            StorageBusyError: somebody holds a lock on them.
        """
        known = {**self._others, **self._mapped}
        meant = [t for name, t in known.items() if tables is None or name in tables]
        if not meant:
            return
        gateway = self._database.gateway
        gateway.driver()
        with gateway.translator.translating():
            async with gateway.pools.writing.connect() as connection:
                try:
                    await connection.run_sync(self._delete, meant)
                except BaseException:
                    await connection.invalidate()  # checks of references may be off
                    raise

    def _delete(self, connection: Connection, tables: Iterable[TableClause]) -> None:
        deletes = [str(delete(t).compile(dialect=connection.dialect)) for t in tables]
        for statement in self._database.dialect.emptying(deletes):
            connection.exec_driver_sql(statement)

    def _unmapped(self, connection: Connection) -> dict[str, TableClause]:
        ordered = inspect(connection).get_sorted_table_and_fkc_names()
        names = [name for name, _ in reversed(ordered) if name is not None]
        found = {name: table(name) for name in names if name not in self._mapped}
        return {
            name: other
            for name, other in found.items()
            if connection.execute(select(1).select_from(other).limit(1)).first() is None
        }
