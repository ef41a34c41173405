"""What a schema is told beyond what the classes say."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypedDict, TypeVar

from unitwork.adapters.mapping.shape import Spot
from unitwork.adapters.mapping.types import ColumnType
from unitwork.domain.expression import Path

S = TypeVar("S")
AnyPath = Path[Any, Any]


class Overrides(TypedDict, total=False):
    """The exceptions of one aggregate; attributes are given as expressions."""

    table: object
    """The root's table: a name, an SQLAlchemy Table, or a declarative class."""
    tables: Mapping[AnyPath, object]
    """The same for child tables, by collection: `{Order.lines: "order_line"}`."""
    key: str
    """The attribute that identifies a root that is a plain attrs class."""
    keys: Mapping[type, str]
    """The same for its children, by class: `{PlainLine: "sku"}`."""
    references: Mapping[AnyPath, type]
    """Attributes that hold the key of another aggregate, and of which class."""
    unique: Iterable[AnyPath | tuple[AnyPath, ...]]
    """Attributes of the root whose values, together, are taken once."""
    columns: Mapping[AnyPath, ColumnType]
    """Column types, where the annotation does not say enough."""
    json: Iterable[AnyPath]
    """Attributes that are kept as one JSON column."""
    version: str
    """The name of the root's version column; "version" unless said."""


class Mistakes:
    """Collect what is wrong with a schema, each thing once."""

    def __init__(self) -> None:
        """Begin with none."""
        self._texts: dict[str, None] = {}
        self._places: set[str] = set()

    def add(self, place: object, what: str, remedy: str) -> None:
        """Say where, what is wrong, and what to do."""
        self._places.add(str(place))
        self._texts[f"{place} {what} {remedy}"] = None

    def concern(self, place: object) -> bool:
        """Tell whether a place has a mistake already."""
        return str(place) in self._places

    def __iter__(self) -> Iterator[str]:
        """Go through them in the order in which they were found."""
        return iter(self._texts)


class Said:
    """Look up the overrides of one aggregate by where an attribute stands."""

    def __init__(self, overrides: Overrides, mistakes: Mistakes) -> None:
        """Take what `Schema.aggregate` was given."""
        self._mistakes = mistakes
        self._used: set[int] = set()
        self._entries = {
            option: list(self._paths(option, self._dict(option, overrides).items()))
            for option in ("tables", "references", "columns")
        }
        json = self._list("json", overrides)
        self._entries["json"] = list(self._paths("json", ((p, True) for p in json)))
        self.table = overrides.get("table")
        self.key = overrides.get("key")
        self._keys = self._dict("keys", overrides)
        self._met: set[type] = set()
        self.version = overrides.get("version", "version")
        self.unique = [self._group(item) for item in self._list("unique", overrides)]

    def column(self, spot: Spot) -> ColumnType | None:
        """Return the column type that was said for a spot."""
        found: ColumnType | None = self._find("columns", spot)
        return found

    def reference(self, spot: Spot) -> type | None:
        """Return the class whose key a spot holds."""
        found: type | None = self._find("references", spot)
        return found

    def child_table(self, spot: Spot) -> object:
        """Return the table that was said for a collection."""
        return self._find("tables", spot)

    def child_key(self, cls: type) -> str | None:
        """Return the attribute that identifies a plain child, if one was said."""
        self._met.add(cls)
        return self._keys.get(cls)

    def is_json(self, spot: Spot) -> bool:
        """Tell whether a spot is to be kept as JSON."""
        return bool(self._find("json", spot))

    def leftovers(self) -> Iterator[tuple[str, str]]:
        """Go through the entries that fit nothing: option, and what it names."""
        for option, entries in self._entries.items():
            for path, _ in entries:
                if id(path) not in self._used:
                    yield option, repr(path)
        for cls in self._keys.keys() - self._met:
            yield "keys", cls.__name__

    def _find(self, option: str, spot: Spot) -> Any:
        best, found = 0, None
        for path, said in self._entries[option]:
            if len(path.names) > best and any(
                issubclass(owner, path.owner) and names == path.names
                for owner, names in spot.views
            ):
                best, found = len(path.names), said
                self._used.add(id(path))
        return found

    def _dict(self, option: str, overrides: Overrides) -> dict[Any, Any]:
        said: Any = overrides.get(option, {})
        if isinstance(said, Mapping):
            return dict(said)
        remedy = f"Write {option}={{Order.customer: ...}}: by attribute, or by class."
        self._mistakes.add(f"{option}={said!r}", "is no dict.", remedy)
        return {}

    def _list(self, option: str, overrides: Overrides) -> Iterable[Any]:
        said: Any = overrides.get(option, ())
        if isinstance(said, Iterable) and not isinstance(said, Path | str):
            return said
        remedy = f"Write {option}=[{said!r}], for one as for several."
        self._mistakes.add(f"{option}={said!r}", "is no list.", remedy)
        return ()

    def _paths(
        self, option: str, entries: Iterable[tuple[Any, S]]
    ) -> Iterator[tuple[AnyPath, S]]:
        for path, said in entries:
            if isinstance(path, Path):
                yield path, said
            else:
                self._mistakes.add(
                    repr(path),
                    f"in {option}= is no attribute.",
                    "Give an expression that begins at a class (Order.customer), or"
                    " attribute(Plain, 'name', str) for a plain attrs class.",
                )

    def _group(self, item: object) -> tuple[AnyPath, ...]:
        group = item if isinstance(item, tuple) else (item,)
        return tuple(path for path, _ in self._paths("unique", ((p, 0) for p in group)))
