"""Requests that are told apart, and results that come back."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import partial
from typing import Any
from uuid import UUID

import attrs
import pydantic
import pytest

from unitwork import MisuseError
from unitwork.application.encoding import (
    ResultCodec,
    fingerprint,
    name_of,
    restored,
    shown,
)


class Colour(Enum):
    RED = "red"


@dataclass(frozen=True)
class Point:
    x: int
    at: Decimal


@attrs.frozen
class Line:
    points: tuple[Point, ...]
    colour: Colour | None = None


class Model(pydantic.BaseModel):
    when: datetime
    tags: set[str]


def returning(kind: Any) -> Callable[..., Any]:
    async def operation() -> None: ...

    operation.__annotations__["return"] = kind
    return operation


RESULTS: list[tuple[Any, Any]] = [
    (None, None),
    (int, 5),
    (int | None, None),
    (str, "ä\N{GRINNING FACE}"),
    (bytes, b"\x00\xff"),
    (UUID, UUID(int=7)),
    (Decimal, Decimal("1.50")),
    (date, date(2026, 2, 28)),
    (datetime, datetime(2026, 2, 28, 1, 2, 3, 4, UTC)),
    (time, time(1, 2, 3, 4)),
    (timedelta, timedelta(-1, 2, 3)),
    (Colour, Colour.RED),
    (Line, Line((Point(1, Decimal(2)),), Colour.RED)),
    (list[Point], [Point(1, Decimal("0.1"))]),
    (dict[str, Line], {"a": Line(())}),
    (frozenset[UUID], frozenset({UUID(int=1), UUID(int=2)})),
    (tuple[int, str], (1, "a")),
    (Model, Model(when=datetime(2026, 1, 1, tzinfo=UTC), tags={"a", "b"})),
    (Any, {"a": [1, 2.5, None, True, "x"]}),
    (object, [1]),
]


@pytest.mark.parametrize(("kind", "result"), RESULTS, ids=[str(k) for k, _ in RESULTS])
def test_a_result_comes_back_as_it_was(kind: Any, result: Any) -> None:
    codec = ResultCodec(returning(kind))

    back = codec.decode(codec.encode(result))

    assert back == result
    assert type(back) is type(result)


def test_an_operation_without_annotations_returns_json() -> None:
    codec = ResultCodec(lambda uow: uow)

    assert codec.decode(codec.encode({"a": 1})) == {"a": 1}


@pytest.mark.parametrize(
    ("kind", "result"),
    [(Any, object()), (float, float("nan")), (int, "five"), (Colour, "blue")],
    ids=["no JSON", "NaN", "of another type", "no member"],
)
def test_a_result_that_would_not_come_back_is_refused(kind: Any, result: Any) -> None:
    """Before anything is written: the codec is asked in the commit."""
    with pytest.raises(MisuseError, match="returns what cannot be kept"):
        ResultCodec(returning(kind)).encode(result)


def test_an_annotation_that_cannot_be_read_is_told() -> None:
    with pytest.raises(MisuseError, match="name 'Hidden' is not defined"):
        ResultCodec(returning("Hidden"))


class Callee:
    async def __call__(self, uow: Any) -> UUID: ...  # type: ignore[empty-body]

    async def method(self, uow: Any) -> UUID: ...  # type: ignore[empty-body]


@pytest.mark.parametrize(
    ("operation", "name"),
    [
        (Callee(), "Callee"),
        (Callee().method, "Callee.method"),
        (partial(partial(Callee().method)), "Callee.method"),
    ],
)
def test_operations_of_every_kind_have_a_name_and_a_codec(
    operation: Any, name: str
) -> None:
    assert name_of(operation) == f"{__name__}.{name}"
    assert ResultCodec(operation).decode(str(UUID(int=5))) == UUID(int=5)


def test_equal_requests_are_alike_and_others_are_not() -> None:
    one = fingerprint(returning(int), ((1, Decimal("1.0")), {"a": {"x", "y"}}))

    assert one == fingerprint(returning(str), ([1, Decimal("1.0")], {"a": {"y", "x"}}))
    assert one != fingerprint(returning(int), ((2, Decimal("1.0")), {"a": {"x", "y"}}))
    assert one != fingerprint(Callee(), ((1, Decimal("1.0")), {"a": {"x", "y"}}))


def test_a_request_is_alike_in_every_process() -> None:
    """The order of a set depends on the process."""
    code = (
        "from unitwork.application.encoding import fingerprint\n"
        "print(fingerprint(print, ({'a', 'b', 'c', 'd'}, frozenset({'x', 'y'}))))"
    )
    said = {
        subprocess.check_output(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, text=True
        )
        for seed in "123"
    }
    assert len(said) == 1


def test_a_request_that_has_no_json_is_refused() -> None:
    with pytest.raises(MisuseError) as refused:
        fingerprint(test_equal_requests_are_alike_and_others_are_not, object)
    assert "cannot be told from others" in str(refused.value)
    assert "keyed(key, request=...)" in str(refused.value)


def test_a_value_is_made_of_its_json() -> None:
    point = Point(1, Decimal("1.50"))
    assert restored({"x": 1, "at": "1.50"}, Point) == point
    assert shown(point) == '{"x": 1, "at": "1.50"}'


@pytest.mark.parametrize("value", [float("nan"), object, {(1, 2): "a"}, b"\xff"])
def test_any_value_can_be_shown(value: object) -> None:
    """It is for people: the operation has taken effect, whatever it returns."""
    assert shown(value)
