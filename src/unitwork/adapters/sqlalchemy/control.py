"""Statements that begin, end or divide a transaction, which the unit alone may do.

Contract: 28.
"""

import re
from typing import Any

from sqlalchemy.sql.elements import (
    ReleaseSavepointClause,
    RollbackToSavepointClause,
    SavepointClause,
)

_BLANK = r"(?:[\s;]|--[^\n]*(?:\n|$)|#[^\n]*(?:\n|$)|/\*.*?\*/)*"
_CONTROL = re.compile(
    _BLANK
    + r"(BEGIN(?!\s+NOT\s)|START\s+TRANSACTION|COMMIT|END|ROLLBACK|ABORT|SAVEPOINT"
    r"|RELEASE|PREPARE\s+TRANSACTION|XA)\b",
    re.IGNORECASE | re.DOTALL,
)
_VERB = re.compile(_BLANK + r"\(*\s*([a-z]+)", re.IGNORECASE | re.DOTALL)
_OWN = (SavepointClause, RollbackToSavepointClause, ReleaseSavepointClause)


def control_word(statement: str, context: Any) -> str | None:
    """Return what a statement begins with, if it is such a one of user code.

    Args:
        statement: the SQL.
        context: SQLAlchemy's, which knows the savepoints that it makes itself.
    """
    found = _CONTROL.match(statement)
    compiled = getattr(context, "compiled", None)
    if found is None or (compiled and isinstance(compiled.statement, _OWN)):
        return None
    return " ".join(found[1].upper().split())


def verb(statement: str) -> str:
    """Return the first word of a statement, in capitals; "" if there is none."""
    found = _VERB.match(statement)
    return found[1].upper() if found else ""
