"""What every database must say of itself."""

import contextlib
import socket
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

import attrs
from sqlalchemy import URL, ColumnElement, UnaryExpression, bindparam
from sqlalchemy.engine.interfaces import DBAPIConnection

from unitwork.adapters.mapping.types import ColumnType
from unitwork.adapters.sqlalchemy.codec import PLAIN, Codec
from unitwork.adapters.sqlalchemy.fault import Fault
from unitwork.adapters.sqlalchemy.phase import Begin, Phase

Element = ColumnElement[Any]


@attrs.frozen
class Limits:
    """How long a unit may wait, in seconds."""

    lock_timeout: float
    statement_timeout: float | None
    commit_timeout: float = 5.0


class AbstractDialect(ABC):
    """One kind of database: its types, its SQL, its settings, its errors."""

    name: ClassVar[str]
    writers_queue: ClassVar[bool] = False
    """Whether it has one writer at a time, so that they queue in this process."""
    interrupts: ClassVar[bool] = False
    """Whether a statement is stopped by an interrupt, and its connection survives."""
    outlives: ClassVar[bool] = False
    """Whether the server goes on with a statement whose connection was closed."""
    before_drop: ClassVar[tuple[str, ...]] = ()
    after_drop: ClassVar[tuple[str, ...]] = ()
    """What surrounds the dropping of tables that refer to each other."""
    codecs: ClassVar[dict[type[ColumnType], Callable[[Any], Codec]]]

    def codec(self, kind: ColumnType) -> Codec:
        """Return how a type is kept in the library's own columns."""
        for known in type(kind).__mro__:
            if known in self.codecs:
                return self.codecs[known](kind)
        raise NotImplementedError(f"No codec for {kind!r} on {self.name}.")

    @abstractmethod
    def connect_arguments(
        self, url: URL, limits: Limits, *, read_only: bool
    ) -> dict[str, Any]:
        """Return what the driver's connect() is given."""

    def driver(self) -> Any:
        """Return what an engine is given in place of the driver; None: the driver."""
        return None

    def prepare(
        self, connection: DBAPIConnection, url: URL, limits: Limits, *, read_only: bool
    ) -> None:
        """Set up a new connection, and check that it is as it was asked to be."""
        del connection, url, limits, read_only

    def file(self, url: URL) -> Path | None:
        """Return the file that a URL names, if that is the database."""
        del url
        return None

    @abstractmethod
    def begin(self, begin: Begin) -> tuple[str, ...]:
        """Return the statements that begin a transaction."""

    @abstractmethod
    def in_transaction(self, connection: Any) -> bool:
        """Tell, without asking the server, whether a driver's connection is in one."""

    def session_id(self, connection: Any) -> int | None:
        """Return the number that the server knows a driver's connection by."""
        del connection
        return None

    def end_session(self, session: int) -> Phase[None]:
        """End a session of this user that has written something, if it is there yet."""
        del session
        yield from ()

    def cut(self, connection: Any) -> None:
        """Let whatever waits for the server on a driver's connection fail at once."""
        del connection

    def may_commit(self, statement: str) -> bool:
        """Tell whether a statement may commit what came before, even if it fails."""
        del statement
        return False

    @abstractmethod
    def one_of(self, column: Element, kind: ColumnType, name: str) -> Element:
        """Compare with any number of values, bound under `name`, none of them null."""

    def pack(self, kind: ColumnType, values: Sequence[Any]) -> Any:
        """Return those values as one parameter."""
        del kind
        return list(values)

    @abstractmethod
    def contains(self, column: Element, text: Element) -> Element:
        """Look for a text that is not empty anywhere in the column."""

    @abstractmethod
    def starts_with(self, column: Element, text: Element, length: Element) -> Element:
        """Look for a text that is not empty at the column's start."""

    @abstractmethod
    def ends_with(self, column: Element, text: Element, length: Element) -> Element:
        """Look for a text that is not empty at the column's end."""

    def order(
        self, column: Element, *, descending: bool, nulls_first: bool
    ) -> tuple[UnaryExpression[Any], ...]:
        """Order by a column that may be null."""
        term = column.desc() if descending else column.asc()
        return (term.nulls_first() if nulls_first else term.nulls_last(),)

    @abstractmethod
    def fault(self, error: BaseException) -> Fault:
        """Classify an error by the driver's code."""

    def emptying(self, deletes: Sequence[str]) -> tuple[str, ...]:
        """Return what runs deletions in one transaction, whatever refers to what."""
        return (*self.before_drop, "BEGIN", *deletes, "COMMIT", *self.after_drop)


def any_value(column: Element, name: str) -> Element:
    """Compare with each value by a parameter of its own."""
    return column.in_(bindparam(name, type_=PLAIN, expanding=True))


def shut(connected: Any) -> None:
    """Shut a socket down, unless it is."""
    with contextlib.suppress(OSError):
        connected.shutdown(socket.SHUT_RDWR)
