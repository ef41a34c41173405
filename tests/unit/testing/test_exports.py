"""What the package of the kit shows, before anything of it is imported."""

import subprocess
import sys

import pytest

from unitwork import testing

IMPORTS = """
import sys
import unitwork.testing
assert not {"sqlalchemy", "hypothesis", "unitwork.adapters"} & set(sys.modules)
from unitwork.testing import published
assert not {"sqlalchemy", "hypothesis"} & set(sys.modules)
"""


@pytest.mark.parametrize("name", testing.__all__)
def test_every_name_can_be_imported_and_says_what_it_is(name: str) -> None:
    """Names are looked up when they are first used."""
    assert getattr(testing, name).__doc__


def test_exports_are_sorted() -> None:
    """So that a missing one is seen."""
    assert testing.__all__ == sorted(testing.__all__)


def test_other_names_are_not_there() -> None:
    """As in any module."""
    with pytest.raises(AttributeError) as raised:
        testing.nothing  # noqa: B018 - it is not there

    assert str(raised.value) == "module 'unitwork.testing' has no attribute 'nothing'"


def test_importing_it_imports_little() -> None:
    """At its start pytest does so, and a project may use none of it."""
    subprocess.run([sys.executable, "-c", IMPORTS], check=True)
