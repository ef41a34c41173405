"""Write `containers`: what can change in a loaded aggregate, in one function.

The attribute dictionaries of its objects, and its lists, dicts and sets. Only where
the classes say it all; see `make_containers`.
"""

from collections.abc import Callable
from typing import Any

import attrs

from unitwork.adapters.mapping.layout import Layout
from unitwork.adapters.mapping.members import in_slots, is_frozen
from unitwork.adapters.mapping.shape import Collection, Composite
from unitwork.adapters.mapping.source import Source
from unitwork.adapters.mapping.types import Json

Containers = Callable[[Any], list[Any]]


def make_containers(layout: Layout) -> Containers | None:
    """Write and compile `containers` for one class.

    Returns:
        None if a look at every value is needed to tell: JSON values and attributes
        that are not persisted may hold anything, and slots have no dictionary.
    """
    if not all(map(_plain, _objects(layout))) or any(
        isinstance(column.type, Json)
        for sheet in layout.sheets
        for column in sheet.columns
    ):
        return None
    writer = _Writer(layout, Source(f"containers of {layout.root.cls.__name__}"))
    writer.write()
    return writer.source.function("containers")


def _objects(layout: Layout) -> list[Composite]:
    items = (sheet.item for sheet in layout.sheets)
    return [item for item in items if isinstance(item, Composite)]


def _plain(shape: Composite) -> bool:
    return not shape.transient and not in_slots(shape.cls)


@attrs.frozen
class _Writer:
    layout: Layout
    source: Source[None]

    def write(self) -> None:
        self.source.add("def containers(root):")
        self.source.depth = 1
        self.source.add("live = []")
        self._object(0, self.layout.root, "root")
        self.source.add("return live")

    def _object(self, number: int, shape: Composite, variable: str) -> None:
        source = self.source
        source.add(f"d{number} = {variable}.__dict__")
        source.add(f"live.append(d{number})")
        for name, collection in shape.collections():
            child = self.layout.child(number, collection).number
            source.add(f"c{child} = d{number}[{name!r}]")
            source.add(f"live.append(c{child})")
            self._items(child, collection)

    def _items(self, number: int, collection: Collection) -> None:
        item, source = collection.item, self.source
        if not isinstance(item, Composite) or is_frozen(item.cls):
            return
        values = ".values()" if collection.container is dict else ""
        source.add(f"for o{number} in c{number}{values}:")
        source.depth += 1
        self._object(number, item, f"o{number}")
        source.depth -= 1
