"""What tests of job engines ask for: a bank, names of its own, and bounds."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from tests.storages import STORAGES, Servers
from unitwork.testing.conformance.bank import Bank, open_bank



@pytest.fixture
def name() -> str:
    """A name that nothing else has, for a queue or stream."""
    return f"unitwork-{uuid4().hex}"


@pytest.fixture
async def bank(servers: Servers) -> AsyncIterator[Bank]:
    """A bank in a file, with an account `a` of balance 0."""
    async with open_bank(STORAGES["sqlite"](servers)) as bank:
        yield bank


