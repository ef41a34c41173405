"""The same request is the same, however it is spelled; another one is another."""

from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from typing import Any

import attrs
import pytest

from unitwork import MisuseError
from unitwork.application.asked import asked
from unitwork.application.encoding import fingerprint


@attrs.frozen
class Add:
    name: str


@attrs.frozen
class Remove:
    name: str


async def operation(
    uow: Any, name: Any, number: int = 1, *more: int, **named: int
) -> None:
    """Take arguments of every kind."""


async def with_a_clock(uow: Any, now: Callable[[], datetime] = datetime.now) -> None:
    """Have a default that has no JSON."""


class Service:
    async def handle(self, uow: Any, message: Any) -> None:
        """Be a method."""


def of(called: Callable[..., Any], *args: Any, **kwargs: Any) -> str:
    return fingerprint(called, asked(called, args, kwargs))


SAME = of(operation, "a")


ALIKE: list[Callable[[], str]] = [
    lambda: of(operation, name="a"),
    lambda: of(operation, "a", 1),
    lambda: of(operation, "a", number=1),
    lambda: of(operation, number=1, name="a"),
    lambda: of(partial(operation, name="a")),
    lambda: of(partial(partial(operation, number=1), name="b"), name="a"),
]
OTHERS: list[Callable[[], str]] = [
    lambda: of(operation, "b"),
    lambda: of(operation, "a", 2),
    lambda: of(operation, "a", number=True),
    lambda: of(operation, "a", 1, 1),
    lambda: of(operation, "a", other=1),
    lambda: of(partial(operation, name="b")),
    lambda: of(partial(operation, "c"), "a"),
    lambda: of(Service().handle, "a"),
]


@pytest.mark.parametrize("again", ALIKE, ids=range(len(ALIKE)))
def test_a_request_that_is_spelled_otherwise_is_the_same(
    again: Callable[[], str],
) -> None:
    assert again() == SAME


@pytest.mark.parametrize("other", OTHERS, ids=range(len(OTHERS)))
def test_another_request_is_another_one(other: Callable[[], str]) -> None:
    assert other() != SAME


def test_messages_of_two_classes_with_the_same_fields_are_two_requests() -> None:
    """A bus handles them all by one function."""
    handle = Service().handle
    assert of(handle, Add("a")) == of(handle, message=Add("a"))
    assert of(handle, Add("a")) != of(handle, Remove("a"))
    assert of(operation, date(2026, 1, 1)) != of(operation, "2026-01-01")


def test_a_default_need_not_have_json() -> None:
    assert of(with_a_clock) == of(with_a_clock, datetime.now)
    with pytest.raises(MisuseError, match="cannot be told from others"):
        of(with_a_clock, datetime.today)


def test_what_does_not_fit_is_left_to_the_call() -> None:
    """Its error names the operation, and what it takes."""
    assert of(operation) != of(operation, nonsense=1)
    assert asked(operation, (), {"number": 2}) == ([], {"number": 2})


def test_a_lambda_has_no_name_to_stand_for() -> None:
    with pytest.raises(MisuseError) as refused:
        asked(lambda _: None, (), {})
    assert "lambdas have no names" in str(refused.value)
    with pytest.raises(MisuseError, match="keyed\\(key, request="):
        asked(partial(lambda _, a: a, a=1), (), {})
