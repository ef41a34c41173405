"""What a look at a database has found, and what a look is."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Sequence
from enum import IntEnum
from typing import Any

import attrs
from sqlalchemy.ext.asyncio import AsyncConnection

from unitwork.adapters.sqlalchemy.database import SqlAlchemyDatabase


class Level(IntEnum):
    """How bad it is; the worst is the greatest."""

    OK = 0
    WARNING = 1
    WRONG = 2


@attrs.frozen
class Finding:
    """One thing that was looked at."""

    level: Level
    subject: str
    found: str
    remedy: str = ""
    """What to do about it, unless it is OK."""


@attrs.frozen
class Expectation:
    """What a statement shall answer, and what to do where it does not."""

    subject: str
    query: str
    fits: Callable[[Any], bool]
    remedy: str
    level: Level = Level.WRONG

    def judge(self, answer: Any) -> Finding:
        """Compare an answer with it."""
        said = str(answer)
        if self.fits(answer):
            return Finding(Level.OK, self.subject, said)
        return Finding(self.level, self.subject, said, self.remedy)


def equal(wanted: Any) -> Callable[[Any], bool]:
    """Expect a value; texts and numbers are compared as texts."""
    return lambda answer: str(answer).lower() == str(wanted).lower()


class AbstractExamination(ABC):
    """What is looked at in one kind of database."""

    now: str
    """A statement that tells the server's time, in UTC."""

    @abstractmethod
    def expectations(self, database: SqlAlchemyDatabase) -> Sequence[Expectation]:
        """Return what its settings shall be."""

    @abstractmethod
    def looks(
        self, connection: AsyncConnection, database: SqlAlchemyDatabase
    ) -> AsyncIterator[Finding]:
        """Look at what no single statement tells."""
