"""Draw criteria and orders, from values that occur and values that nearly occur."""

from collections.abc import Sequence
from random import Random
from typing import Any

from unitwork.testing.conformance.battery.columns import COLUMNS, KEYS, Row, written
from unitwork.testing.conformance.battery.kinds import Json

_SEARCHES = ("contains", "startswith", "endswith")
_EQUALITY = ("==", "!=")
_ORDERED = (*_EQUALITY, "<", "<=", ">", ">=")
_KINDS = ("compare", "compare", "compare", "in", "in", "none")
_SEARCHED = (*_KINDS, "search", "search", "search", "search")
_SHAPES = ("leaf", "tree", "deep", "chain", "all", "any")
_WEIGHTS = (45, 40, 10, 1, 2, 1)
_DEEP, _CHAIN = 6, 30


class Criteria:
    """Draws for one question: its shape, and the values in it."""

    def __init__(
        self, of: str, rows: Sequence[Row], *, shape: Random, values: Random
    ) -> None:
        """Draw values around those of `rows`.

        Statements are made once for each shape: that is what takes time on SQL.
        """
        self._of = of
        self._rows = rows
        self._shape = shape
        self._random = values
        self._columns = COLUMNS[of]

    def where(self) -> Json:
        """Draw a criterion of any size."""
        shape = self._shape.choices(_SHAPES, _WEIGHTS)[0]
        if shape in ("all", "any"):
            return [shape]
        if shape == "chain":
            return self._chain()
        where = self._tree({"leaf": 0, "tree": 2, "deep": _DEEP}[shape])
        return ["not", where] if self._shape.random() < 1 / 3 else where

    def order(self) -> Json:
        """Draw up to three terms; those of a column that comes again change nothing."""
        paths = [p for p, column in self._columns.items() if column.kind.ordered]
        chosen = self._shape.choices(
            [*paths, KEYS[self._of]], k=self._shape.choice((0, 1, 1, 2, 3))
        )
        return [
            [
                path,
                self._shape.choice(("asc", "desc")),
                self._shape.choice((None, "first", "last")),
            ]
            for path in chosen
        ]

    def _chain(self) -> Json:
        where = self._leaf()
        for _ in range(self._shape.randint(_CHAIN // 2, _CHAIN)):
            kind = self._shape.choice(("not", "not", "and", "or"))
            where = [kind, where] if kind == "not" else [kind, self._leaf(), where]
        return where

    def _tree(self, depth: int) -> Json:
        kind = self._shape.choice(("not", "and", "or", "all", "any", "leaf"))
        if not depth or kind == "leaf":
            return self._leaf()
        if kind == "not":
            return ["not", self._tree(depth - 1)]
        if kind in ("and", "or"):
            return [kind, self._tree(depth - 1), self._tree(depth - 1)]
        parts = [self._tree(depth - 1) for _ in range(self._shape.choice((0, 1, 2)))]
        return [kind, *parts, *self._shape.choice(([], [], [None]))]

    def _leaf(self) -> Json:
        paths = list(self._columns)
        texts = [path for path in paths if self._columns[path].kind.searched]
        path = self._shape.choice([*paths, *texts])
        column = self._columns[path]
        kind = self._shape.choice(_SEARCHED if column.kind.searched else _KINDS)
        if kind == "none":
            flag = path.endswith("flag") and self._shape.random() < 1 / 2
            return ["true" if flag else "none", path]
        if kind == "in":
            return ["in", path, self._listed(path)]
        value = self._value(path)
        if kind == "search":
            return [self._shape.choice(_SEARCHES), path, self._part(value)]
        operators = _ORDERED if column.kind.ordered else _EQUALITY
        return [self._shape.choice(operators), path, written(self._of, path, value)]

    def _value(self, path: str) -> Any:
        kind = self._columns[path].kind
        value = self._random.choice(self._rows)[path]
        if value is None or self._random.random() < 1 / 6:
            value = self._random.choice(kind.pool(self._random))
        if self._random.random() < 2 / 5:
            value = kind.near(value, self._random)
        return value

    def _part(self, text: str) -> str:
        """Draw a piece of a text, from its beginning, its end or its middle."""
        if self._random.random() < 1 / 2:
            return text
        begin, end = sorted(self._random.choices(range(len(text) + 1), k=2))
        return self._random.choice((text[begin:end], text[:end], text[begin:]))

    def _listed(self, path: str) -> Json:
        """Draw the values of an `in_`: some or none, with None or without, or many."""
        some = self._shape.random() < 3 / 4
        count = self._random.choice((1, 1, 2, 3, 5)) if some else 0
        values = [self._value(path) for _ in range(count)]
        if some and self._random.random() < 1 / 12:
            many = self._columns[path].kind.many(self._random.choice((200, 2000)))
            values = [*many, *values]
        found = [written(self._of, path, value) for value in values]
        return found if self._shape.random() < 3 / 4 else [*found, None]
