"""The unit of work over SQLAlchemy, and its way out to raw SQL."""

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from unitwork.adapters.sqlalchemy.repository import SqlAlchemyRepository
from unitwork.adapters.sqlalchemy.session import raw_transaction
from unitwork.adapters.unit_of_work import TrackingUnitOfWork


class SqlAlchemyUnitOfWork(TrackingUnitOfWork):
    """Store a unit in a database that SQLAlchemy reaches."""

    repository = SqlAlchemyRepository

    async def connection(self) -> AsyncConnection:
        """Return a connection inside the unit's transaction, for SQL of your own.

        Pending changes are written into it first, and again on each call. From then on
        every read of the unit runs in it, and `commit()` commits it. Contract: 21, 28.

        Cost: BEGIN, once; a statement for each change that is pending.
        """
        raw = await raw_transaction(self.open_workspace(), lend=True)
        return await raw.connection()

    async def session(self) -> AsyncSession:
        """Return an ORM session on that connection. Otherwise like `connection`."""
        raw = await raw_transaction(self.open_workspace(), lend=True)
        return await raw.session()
