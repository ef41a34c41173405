"""What concerns several aggregates: references between them, and names of tables."""

from collections.abc import Iterator

import attrs

from unitwork.adapters.mapping.description import Reference
from unitwork.adapters.mapping.layout import Foreign, Layout
from unitwork.adapters.mapping.members import equality_is_by_attributes
from unitwork.adapters.mapping.names import reference_name
from unitwork.adapters.mapping.overrides import Mistakes
from unitwork.adapters.mapping.shape import Composite, Scalar
from unitwork.adapters.mapping.sheet import Sheet
from unitwork.adapters.mapping.types import ColumnType, Json


def link(layouts: list[Layout], mistakes: Mistakes) -> list[Layout]:
    """Check what refers to what, and that no two tables have one name.

    Returns:
        The layouts, targets of references before what refers to them.
    """
    by_class = {layout.root.cls: layout for layout in layouts}
    for layout in layouts:
        for foreign in layout.foreign:
            _resolve(layout, foreign, layouts, mistakes)
    found = _ordered(by_class)
    for layout in found:
        for reference in layout.references:
            _link(layout, reference, by_class.get(reference.target), mistakes)
    _check_tables(layouts, mistakes)
    return found


def _ordered(by_class: dict[type, Layout]) -> list[Layout]:
    """Put targets before what refers to them; cycles as they come."""
    done: list[Layout] = []
    begun: set[type] = set()

    def visit(layout: Layout) -> None:
        if layout.root.cls in begun:
            return
        begun.add(layout.root.cls)
        for reference in layout.references:
            if reference.target in by_class:
                visit(by_class[reference.target])
        done.append(layout)

    for layout in by_class.values():
        visit(layout)
    return done


def _check_tables(layouts: list[Layout], mistakes: Mistakes) -> None:
    seen: dict[str, Sheet] = {}
    for sheet in (sheet for layout in layouts for sheet in layout.sheets):
        other = seen.setdefault(sheet.name.lower(), sheet)
        if other is not sheet:
            mistakes.add(
                sheet.place,
                f"would be kept in the table {sheet.name!r}, as {other.place} is.",
                "Give one of them another name: table=... or tables={...}.",
            )


def _resolve(
    layout: Layout, foreign: Foreign, layouts: list[Layout], mistakes: Mistakes
) -> None:
    """Find the class that a user's foreign key refers to."""
    sheet, said = layout.sheets[foreign.table], foreign.said
    column = f"{sheet.name}.{sheet.columns[foreign.column].name}"
    place = f"{layout.root.cls.__name__}.{layout.field(foreign.table, foreign.column)}"
    target = next((each for each in layouts if each.sheets[0].name == said.table), None)
    if foreign.claimed is not None and (
        target is None or target.root.cls is not foreign.claimed
    ):
        mistakes.add(
            place,
            f"refers to {foreign.claimed.__name__} by references=, and its column"
            f" {column} to the table {said.table!r}.",
            "Correct one of them, so that they agree.",
        )
    elif target is None:
        layout.warnings.append(
            f"{column} refers to the table {said.table!r}, in which no class of the"
            " schema is kept; the database checks it, and no other storage does."
        )
    elif said.target != (target.sheets[0].columns[0].name,):
        mistakes.add(
            place,
            f"has the column {column}, which refers to {said.table}.{said.target[0]}.",
            f"Refer to the key, {said.table}.{target.sheets[0].columns[0].name}.",
        )
    else:
        layout.references.append(
            Reference(
                said.name or reference_name(sheet.name, said.columns[0]),
                foreign.table,
                foreign.column,
                target.root.cls,
                (layout.field(foreign.table, foreign.column),),
            )
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
            place,
            f"refers to {name}, which is not in the schema.",
            f"Add {name} to it.",
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
        if nested.parent == sheet.number and position < nested.inherited:
            _adopt(layout, nested, position, kind)


def comparable(layout: Layout) -> bool:
    """Tell whether equal attributes of an aggregate mean an equal state.

    Not with JSON, where {"a": 1} equals {"a": True}; and not with values whose own
    equality leaves something out.
    """
    return all(
        not any(isinstance(column.type, Json) for column in sheet.columns)
        and all(equality_is_by_attributes(cls) for cls in _classes(sheet.item))
        for sheet in layout.sheets
    )


def _classes(item: Scalar | Composite) -> Iterator[type]:
    if isinstance(item, Composite):
        yield item.cls
        for _, part in item.parts:
            if isinstance(part, Composite):
                yield from _classes(part)
