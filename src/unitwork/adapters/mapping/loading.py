"""Write `load`: an aggregate from its state, in one generated function.

Objects are made without `__init__`, converters and validators; attributes that are not
persisted get what their factories make.
"""

from collections.abc import Callable
from typing import Any

import attrs

from unitwork.adapters.mapping.description import State
from unitwork.adapters.mapping.layout import Layout
from unitwork.adapters.mapping.members import in_slots, unset
from unitwork.adapters.mapping.shape import Collection, Composite, Names, Scalar
from unitwork.adapters.mapping.sheet import Sheet
from unitwork.adapters.mapping.source import Source
from unitwork.adapters.mapping.types import ColumnType, Enumeration, Refused

_POSITIONS = "Positions in a list must count from 0 without a gap."
_EMPTY: dict[type | None, str] = {list: "[]", dict: "{}", set: "set()"}
_ORPHAN = "It belongs to a row that is not there."


@attrs.frozen
class Unreadable(Exception):  # noqa: N818 - internal: the shared core names it
    """A stored value is outside the contract. Contract: 13."""

    table: str
    column: str
    key: Any
    """The root's key, and for child rows what identifies them."""
    value: Any
    rule: str


@attrs.frozen
class Cell:
    """What a line deals with: a column, and where its value is."""

    number: int
    position: int
    value: str
    row: str
    """The variable with the row that the key is taken from."""
    key_size: int
    """How many columns of it follow the root's key; 0 for a row of the root."""


def make_load(layout: Layout) -> Callable[[State], Any]:
    """Write and compile `load` for one class."""
    writer = _Writer.of(layout)
    writer.write()
    load = writer.source.function("load")

    def explain(error: Exception) -> Exception:
        found = writer.source.blame(error)
        if found is None:
            return error
        cell, variables = found
        return _unreadable(layout, cell, variables, error)

    load.__globals__["explain"] = explain
    return load


def _unreadable(
    layout: Layout, cell: Cell, variables: Any, error: Exception
) -> Unreadable:
    sheet = layout.sheets[cell.number]
    column = sheet.columns[cell.position]
    value, key = variables[cell.value], variables["state"][0][0][0]
    if cell.key_size:
        key = (key, *variables[cell.row][: cell.key_size])
    if isinstance(value, list):
        value = [place for place, _ in value]
    rule = _rule(column.type, error)
    return Unreadable(sheet.name, column.name, key, value, rule)


def _rule(kind: ColumnType, error: Exception) -> str:
    if isinstance(error, Refused):
        return str(error)
    if isinstance(kind, Enumeration):
        return f"{kind.enum.__name__} has no such member."
    return f"It cannot be read as {type(kind).__name__}: {error}."


def _in_order(pairs: list[tuple[int, Any]]) -> list[Any]:
    """Return items by their places, which must be 0, 1, 2 ..."""
    placed = dict(pairs)
    try:
        return [placed[place] for place in range(len(pairs))]
    except KeyError:
        raise Refused(_POSITIONS) from None


