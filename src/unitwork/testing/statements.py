"""Count what a piece of code sends to the database."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from unitwork.adapters.sqlalchemy.database import SqlAlchemyDatabase
from unitwork.adapters.sqlalchemy.hearing import statements
from unitwork.adapters.storage import AbstractDatabase
from unitwork.domain.errors import MisuseError

_BEGIN = ("BEGIN", "START")
_ENDS = ("COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")


@contextmanager
def assert_statements(
    number: int, *, on: AbstractDatabase, transactions: int | None = None
) -> Iterator[list[str]]:
    """Fail unless the block sends so many statements to the database's driver.

        with assert_statements(3, on=database, transactions=1):
            await allocate(uow, "order-1", "LAMP", 2)

    Args:
        number: how many statements, without those that begin and end transactions and
            savepoints. One that is sent for many rows is one.
        on: a SqlAlchemyDatabase. What other tasks send to it counts, too.
        transactions: how many are begun; None: any number. A read needs none.

    Returns:
        A list that grows with each statement, BEGIN and COMMIT among them.

    Raises:
        AssertionError: it was another number; the message lists the statements.
        MisuseError: the storage has no statements.
    """
    __tracebackhide__ = True
    if not isinstance(on, SqlAlchemyDatabase):
        raise MisuseError(
            f"assert_statements() was asked to count on {type(on).__name__}.",
            "No statement is ever sent there, so that every number would be wrong.",
            "Count on a SqlAlchemyDatabase; where the plugin chooses the storage, mark"
            " the test with @pytest.mark.unitwork_on('sql').",
        )
    with statements(on) as heard:
        yield heard
    words = [statement.split(maxsplit=1)[0].upper() for statement in heard]
    begun = sum(word in _BEGIN for word in words)
    sent = sum(word not in _BEGIN + _ENDS for word in words)
    if sent != number or transactions not in (None, begun):
        wanted = "" if transactions is None else f" in {transactions} transactions"
        raise AssertionError(
            f"{number} statements{wanted} were expected, {sent} in {begun} were sent"
            f"{_listed(heard)}"
        )


def _listed(heard: Sequence[str]) -> str:
    lines = (f"\n  {' '.join(statement.split())}" for statement in heard)
    return ":" + "".join(lines) if heard else "."
