"""Hear of statements that fail on a connection, whoever executed them."""

from abc import ABC, abstractmethod

from sqlalchemy import Connection
from sqlalchemy.engine.interfaces import ExceptionContext

_MARK = "unitwork_watcher"


class AbstractWatcher(ABC):
    """Whoever wants to hear of them."""

    @abstractmethod
    def failed(
        self, error: BaseException, *, lost: bool = False, statement: str | None = None
    ) -> None:
        """Hear of a failure; `lost` if the connection is of no use any more."""


def watch(connection: Connection, watcher: AbstractWatcher) -> None:
    """Tell a watcher of what fails on a connection, until that is given back."""
    connection.execution_options(**{_MARK: watcher})


def notice(context: ExceptionContext) -> None:
    """Handle SQLAlchemy's event `handle_error`."""
    connection = context.connection
    watcher = connection and connection.get_execution_options().get(_MARK)
    if isinstance(watcher, AbstractWatcher):
        error = context.sqlalchemy_exception or context.original_exception
        watcher.failed(error, lost=context.is_disconnect, statement=context.statement)
