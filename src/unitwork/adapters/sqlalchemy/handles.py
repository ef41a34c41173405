"""What user code is given of the raw transaction; it cannot end it. Contract: 28."""

from typing import Never

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.orm import Session, SessionTransaction

from unitwork.domain.errors import MisuseError


class UnitConnection(AsyncConnection):
    """A connection inside a unit of work, which alone begins and ends it."""

    def begin(self) -> Never:
        """Refuse."""
        refuse("connection.begin()")

    async def commit(self) -> Never:
        """Refuse."""
        refuse("connection.commit()")

    async def rollback(self) -> Never:
        """Refuse."""
        refuse("connection.rollback()")

    async def close(self) -> Never:
        """Refuse."""
        refuse("connection.close()")


class EagerSession(Session):
    """A session that cannot end the transaction, and whose savepoints begin at once.

    SQLAlchemy's begin with the session's own first statement: what other users of the
    connection did before it would not be undone.
    """

    def commit(self) -> Never:
        """Refuse, for code that is run by run_sync()."""
        refuse("session.commit()")

    def rollback(self) -> Never:
        """Refuse, for code that is run by run_sync()."""
        refuse("session.rollback()")

    def begin(self, nested: bool = False) -> SessionTransaction:  # noqa: FBT001, FBT002 - SQLAlchemy's
        """Begin a transaction or a savepoint."""
        transaction = super().begin(nested=nested)
        if nested:
            self.connection()
        return transaction


class UnitSession(AsyncSession):
    """A session inside a unit of work, which alone begins and ends it."""

    sync_session_class = EagerSession

    def __init__(self, handle: UnitConnection) -> None:
        """Use a unit's connection, and leave its transaction alone."""
        super().__init__(
            handle, expire_on_commit=False, join_transaction_mode="rollback_only"
        )
        self.handle = handle

    def begin(self) -> Never:
        """Refuse."""
        refuse("session.begin()")

    async def commit(self) -> Never:
        """Refuse."""
        refuse("session.commit()")

    async def rollback(self) -> Never:
        """Refuse."""
        refuse("session.rollback()")

    async def close(self) -> Never:
        """Refuse."""
        refuse("session.close()")


def refuse(what: str) -> Never:
    """Say who ends the transaction.

    Raises:
        MisuseError: always.
    """
    raise MisuseError(
        f"{what} was called on a handle of a unit of work.",
        "The unit ends its transaction itself, completely or not at all.",
        "Call `await uow.commit()`; for a part that may fail, begin_nested().",
    )
