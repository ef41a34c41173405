"""What the cases of the contract share that only SQL can show."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, event

from tests.shop import Shop, open_shop
from tests.storages import Storage


@pytest.fixture
async def shop(storage: Storage) -> AsyncIterator[Shop]:
    """A fresh shop on each storage in turn."""
    async with open_shop(storage) as opened:
        yield opened


@pytest.fixture
def heard() -> Iterator[list[str]]:
    """Every statement that a database is sent."""
    said: list[str] = []

    def note(*call: Any) -> None:
        said.append(call[2])

    event.listen(Engine, "before_cursor_execute", note)
    yield said
    event.remove(Engine, "before_cursor_execute", note)
