"""Facts that aggregates record."""

from itertools import count
from typing import Any, dataclass_transform

import attrs

from unitwork.domain.definition import define

recording_order = count()
"""Numbers every recorded event of the process, so that a unit keeps their order."""


@dataclass_transform(frozen_default=True)
class DomainEvent:
    """Derive from it to name something that happened, in the past tense.

    A subclass is a frozen attrs class, compared by value. As with an `Entity`,
    `kw_only=True` makes it by keywords alone.

    Contract: 35, 36.
    Source: Domain Event (Evans, Fowler).
    """

    def __init_subclass__(cls, *, kw_only: bool = False, **options: Any) -> None:
        super().__init_subclass__(**options)
        define(cls, attrs.frozen, slots=False, kw_only=kw_only)
