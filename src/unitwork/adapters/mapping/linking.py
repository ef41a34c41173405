"""What concerns several aggregates: references between them, and names of tables."""

from collections.abc import Iterable, Iterator

import attrs

from unitwork.adapters.mapping.description import Reference
from unitwork.adapters.mapping.layout import Layout, Sheet
from unitwork.adapters.mapping.members import equality_is_by_attributes
from unitwork.adapters.mapping.overrides import Mistakes
from unitwork.adapters.mapping.shape import Composite, Scalar
from unitwork.adapters.mapping.types import ColumnType, Json


def ordered(layouts: Iterable[Layout]) -> list[Layout]:
    """Put targets of references before what refers to them; cycles as they come."""
    by_class = {layout.root.cls: layout for layout in layouts}
    done: dict[type, Layout] = {}
    begun: set[type] = set()

    def visit(layout: Layout) -> None:
        cls = layout.root.cls
        if cls in begun:
            return
        begun.add(cls)
        for reference in layout.references:
            if reference.target in by_class:
                visit(by_class[reference.target])
        done[cls] = layout

    for layout in by_class.values():
        visit(layout)
    return list(done.values())


def link(layouts: list[Layout], mistakes: Mistakes) -> None:
    """Check what refers to what, and that no two tables have one name."""
    by_class = {layout.root.cls: layout for layout in layouts}
    for layout in layouts:
        for reference in layout.references:
            _link(layout, reference, by_class.get(reference.target), mistakes)
    seen: dict[str, str] = {}
    for sheet in (sheet for layout in layouts for sheet in layout.sheets):
        other = seen.setdefault(sheet.name.lower(), sheet.place)
        if other != sheet.place:
            mistakes.add(
                sheet.place,
                f"would be kept in the table {sheet.name!r}, as {other} is.",
                "Give one of them another name: table=... or tables={...}.",
            )


def _link(
    layout: Layout, reference: Reference, target: Layout | None, mistakes: Mistakes
) -> None:
    sheet = layout.sheets[reference.table]
    column = sheet.columns[reference.column]
    place = f"{layout.root.cls.__name__}.{reference.fields[0]}"
    name = getattr(reference.target, "__name__", repr(reference.target))
    if target is None:
        mistakes.add(
            place, f"refers to {name}, which is not in the schema.", f"Add {name} to it."
        )
        return
    key = target.sheets[0].columns[0]
    if column.type == key.type:
        return
    fixed = (reference.table, reference.column) in layout.fixed
    if type(column.type) is type(key.type) and not fixed:
        _adopt(layout, sheet, reference.column, key.type)
        return
    mistakes.add(
        place,
        f"is {column.type!r}, and the key of {name} that it refers to is {key.type!r}.",
        "Give both the same type.",
    )


def _adopt(layout: Layout, sheet: Sheet, position: int, kind: ColumnType) -> None:
    """Give a column its target's type, and the columns that nested tables repeat."""
    sheet.columns[position] = attrs.evolve(sheet.columns[position], type=kind)
    for nested in layout.sheets:
        if nested.parent is sheet and position < nested.inherited:
            _adopt(layout, nested, position, kind)


def comparable(layout: Layout) -> bool:
    """Tell whether equal attributes of an aggregate mean an equal state.

    Not with JSON, where {"a": 1} equals {"a": True}; and not with values whose own
    equality leaves something out.
    """
    return all(
        not any(isinstance(column.type, Json) for column in sheet.columns)
        and all(
            equality_is_by_attributes(cls) for cls in _classes(sheet.item)
        )
        for sheet in layout.sheets
    )


def _classes(item: Scalar | Composite) -> Iterator[type]:
    if isinstance(item, Composite):
        yield item.cls
        for _, part in item.parts:
            if isinstance(part, Composite):
                yield from _classes(part)
