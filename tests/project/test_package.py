"""What the package shows to the world."""

import subprocess
import sys

import unitwork

IMPORTS = """
import unitwork, sys
assert not {'sqlalchemy', 'alembic', 'punq', 'aiosqlite'} & set(sys.modules)
"""


def test_the_domain_imports_no_database_library() -> None:
    """A domain package stays light, and its tests start fast."""
    subprocess.run([sys.executable, "-c", IMPORTS], check=True)


def test_every_exported_name_is_there_and_has_a_docstring() -> None:
    """The facade is complete."""
    for name in unitwork.__all__:
        assert getattr(unitwork, name).__doc__, name


def test_exports_are_sorted() -> None:
    """So that a missing one is seen."""
    assert unitwork.__all__ == sorted(unitwork.__all__)


def test_nothing_public_is_left_out() -> None:
    """What can be imported from the facade is what it lists."""
    public = {
        name
        for name, value in vars(unitwork).items()
        if not name.startswith(("_", "@")) and not hasattr(value, "__path__")
    }  # "@...": pytest rewrites the assertions of packages that have a plugin

    assert public - set(unitwork.__all__) <= {"domain", "adapters"}
