"""The in-memory unit of work."""

from typing import TYPE_CHECKING, NoReturn

from unitwork.adapters.making import IsolationName
from unitwork.adapters.memory.database import InMemoryDatabase
from unitwork.adapters.memory.repository import InMemoryRepository
from unitwork.adapters.unit_of_work import TrackingUnitOfWork
from unitwork.domain.errors import MisuseError


class InMemoryUnitOfWork(TrackingUnitOfWork):
    """Join it with a port: `class InMemoryStock(InMemoryUnitOfWork, Stock)`."""

    repository = InMemoryRepository

    if TYPE_CHECKING:

        def __init__(
            self,
            database: InMemoryDatabase,
            *,
            isolation: IsolationName = "read_committed",
            read_only: bool = False,
        ) -> None: ...

    async def connection(self) -> NoReturn:
        """Refuse: there is no SQL here. Contract: 21."""
        _refuse("connection")

    async def session(self) -> NoReturn:
        """Refuse: there is no SQL here. Contract: 21."""
        _refuse("session")


def _refuse(name: str) -> NoReturn:
    raise MisuseError(
        f"uow.{name}() was called on the in-memory unit of work.",
        "It keeps rows in a dict and has no SQL.",
        "Put the SQL into a finder of a port, and write its in-memory twin with"
        " InMemoryRepository.all(); or test this service on SQLite.",
    )
