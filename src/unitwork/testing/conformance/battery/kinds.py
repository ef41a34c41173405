"""Kinds of values: as JSON, as Python source, and those that storages get wrong."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from random import Random
from typing import Any, TypeAlias

Json: TypeAlias = Any
"""What JSON can hold."""


class Kind(ABC):
    """One kind of value. None is no value of any kind, and None in JSON."""

    ordered = True
    searched = False

    def to_json(self, value: Any) -> Json:
        """Give the JSON form."""
        return value

    def from_json(self, kept: Json) -> Any:
        """Read the JSON form."""
        return kept

    def spelled(self, value: Any) -> str:
        """Write it as Python."""
        return repr(value)

    @abstractmethod
    def pool(self, random: Random) -> Sequence[Any]:
        """Give values that storages get wrong; some of them made anew."""

    def near(self, value: Any, random: Random) -> Any:
        """Give a value that a careless storage takes for this one, or its neighbour."""
        del value
        return random.choice(self.pool(random))

    def many(self, count: int) -> Sequence[Any]:
        """Give so many values, if there are."""
        del count
        return ()
