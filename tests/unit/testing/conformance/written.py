"""Programs written by hand, in few words."""

from typing import Any

from unitwork.testing.conformance.programs import Json, Step, program, step


def opened(unit: int, isolation: str = "read_committed") -> Step:
    return step("open", unit, isolation=isolation, read_only=False)


def added(unit: int, of: str, key: Any, **values: Json) -> Step:
    return step("add", unit, of=of, key=key, values=values, same=False)


def again(unit: int, of: str, key: Any) -> Step:
    return step("add", unit, of=of, key=key, values={}, same=True)


def put(unit: int, of: str, key: Any, field: str, value: Json) -> Step:
    return step("set", unit, of=of, key=key, field=field, value=value)


def found(unit: int, of: str, key: Any) -> Step:
    return step("find", unit, of=of, key=key)


def removed(unit: int, of: str, key: Any) -> Step:
    return step("remove", unit, of=of, key=key)


def counted(unit: int, of: str, where: Json = ("all",)) -> Step:
    return step("count", unit, of=of, where=list(where))


def matched(unit: int, of: str, **window: Any) -> Step:
    args = {"where": ["all"], "order": [], "limit": None, "offset": 0, **window}
    return step("matching", unit, of=of, **args)


def committed(unit: int) -> Step:
    return step("commit", unit)


def rolled_back(unit: int) -> Step:
    return step("rollback", unit)


def entered(unit: int) -> Step:
    return step("enter", unit)


def left(unit: int, *, raising: bool = False) -> Step:
    return step("leave", unit, raising=raising)


def stored(*steps: Step) -> tuple[Step, ...]:
    """Do steps of unit 0 in a unit of their own, and commit."""
    return (opened(0), *steps, committed(0), left(0))


SMALLEST = program(
    opened(0),
    added(0, "Site", "a"),
    committed(0),
    opened(2),
    opened(1),
    put(1, "Site", "a", "zone", 1),
    put(2, "Site", "a", "zone", 2),
    committed(2),
    committed(1),
    seed=5,
)
"""The smallest program that shows a lost update."""
