"""How the suites run here."""

from collections.abc import Iterable

import pytest

_AT_RANDOM = {"test_programs", "test_queries"}


def pytest_collection_modifyitems(items: Iterable[pytest.Item]) -> None:
    """Do not trace what is asked at random: it would take eight times as long."""
    for item in items:
        if isinstance(item, pytest.Function) and item.originalname in _AT_RANDOM:
            item.add_marker(pytest.mark.no_cover)
