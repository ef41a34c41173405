"""Whether texts are compared and put in order by code point. Contract: 24."""

from collections.abc import Container, Iterable
from typing import Any

from unitwork.adapters.sqlalchemy.database import SqlAlchemyDatabase
from unitwork.adapters.sqlalchemy.examination.finding import Finding, Level

_SHOWN = 5


def judge_collations(
    database: SqlAlchemyDatabase,
    columns: Iterable[Any],
    *,
    good: Container[str],
    best: str,
) -> Finding:
    """Find the columns of the schema whose collation is another one.

    Args:
        database: knows which tables are the schema's.
        columns: table, column and collation of each text of the database.
        good: collations that compare by code point.
        best: the one to use.
    """
    known = database.metadata.tables
    odd = [
        f"{table}.{column}: {collation}"
        for table, column, collation in columns
        if collation not in good and table in known and column in known[table].columns
    ]
    more = f" and {len(odd) - _SHOWN} more" if len(odd) > _SHOWN else ""
    return Finding(
        Level.WRONG if odd else Level.OK,
        "collations of texts",
        (", ".join(odd[:_SHOWN]) + more) or f"{best}, or as good",
        f"ALTER the columns to COLLATE {best}, so that texts are equal, and in order,"
        " as units say.",
    )
