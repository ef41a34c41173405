"""Criteria after the schema has looked at them: columns and canonical values.

What storages see. A closed set of nodes, with three-valued logic: a comparison with a
stored None is unknown, and only what is true matches.

Contract: 22.
"""

from typing import Any

import attrs

from unitwork.domain.specification import Operator, TextOperator


@attrs.frozen
class Compare:
    """A column against a value that is not None."""

    column: int
    operator: Operator
    value: Any


@attrs.frozen
class OneOf:
    """A column against values, none of which is None."""

    column: int
    values: tuple[Any, ...]
    or_unknown: bool
    """None was among the values: what is not found is unknown, not false."""


@attrs.frozen
class IsNone:
    """A column that is None: never unknown."""

    column: int


@attrs.frozen
class HasText:
    """A text column that has a text in it: literal, case-sensitive."""

    column: int
    operator: TextOperator
    text: str


@attrs.frozen
class All:
    """All parts; of none: true."""

    parts: tuple["Criterion", ...]


@attrs.frozen
class AnyOf:
    """Any part; of none: false."""

    parts: tuple["Criterion", ...]


@attrs.frozen
class Not:
    """The opposite; unknown stays unknown."""

    part: "Criterion"


Criterion = Compare | OneOf | IsNone | HasText | All | AnyOf | Not
EVERYTHING = All(())
