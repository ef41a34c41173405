"""Typed expressions that begin at a class: `Batch.sku`, `Order.total[Money.amount]`."""

from collections.abc import Iterable
from enum import Enum
from typing import TYPE_CHECKING, Any, Generic, Literal, NoReturn, TypeVar, overload

import attrs

from unitwork.domain.errors import MisuseError
from unitwork.domain.specification import (
    Absence,
    Comparison,
    Member,
    Membership,
    Operator,
    Specification,
    TextMatch,
    TextOperator,
)

A = TypeVar("A")
T = TypeVar("T")
V = TypeVar("V")
W = TypeVar("W")


class Nulls(Enum):
    """Where None stands in an order."""

    FIRST = "first"
    LAST = "last"


@attrs.frozen(eq=False)
class Sort(Generic[A]):
    """Order by one path. Contract: 23."""

    path: "Path[A, Any]"
    descending: bool
    nulls: Nulls


class Path(Member[A], Generic[A, T]):
    """Name an attribute of a class, for criteria, orders and the schema."""

    __slots__ = ()
    __hash__ = object.__hash__

    def __eq__(self, other: T) -> Specification[A]:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]  # a criterion
        """Match equal values."""
        return self._compare(Operator.EQ, other)

    def __ne__(self, other: T) -> Specification[A]:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]  # a criterion
        """Match other values; None is not another value."""
        return self._compare(Operator.NE, other)

    def __lt__(self, other: T) -> Specification[A]:
        """Match smaller values."""
        return self._compare(Operator.LT, other)

    def __le__(self, other: T) -> Specification[A]:
        """Match smaller or equal values."""
        return self._compare(Operator.LE, other)

    def __gt__(self, other: T) -> Specification[A]:
        """Match greater values."""
        return self._compare(Operator.GT, other)

    def __ge__(self, other: T) -> Specification[A]:
        """Match greater or equal values."""
        return self._compare(Operator.GE, other)

    def in_(self, values: Iterable[T]) -> Specification[A]:
        """Match any of the values, of any number; of none, nothing."""
        return Membership(self, tuple(values))

    def is_none(self) -> Specification[A]:
        """Match None."""
        return Absence(self)

    def is_true(self: "Path[A, bool] | Path[A, bool | None]") -> Specification[A]:
        """Match True."""
        return Comparison(self, Operator.EQ, True)  # noqa: FBT003 - a value, no flag

    def contains(
        self: "Path[A, str] | Path[A, str | None]", text: str
    ) -> Specification[A]:
        """Match texts with `text` anywhere in them, case-sensitive and literal."""
        return TextMatch(self, TextOperator.CONTAINS, text)

    def startswith(
        self: "Path[A, str] | Path[A, str | None]", text: str
    ) -> Specification[A]:
        """Match texts that begin with `text`, case-sensitive and literal."""
        return TextMatch(self, TextOperator.STARTS_WITH, text)

    def endswith(
        self: "Path[A, str] | Path[A, str | None]", text: str
    ) -> Specification[A]:
        """Match texts that end with `text`, case-sensitive and literal."""
        return TextMatch(self, TextOperator.ENDS_WITH, text)

    def asc(self, *, nulls: Literal["first", "last"] = "last") -> Sort[A]:
        """Order upwards; None counts as the largest unless `nulls` says first."""
        return Sort(self, descending=False, nulls=Nulls(nulls))

    def desc(self, *, nulls: Literal["first", "last"] = "first") -> Sort[A]:
        """Order downwards; None counts as the largest unless `nulls` says last."""
        return Sort(self, descending=True, nulls=Nulls(nulls))

    @overload
    def __getitem__(self: "Path[A, V]", part: "Path[V, W]") -> "Path[A, W]": ...
    @overload
    def __getitem__(self: "Path[A, V | None]", part: "Path[V, W]") -> "Path[A, W]": ...
    def __getitem__(self: Any, part: Any) -> Any:
        """Go into an embedded value: `Order.total[Money.amount]`."""
        if not isinstance(part, Path):
            raise MisuseError(
                f"{self!r}[{part!r}] names no part of a value.",
                "Parts of embedded values can be compared, and named as the class has"
                " them; items of collections and what is inside of JSON cannot.",
                f"Write {self!r}[Money.amount], or decide it in the domain.",
            )
        return Path(self.owner, self.names + part.names)

    if not TYPE_CHECKING:  # else checkers would let it be iterated over

        def __iter__(self) -> NoReturn:
            """Refuse: Python would ask for items, one after the other, for ever."""
            raise MisuseError(
                f"{self!r} was iterated over.",
                "It stands for an attribute of a class, and has no items.",
                f"Write [{self!r}] where several may be given, and"
                f" {self!r}.contains(...) to look into texts.",
            )

    def _compare(self, operator: Operator, value: Any) -> Specification[A]:
        if value is None:
            raise MisuseError(
                f"{self!r} {operator.value} None can never be true.",
                "As in SQL, a comparison with None is unknown for every row.",
                f"Write {self!r}.is_none() or ~{self!r}.is_none().",
            )
        if isinstance(value, Path):
            raise MisuseError(
                f"{self!r} {operator.value} {value!r} compares two attributes.",
                "The criteria language compares an attribute with a value.",
                "Decide it in the domain, or in a finder with raw SQL.",
            )
        return Comparison(self, operator, value)


def attribute(owner: type[A], name: str, _type: type[T]) -> Path[A, T]:
    """Name an attribute of a class that does not derive from the library's bases.

    Args:
        owner: a plain attrs class.
        name: the attribute's name; the schema checks it.
        _type: the attribute's type, for the type checker alone.
    """
    return Path(owner, (name,))
