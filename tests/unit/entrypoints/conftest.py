"""A shop in memory behind the middleware."""

import pytest

from tests.asgi import Served
from tests.shop import Counter
from unitwork.adapters.mapping import Schema
from unitwork.adapters.memory import InMemoryDatabase
from unitwork.application import OperationRecord


@pytest.fixture
def served() -> Served:
    return Served(InMemoryDatabase(Schema(Counter, OperationRecord)))
