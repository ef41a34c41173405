"""The repository over SQLAlchemy, for finders in raw SQL."""

from typing import TypeVar

from sqlalchemy import Executable

from unitwork.adapters.mapping.resolve import canonical_key
from unitwork.adapters.repository import TrackingRepository
from unitwork.adapters.sqlalchemy.session import raw_transaction

A = TypeVar("A")
K = TypeVar("K")


class SqlAlchemyRepository(TrackingRepository[A, K]):
    """Give one unit's view of aggregates that are rows of a database.

    Derive from it, and from the port, to write a finder in SQL:

        class SqlAlchemyOrders(OrderRepository, SqlAlchemyRepository[Order, UUID]):
            async def overdue(self) -> list[Order]:
                return await self.load(select(OrderRow.id).where(...))
    """

    async def load(self, statement: Executable) -> list[A]:
        """Return the aggregates whose keys a statement selects, in its order.

        Args:
            statement: its first column is the key; each key counts once.

        Raises:
            PersistenceError: the statement failed; the unit cannot commit any more.

        Cost: as `uow.session()`, the statement, and a read of what is not held yet.
        """
        raw = await raw_transaction(self._unit.open_workspace())
        found = await raw.keys(statement)
        return await self._known([canonical_key(self._mapping, key) for key in found])