@attrs.frozen
class _Writer:
    layout: Layout
    source: Source[Cell]

    @classmethod
    def of(cls, layout: Layout) -> "_Writer":
        constants = {
            "Refused": Refused,
            "in_order": _in_order,
            "new": object.__new__,
            "put": object.__setattr__,
        }
        return cls(layout, Source(f"load of {layout.root.cls.__name__}", constants))

    def write(self) -> None:
        source, sheets = self.source, self.layout.sheets
        source.add("def load(state):")
        source.depth = 1
        source.add("try:")
        source.depth = 2
        rows = "".join(f", rows{number}" for number in range(1, len(sheets)))
        source.add(f"(r0,){rows or ','} = state")
        for number in reversed(range(1, len(sheets))):
            self._rows(number)
        self._unpack(0)
        self._object(0, self.layout.root, "root", ())
        for number, sheet in enumerate(sheets):
            if sheet.inherited:
                self._no_orphans(number)
        source.add("return root")
        source.depth = 1
        source.add("except Exception as error:")
        source.add("    raise explain(error) from None")

    def _unpack(self, number: int) -> None:
        size = len(self.layout.sheets[number].columns)
        names = ", ".join(f"v{number}_{i}" for i in range(size))
        self.source.add(f"{names}, = r{number}")

    def _rows(self, number: int) -> None:
        """Make the items of a child table, those of one parent together."""
        source, sheet = self.source, self.layout.sheets[number]
        empty = _EMPTY[sheet.container]
        source.add(
            f"{'g' if sheet.inherited else 'c'}{number} = "
            f"{'{}' if sheet.inherited else empty}"
        )
        if _by_place(sheet) and not sheet.inherited:
            source.add(f"late{number} = []")
        source.add(f"for r{number} in rows{number}:")
        source.depth += 1
        self._unpack(number)
        if isinstance(sheet.item, Scalar):
            item = self._restored(number, sheet.leaves[()], nullable=False)
        else:
            item = f"o{number}"
            self._object(number, sheet.item, item, ())
        if sheet.inherited:
            parent = self._key(number, sheet.inherited)
            source.add(f"c{number} = g{number}.get({parent})")
            source.add(
                f"if c{number} is None: c{number} = g{number}[{parent}] = {empty}"
            )
        self._put(number, sheet, item)
        source.depth -= 1

    def _key(self, number: int, size: int) -> str:
        names = ", ".join(f"v{number}_{i}" for i in range(size))
        return names if size == 1 else f"({names})"

    def _put(self, number: int, sheet: Sheet, item: str) -> None:
        source = self.source
        if sheet.key is not None:
            key = self._restored(number, sheet.key, nullable=False)
            source.add(f"c{number}[{key}] = {item}")
        elif sheet.position is None:
            source.add(f"c{number}.add({item})")
        elif _by_place(sheet):
            place = f"v{number}_{sheet.position}"
            waiting = f"c{number}"
            if not sheet.inherited:
                source.add(f"if {place} == len(c{number}): c{number}.append({item})")
                waiting = f"else: late{number}"
            source.add(f"{waiting}.append(({place}, {item}))")
        else:
            place = f"v{number}_{sheet.position}"
            source.add(
                f"if {place} != len(c{number}): raise Refused({_POSITIONS!r})",
                self._cell(number, sheet.position),
            )
            source.add(f"c{number}.append({item})")

    def _no_orphans(self, number: int) -> None:
        source, size = self.source, self.layout.sheets[number].inherited
        first = f"next(iter(g{number}))"
        source.add(f"if g{number}:")
        source.add(f"    lost = {first if size > 1 else f'({first},)'}")
        cell = Cell(number, 0, "lost", "lost", size)
        source.add(f"    raise Refused({_ORPHAN!r})", cell)

    def _restored(self, number: int, position: int, *, nullable: bool) -> str:
        """Write the line that restores a value, if it needs one; name the result."""
        kind = self.layout.sheets[number].columns[position].type
        value, made = f"v{number}_{position}", f"w{number}_{position}"
        if type(kind).restore is ColumnType.restore:
            return value
        if isinstance(kind, Enumeration):
            member_of = dict(kind.enum.__members__)
            line = f"{self.source.constant(member_of, 'members')}[{value}]"
        else:
            line = f"{self.source.constant(kind.restore, 'restore')}({value})"
        if nullable:
            line = f"None if {value} is None else {line}"
        self.source.add(f"{made} = {line}", self._cell(number, position))
        return made

    def _cell(self, number: int, position: int) -> Cell:
        size = self.layout.sheets[number].key_size if number else 0
        value = f"v{number}_{position}"
        return Cell(number, position, value, f"r{number}", size)

    def _object(
        self, number: int, shape: Composite, variable: str, names: Names
    ) -> None:
        """Make one object; its parts first."""
        values = {
            name: self._part(number, part, (*names, name)) for name, part in shape.parts
        }
        for name, factory in shape.transient:
            values[name] = f"{self.source.constant(factory, 'make')}()"
        values |= dict.fromkeys(unset(shape.cls), "None")
        cls = self.source.constant(shape.cls, shape.cls.__name__)
        self.source.add(f"{variable} = new({cls})")
        plain = getattr(shape.cls, "__setattr__") is object.__setattr__  # noqa: B009 - mypy takes them for two kinds
        if in_slots(shape.cls):
            for name, value in values.items():
                self._set(variable, name, value, plain=plain)
        else:
            filled = ", ".join(f"{name!r}: {value}" for name, value in values.items())
            self._set(variable, "__dict__", f"{{{filled}}}", plain=plain)

    def _set(self, variable: str, name: str, value: str, *, plain: bool) -> None:
        if plain:
            self.source.add(f"{variable}.{name} = {value}")
        else:
            self.source.add(f"put({variable}, {name!r}, {value})")

    def _part(
        self, number: int, part: Scalar | Composite | Collection, names: Names
    ) -> str:
        if isinstance(part, Scalar):
            position = self.layout.sheets[number].leaves[names]
            return self._restored(number, position, nullable=part.nullable)
        if isinstance(part, Collection):
            return self._contents(number, part)
        variable = self.source.variable(f"o{number}")
        if part.nullable:
            required = (*names, *(part.required or ()))
            position = self.layout.sheets[number].leaves[required]
            self.source.add(f"if v{number}_{position} is None: {variable} = None")
            self.source.add("else:")
            self.source.depth += 1
        self._object(number, part, variable, names)
        self.source.depth -= part.nullable
        return variable

    def _contents(self, parent: int, collection: Collection) -> str:
        """Write the lines that take a collection for its owner; name the result."""
        sheet = self.layout.child(parent, collection)
        number = sheet.number
        variable = f"c{number}"
        if sheet.inherited:
            key = self._key(parent, sheet.inherited)
            empty = _EMPTY[sheet.container]
            self.source.add(f"{variable} = g{number}.pop({key}, None) or {empty}")
        if sheet.position is not None and _by_place(sheet):
            late = "" if sheet.inherited else f"late{number}"
            if late:
                self.source.add(f"if {late}:")
                self.source.depth += 1
                self.source.add(f"{variable} = [*enumerate({variable}), *{late}]")
            size = sheet.inherited
            cell = Cell(number, sheet.position, variable, f"r{parent}", size)
            self.source.add(f"{variable} = in_order({variable})", cell)
            self.source.depth -= bool(late)
        return variable


def _by_place(sheet: Sheet) -> bool:
    """Tell whether items have places in a list in which their rows do not stand."""
    return sheet.position is not None and sheet.position >= sheet.key_size
