"""Which SQL begins, ends or divides a transaction. Contract: 28."""

from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.sql.elements import RollbackToSavepointClause

from unitwork.adapters.sqlalchemy.control import control_word, verb
from unitwork.adapters.sqlalchemy.dialects.mariadb import MariaDb
from unitwork.adapters.sqlalchemy.dialects.sqlite import Sqlite


@pytest.mark.parametrize(
    ("statement", "word"),
    [
        ("COMMIT", "COMMIT"),
        (";; rollback to a", "ROLLBACK"),
        ("/* a */ -- b\n# c\nEND;", "END"),
        ("Start\n Transaction READ ONLY", "START TRANSACTION"),
        ("PREPARE TRANSACTION 'a'", "PREPARE TRANSACTION"),
        ("SELECT 'COMMIT'", None),
        ("-- COMMIT", None),
        ("PREPARE plan AS SELECT 1", None),
        ("BEGIN NOT ATOMIC SELECT 1; END", None),
        ("commits", None),
        ("", None),
    ],
)
def test_the_first_word_tells_what_controls_a_transaction(
    statement: str, word: str | None
) -> None:
    """Blanks and comments come before it, and nothing inside counts."""
    assert control_word(statement, None) == word
    context = SimpleNamespace(compiled=SimpleNamespace(statement=text(statement)))
    assert control_word(statement, context) == word


def test_savepoints_that_sqlalchemy_makes_are_let_through() -> None:
    """The library hears of those by their events."""
    clause: Any = RollbackToSavepointClause
    own = SimpleNamespace(statement=clause("a"))
    assert control_word("ROLLBACK TO a", SimpleNamespace(compiled=own)) is None


def test_what_is_not_known_to_commit_nothing_may_commit_on_mariadb() -> None:
    """Contract 10: rather UNKNOWN than wrong; elsewhere a failure undoes."""
    harmless = ["SELECT 1", "(SELECT 1) UNION SELECT 2", "/* a */ insert into a"]
    assert not any(MariaDb().may_commit(statement) for statement in harmless)
    doubtful = ["CREATE TABLE a (b INT)", "CALL a()", "SET autocommit = 1", "?"]
    assert all(MariaDb().may_commit(statement) for statement in doubtful)
    assert not any(Sqlite().may_commit(statement) for statement in doubtful)
    assert verb("?") == ""
