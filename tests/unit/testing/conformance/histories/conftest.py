import pytest

from unitwork.adapters.memory import InMemoryDatabase
from unitwork.testing.conformance.histories.ledger import LEDGER


@pytest.fixture
def database() -> InMemoryDatabase:
    """A fresh ledger in memory, on which races show."""
    return InMemoryDatabase(LEDGER, yielding=True)
