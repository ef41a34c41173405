"""What a middleware refuses when it is made, and not at the first request."""

from typing import Any

import pytest

from tests.shop import Counter, ShopUnitOfWork
from unitwork import MisuseError
from unitwork.adapters.mapping import Schema
from unitwork.adapters.memory import InMemoryDatabase, InMemoryUnitOfWork
from unitwork.application import Runner
from unitwork.entrypoints.asgi import Idempotency, UnitOfWorkMiddleware


class InMemoryShop(InMemoryUnitOfWork, ShopUnitOfWork): ...


DATABASE = InMemoryDatabase(Schema(Counter))


async def app(*_: Any) -> None:
    """Never be asked."""


def make() -> InMemoryShop:
    return InMemoryShop(DATABASE)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (None, "NoneType"),
        (InMemoryShop, "InMemoryShop"),
        (make(), "InMemoryShop"),
        (Runner(make), "Runner"),
    ],
    ids=["nothing", "class", "unit", "runner"],
)
def test_what_makes_no_units_is_refused(given: Any, said: str) -> None:
    with pytest.raises(MisuseError) as refused:
        UnitOfWorkMiddleware(app, make=given)
    assert str(refused.value) == (
        f"The middleware was given {said}, which is no factory of units.\n"
        "It calls the factory without arguments, for a fresh unit each time.\n"
        "Write make=lambda: SqlAlchemyStock(database). [misuse]"
    )


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("policy", object()),
        ("idempotency", True),
        ("statuses", [1]),
        ("statuses", {ValueError: "409"}),
        ("statuses", {ValueError: 9999}),
        ("statuses", {ValueError: True}),
    ],
)
def test_what_would_fail_at_a_request_is_refused_at_start(
    name: str, given: Any
) -> None:
    with pytest.raises(MisuseError, match=f"The middleware was given {name} with"):
        UnitOfWorkMiddleware(app, make=make, **{name: given})


def test_what_is_right_is_taken() -> None:
    made = UnitOfWorkMiddleware(
        app, make=make, idempotency=Idempotency(), statuses={ValueError: 409}
    )
    assert isinstance(made.fresh(), InMemoryShop)
