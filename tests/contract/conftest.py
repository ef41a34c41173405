"""What the cases of the contract share."""

from collections.abc import AsyncIterator, Callable, Iterator
from functools import wraps
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.hotel import Hotel, HotelUnitOfWork, hotel_schema
from tests.shop import Shop, open_shop
from unitwork.adapters.storage import ChangeSet, UnitOptions

if TYPE_CHECKING:
    from tests.storages import Storage

WAIST = [
    *("load", "scan", "count", "exists", "lock"),
    *("flush", "savepoint", "undo", "release", "apply"),
]


@pytest.fixture
async def shop(storage: "Storage") -> AsyncIterator[Shop]:
    """A fresh shop on each storage in turn."""
    async with open_shop(storage) as opened:
        yield opened


@pytest.fixture
async def hotel(storage: "Storage") -> AsyncIterator[Hotel]:
    """Units on a fresh hotel, on each storage in turn."""
    async with storage.database(hotel_schema()) as database:
        unit = storage.unit(HotelUnitOfWork)  # type: ignore[type-abstract]  # a port
        yield lambda: unit(database)


@pytest.fixture
def heard() -> Iterator[list[str]]:
    """Every statement that a database is sent."""
    from sqlalchemy import Engine, event

    said: list[str] = []

    def note(*call: Any) -> None:
        said.append(call[2])

    event.listen(Engine, "before_cursor_execute", note)
    yield said
    event.remove(Engine, "before_cursor_execute", note)


@pytest.fixture
def calls(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The name of every call that units make through the waist, in order."""
    seen: list[str] = []
    kind = type(shop.database.open(UnitOptions()))
    for name in WAIST:
        monkeypatch.setattr(kind, name, _noted(getattr(kind, name), seen))
    return seen


@pytest.fixture
def applied(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """What kind of write each commit asked for, and of which key."""
    seen: list[tuple[str, Any]] = []
    kind = type(shop.database.open(UnitOptions()))
    apply = kind.apply

    async def noted(session: Any, changes: ChangeSet) -> Any:
        seen.extend((type(write).__name__, write.key) for write in changes.writes)
        return await apply(session, changes)

    monkeypatch.setattr(kind, "apply", noted)
    return seen


def _noted(call: Callable[..., Any], seen: list[str]) -> Callable[..., Any]:
    @wraps(call)
    async def noted(*arguments: Any) -> Any:
        seen.append(call.__name__)
        return await call(*arguments)

    return noted
