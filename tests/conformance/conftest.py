"""How the suites run here."""

from collections.abc import Iterable

import pytest

_AT_RANDOM = {"test_programs", "test_queries"}
_TRACED = ("::TestInMemory::", "::TestSqlite::")
"""One storage of each kind; the others run the same lines of the core."""


def pytest_collection_modifyitems(items: Iterable[pytest.Item]) -> None:
    """Do not trace what is asked at random, or again: it would take far longer."""
    for item in items:
        suite = "conformance" in item.path.parts and "::Test" in item.nodeid
        name = getattr(item, "originalname", None)
        if suite and (
            name in _AT_RANDOM or not any(known in item.nodeid for known in _TRACED)
        ):
            item.add_marker(pytest.mark.no_cover)
