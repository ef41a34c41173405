"""Hermitage's table: two cells, and units of one level on them."""

from unitwork.adapters.making import IsolationName
from unitwork.adapters.storage import AbstractDatabase
from unitwork.domain.specification import all_of
from unitwork.testing.conformance.histories.ledger import Cell, LedgerUnit


class Table:
    """Cells, and units of one level on them."""

    def __init__(self, database: AbstractDatabase, level: IsolationName) -> None:
        """Touch nothing yet."""
        self._database = database
        self._level: IsolationName = level

    def unit(self, *, read_only: bool = False) -> LedgerUnit:
        """Make a handle of the level that is judged."""
        return LedgerUnit(self._database, isolation=self._level, read_only=read_only)

    async def reset(self) -> None:
        """Begin a case with x = 10 and y = 20."""
        async with LedgerUnit(self._database) as uow:
            for cell in await uow.cells.matching(all_of()):
                uow.cells.remove(cell)
            await uow.commit()
        await self.put(x=10, y=20)

    async def put(self, **values: int) -> None:
        """Give cells their values in a unit of its own, and commit it."""
        async with LedgerUnit(self._database) as uow:
            for name, value in values.items():
                cell = await uow.cells.find(name)
                if cell is None:
                    uow.cells.add(Cell(name=name, value=value))
                else:
                    cell.value = value
            await uow.commit()

    async def values(self) -> dict[str, int]:
        """Read what is committed in a unit of its own."""
        async with LedgerUnit(self._database) as uow:
            found = await uow.cells.matching(all_of())
        return {cell.name: cell.value for cell in found}
