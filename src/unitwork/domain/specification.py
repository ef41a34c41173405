"""Criteria as data: one closed language, compiled to SQL and to Python."""

from collections.abc import Iterator
from enum import Enum
from typing import Any, Generic, NoReturn, TypeVar, dataclass_transform

import attrs

from unitwork.domain.errors import MisuseError

A = TypeVar("A")
N = TypeVar("N")


@dataclass_transform(frozen_default=True, eq_default=False)
def node(cls: type[N]) -> type[N]:
    """Make a node of the criteria tree: frozen, compared by identity."""
    return attrs.frozen(cls, eq=False)


class Operator(Enum):
    """How a comparison compares."""

    EQ = "=="
    NE = "!="
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="


class TextOperator(Enum):
    """Where a text is looked for: case-sensitive, no wildcards."""

    CONTAINS = "contains"
    STARTS_WITH = "startswith"
    ENDS_WITH = "endswith"


class Member(Generic[A]):
    """An attribute of a class, or a part of an embedded value in it."""

    __slots__ = ("names", "owner")

    def __init__(self, owner: type[A], names: tuple[str, ...]) -> None:
        """Start at `owner`; each further name is a part of an embedded value."""
        self.owner = owner
        self.names = names

    def __repr__(self) -> str:
        """Show it the way it was written."""
        return f"{self.owner.__name__}.{'.'.join(self.names)}"


class Specification(Generic[A]):
    """Say which aggregates are meant; immutable, combined by `&`, `|` and `~`.

    Comparisons with a stored None are unknown, as in SQL: `~` of unknown is unknown,
    and only what is true matches.

    Contract: 22.
    Source: Specification (Evans, Fowler).
    """

    __slots__ = ()

    def __and__(self, other: "Specification[A]") -> "Specification[A]":
        """Match what both match."""
        return Conjunction((self, _checked(other)))

    def __or__(self, other: "Specification[A]") -> "Specification[A]":
        """Match what either matches."""
        return Disjunction((self, _checked(other)))

    def __invert__(self) -> "Specification[A]":
        """Match what this one is false for."""
        return Negation(self)

    def __bool__(self) -> NoReturn:
        """Refuse: `a and b` would silently drop a side."""
        raise MisuseError(
            "A criterion was used as a truth value.",
            "`and`, `or`, `not` and `if` would drop a part of it without a word.",
            "Combine criteria with `&`, `|` and `~`, with brackets round each.",
        )

    def paths(self) -> "Iterator[Member[Any]]":
        """Go through every path that the criterion mentions."""
        return iter(())


def _checked(other: Any) -> Any:
    if not isinstance(other, Specification):
        raise MisuseError(
            f"{other!r} is not a criterion.",
            "Only criteria can be combined by `&` and `|`.",
            "Put brackets round each comparison: `(A.x == 1) & (A.y == 2)`.",
        )
    return other


@node
class Comparison(Specification[A]):
    """A path against a value."""

    path: Member[A]
    operator: Operator
    value: Any

    def paths(self) -> "Iterator[Member[Any]]":
        """Go through its one path."""
        yield self.path


@node
class Membership(Specification[A]):
    """A path against any of some values."""

    path: Member[A]
    values: tuple[Any, ...]

    def paths(self) -> "Iterator[Member[Any]]":
        """Go through its one path."""
        yield self.path


@node
class Absence(Specification[A]):
    """A path that is None."""

    path: Member[A]

    def paths(self) -> "Iterator[Member[Any]]":
        """Go through its one path."""
        yield self.path


@node
class TextMatch(Specification[A]):
    """A path that has a text in it."""

    path: Member[A]
    operator: TextOperator
    text: str

    def paths(self) -> "Iterator[Member[Any]]":
        """Go through its one path."""
        yield self.path


@node
class Conjunction(Specification[A]):
    """All of some criteria; of none: everything matches."""

    parts: tuple[Specification[A], ...]

    def paths(self) -> "Iterator[Member[Any]]":
        """Go through the paths of all parts."""
        for part in self.parts:
            yield from part.paths()


@node
class Disjunction(Specification[A]):
    """Any of some criteria; of none: nothing matches."""

    parts: tuple[Specification[A], ...]

    def paths(self) -> "Iterator[Member[Any]]":
        """Go through the paths of all parts."""
        for part in self.parts:
            yield from part.paths()


@node
class Negation(Specification[A]):
    """The opposite of a criterion; unknown stays unknown."""

    part: Specification[A]

    def paths(self) -> "Iterator[Member[Any]]":
        """Go through the paths of the part."""
        return self.part.paths()


def all_of(*parts: Specification[A] | None) -> Specification[A]:
    """Match what all parts match; parts that are None are left out.

    Made for search screens. Of no parts, everything matches.
    """
    return Conjunction(tuple(_checked(part) for part in parts if part is not None))


def any_of(*parts: Specification[A] | None) -> Specification[A]:
    """Match what any part matches; parts that are None are left out.

    Of no parts, nothing matches.
    """
    return Disjunction(tuple(_checked(part) for part in parts if part is not None))
