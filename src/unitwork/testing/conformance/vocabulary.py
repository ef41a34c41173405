"""Small, hot sets of values, and the criteria and orders made of them."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from unitwork.testing.conformance.programs import DEFAULTS, PATHS, TEXTS, Json, Values

CODES = ("a", "b", "c", "d", "e")
TEXT_VALUES = ("x", "X", "x ", "é", "%", "_")
NUMBERS = (-1, 0, 1, 2)
AMOUNTS = ("-1.50", "0.00", "1.50", "10.00")
_SLOTS = ("p", "q", "P")
_DEPTH = 2


class Vocabulary:
    """Chooses values, criteria and orders at random."""

    def __init__(self, random: Random) -> None:
        """Choose by `random` alone."""
        self._random = random

    def often_none(self, values: Sequence[Any], chance: float = 0.3) -> Any:
        """Choose a value, or None."""
        return None if self._random.random() < chance else self._random.choice(values)

    def value(self, of: str, field: str) -> Json:
        """Choose a value for an attribute."""
        return self._makers[(of, field)](self)

    def values(self, of: str) -> Values:
        """Choose values for some attributes of a new aggregate."""
        fields = [field for field in DEFAULTS[of] if self._random.random() < 0.5]  # noqa: PLR2004 - as often as not
        return {field: self.value(of, field) for field in fields}

    def part(self) -> Json:
        """Choose the attributes of a part."""
        slot = self._random.choice(_SLOTS)
        return [slot, self._random.choice(NUMBERS), self.often_none(CODES, 0.6)]

    def criterion(self, of: str, depth: int = _DEPTH) -> Json:
        """Choose a tree of criteria."""
        kind = self._random.choices(
            ("leaf", "and", "or", "not", "all"), (6, 2, 2, 2, 1)
        )
        if kind[0] == "all":
            return ["all"]
        if kind[0] == "leaf" or not depth:
            return self._leaf(of)
        if kind[0] == "not":
            return ["not", self.criterion(of, depth - 1)]
        return [kind[0], self.criterion(of, depth - 1), self.criterion(of, depth - 1)]

    def order(self, of: str) -> Json:
        """Choose up to two terms."""
        paths = self._random.sample(PATHS[of], self._random.choice((0, 1, 1, 2)))
        nulls = (None, "first", "last")
        return [
            [path, self._random.choice(("asc", "desc")), self._random.choice(nulls)]
            for path in paths
        ]

    def _leaf(self, of: str) -> Json:
        path = self._random.choice(PATHS[of])
        values = _AT[path]
        kinds = ["==", "!=", "<", "<=", ">", ">=", "none", "in"]
        if values is TEXT_VALUES or values is CODES:
            kinds += TEXTS
        kind = self._random.choice(kinds)
        if kind == "none":
            return ["none", path]
        if kind == "in":
            count = self._random.choice((0, 1, 2, 3))
            return ["in", path, [self.often_none(values, 0.15) for _ in range(count)]]
        return [kind, path, self._random.choice(values)]

    def _tags(self) -> Json:
        return sorted(self._random.sample(TEXT_VALUES, self._random.choice((0, 1, 2))))

    def _parts(self) -> Json:
        parts = {part[0]: part for part in (self.part(), self.part())}
        return list(parts.values())

    def _notes(self) -> Json:
        count = self._random.choice((0, 1, 2))
        names = self._random.sample(TEXT_VALUES, count)
        return {name: self._random.choice(NUMBERS) for name in names}

    def _price(self) -> Json:
        amount, currency = (
            self._random.choice(AMOUNTS),
            self._random.choice(TEXT_VALUES),
        )
        return self.often_none([{"amount": amount, "currency": currency}])

    _makers: dict[tuple[str, str], Callable[["Vocabulary"], Json]] = {  # noqa: RUF012 - never changed
        ("Site", "town"): lambda self: self.often_none(TEXT_VALUES[:3], 0.15),
        ("Site", "zone"): lambda self: self.often_none(NUMBERS[:2], 0.15),
        ("Site", "parent"): lambda self: self.often_none(CODES, 0.6),
        ("Item", "label"): lambda self: self.often_none(TEXT_VALUES),
        ("Item", "rank"): lambda self: self.often_none(NUMBERS),
        ("Item", "site"): lambda self: self.often_none(CODES, 0.6),
        ("Item", "parts"): _parts,
        ("Item", "tags"): _tags,
        ("Item", "notes"): _notes,
        ("Item", "price"): _price,
        ("Pick", "item"): lambda self: self.often_none(CODES, 0.6),
        ("Pick", "quantity"): lambda self: self.often_none(NUMBERS),
    }


_AT: dict[str, Sequence[Any]] = {
    "code": CODES,
    "town": TEXT_VALUES,
    "zone": NUMBERS,
    "parent": CODES,
    "label": TEXT_VALUES,
    "rank": NUMBERS,
    "site": CODES,
    "price.amount": AMOUNTS,
    "price.currency": TEXT_VALUES,
    "item": CODES,
    "quantity": NUMBERS,
}
