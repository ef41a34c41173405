"""What is written on a command line becomes what an operation takes, or is refused."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest

from unitwork import MisuseError
from unitwork.entrypoints.cli.arguments import arguments, convert


class Color(Enum):
    RED = "r"
    BLUE = 2


@dataclass
class Line:
    sku: str
    quantity: int


KEY = "0190a1b2-0000-7000-8000-000000000000"
READ: list[tuple[str, Any, object]] = [
    ("12", str, "12"),
    ("a=b", str, "a=b"),
    ("", str, ""),
    ("-12", int, -12),
    ("1.5", float, 1.5),
    ("1.10", Decimal, Decimal("1.10")),
    ("yes", bool, True),
    ("False", bool, False),
    (KEY, UUID, UUID(KEY)),
    ("2026-01-31", date, date(2026, 1, 31)),
    ("2026-01-31T12:00:00+00:00", datetime, datetime(2026, 1, 31, 12, tzinfo=UTC)),
    ("12:30", time, time(12, 30)),
    ("RED", Color, Color.RED),
    ("2", Color, Color.BLUE),
    ("7", int | None, 7),
    ("null", int | None, None),
    ("x", int | str, "x"),
    ("7", str | int, 7),
    ("b", Literal["a", "b"], "b"),
    ("3", Annotated[int, "at least 1"], 3),
    ("[1,2]", list[int], [1, 2]),
    ('{"a": 1}', dict[str, int], {"a": 1}),
    ('{"sku": "LAMP", "quantity": 2}', Line, Line("LAMP", 2)),
    ("anything", Any, "anything"),
]


@pytest.mark.parametrize(("text", "kind", "value"), READ, ids=str)
def test_a_text_becomes_a_value_by_the_annotation(
    text: str, kind: Any, value: object
) -> None:
    found = convert(text, kind)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        *(("x", kind) for kind in (int, float, bool, Decimal, UUID, date, datetime)),
        *(("x", kind) for kind in (time, Color, Line, list[int], int | None)),
        *(("x", kind) for kind in (Literal["a"], type(None))),
    ],
    ids=str,
)
def test_a_text_that_does_not_fit_is_refused(text: str, kind: Any) -> None:
    with pytest.raises((ValueError, ArithmeticError)):
        convert(text, kind)


async def allocate(
    uow: object, sku: str, quantity: int, *, eta: date | None = None
) -> None: ...


def test_arguments_are_named_and_defaults_are_left_alone() -> None:
    assert arguments(allocate, ["sku=LAMP", "quantity=2"]) == {
        "sku": "LAMP",
        "quantity": 2,
    }


ONCE = (
    "Write --arg name=value, once for each; a list is JSON: --arg ids=[1,2]. [misuse]"
)
TYPES = "sku: str, quantity: int, eta: datetime.date | None"


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (
            ["sku=LAMP"],
            (
                "{name} also needs quantity.\n"
                f"It takes {TYPES}.\n"
                "Add --arg quantity=VALUE. [misuse]"
            ),
        ),
        (
            ["sku=LAMP", "quantity=two"],
            (
                "quantity='two' is no int: invalid literal for int() with base 10:"
                " 'two'.\n"
                "{name} takes quantity: int.\n"
                "Write a whole number. [misuse]"
            ),
        ),
        (
            ["colour=red"],
            (
                "{name}: 'colour=red' is no argument of it.\n"
                f"It takes {TYPES}.\n"
                "{once}"
            ),
        ),
        (["sku"], f"{{name}}: 'sku' has no value.\nIt takes {TYPES}.\n{{once}}"),
        (
            ["sku=LAMP", "sku=SOFA"],
            (f"{{name}}: 'sku=SOFA' is said twice.\nIt takes {TYPES}.\n{{once}}"),
        ),
    ],
)
def test_what_is_wrong_is_said_with_what_would_be_right(
    said: list[str], message: str
) -> None:
    with pytest.raises(MisuseError) as mistake:
        arguments(allocate, said)
    name = f"{__name__}.allocate"
    assert str(mistake.value) == message.format(name=name, once=ONCE)


async def paint(uow: object, color: Color, lines: list[Line]) -> None: ...


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        ("color=GREEN", "Write one of RED, BLUE."),
        ("lines=LAMP", f"Write what is a list[{__name__}.Line], as JSON."),
    ],
)
def test_a_remedy_says_how_it_is_written(said: str, remedy: str) -> None:
    with pytest.raises(MisuseError) as mistake:
        arguments(paint, [said])
    assert mistake.value.remedy == remedy


async def unreadable(uow: object, name: "Missing") -> None: ...  # type: ignore[name-defined]  # noqa: F821 - the mistake


def test_annotations_that_cannot_be_read_are_told() -> None:
    with pytest.raises(MisuseError, match="cannot be read: name 'Missing'"):
        arguments(unreadable, ["name=x"])


def test_what_is_no_operation_is_told_before_it_is_called() -> None:
    """Contract 40: the exit code says that nothing was begun."""

    def sync(_: object) -> None:
        raise AssertionError

    with pytest.raises(MisuseError, match="sync is no async function"):
        arguments(sync, [])
