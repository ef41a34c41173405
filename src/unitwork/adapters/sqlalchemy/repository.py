"""The repository over SQLAlchemy, for finders in raw SQL."""

from typing import Any, TypeVar

from sqlalchemy import Executable

from unitwork.adapters.mapping.types import Refused
from unitwork.adapters.repository import TrackingRepository
from unitwork.adapters.sqlalchemy.layout import Place
from unitwork.adapters.sqlalchemy.session import key_place, raw_transaction
from unitwork.domain.errors import MisuseError

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
            statement: its first column is the key's, as any driver gives it, or as the
                values of the domain; each key counts once.

        Raises:
            MisuseError: what it selects first is no key.
            PersistenceError: the statement failed; the unit cannot commit any more.

        Cost: as `uow.session()`, the statement, and a read of what is not held yet.
        """
        workspace = self._unit.open_workspace()
        raw = await raw_transaction(workspace)
        place = key_place(workspace, self._mapping)
        found = await raw.keys(statement)
        return await self._known([self._key(place, given) for given in found])

    def _key(self, place: Place, given: Any) -> Any:
        try:
            return place.canonical(given)
        except Refused as refused:
            rule = str(refused)
        of = self._mapping
        column = f"{of.tables[0].name}.{place.name}"
        raise MisuseError(
            f"A finder of {of.aggregate.__name__} selected {given!r} as a key.",
            f"A key is what the column {column} holds. {rule}",
            f"Select {column} itself first, without a cast or NULLs; if it does hold"
            " this, correct the row.",
        )
