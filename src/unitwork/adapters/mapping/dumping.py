"""Write `dump`: an aggregate's canonical state, in one generated function.

The rows of a child table are sorted by the columns that identify them, so that equal
aggregates have equal states; lists keep their order in a position column, dicts and
sets have none to keep.

Where a state is known, its rows are gone through beside the objects. Which row stands
beside which object matters for speed alone: any value of the column is canonical.
"""

from collections import Counter
from typing import Any

import attrs

from unitwork.adapters.mapping.description import Dump, State
from unitwork.adapters.mapping.inline import canonical_line
from unitwork.adapters.mapping.layout import Layout
from unitwork.adapters.mapping.members import in_slots
from unitwork.adapters.mapping.shape import Collection, Composite, Names, Scalar
from unitwork.adapters.mapping.source import Source
from unitwork.adapters.mapping.types import ColumnType, Refused
from unitwork.domain.errors import InvalidValueError

_MISSING = "It was never given a value."
_LOOPS: dict[type, tuple[str, str]] = {
    list: ("for i{0}, o{0} in enumerate(c{0}):", "i{0}"),
    dict: ("for k{0}, o{0} in c{0}.items():", "k{0}!r"),
    set: ("for o{0} in c{0}:", "o{0}!r"),
}
"""How to go through a collection, and what to call an item in messages."""
_NONE = "It must not be None."
_NOWHERE = object()
"""In place of a known value where none is."""


@attrs.frozen
class Place:
    """What a line deals with: an attribute, and the variable with its value."""

    attribute: str
    """With the variables of loops in braces: "lines[{i1}].quantity"."""
    variable: str = ""
    """Empty where the line reads the attribute."""


def make_dump(layout: Layout) -> Dump:
    """Write and compile `dump` for one class."""
    writer = _Writer.of(layout)
    writer.write()
    dump = writer.source.function("dump")
    root = layout.root.cls

    def explain(error: Exception) -> Exception:
        found = writer.source.blame(error)
        if found is None:
            return error
        place, variables = found
        attribute = place.attribute.format_map(variables)
        if not place.variable:
            return InvalidValueError(root, attribute, attrs.NOTHING, _MISSING)
        if not isinstance(error, Refused):
            return error
        value = variables[place.variable]
        rule = _NONE if value is None else str(error)
        return InvalidValueError(root, attribute, value, rule)

    dump.__globals__["explain"] = explain
    return dump


def _repeated(rows: list[tuple[Any, ...]], size: int) -> Any:
    """Return the first key that two rows have."""
    counted = Counter(row[:size] for row in rows)
    key = next(key for key, number in counted.items() if number > 1)
    return key[0] if size == 1 else key


@attrs.frozen
class _Writer:
    layout: Layout
    source: Source[Place]
    _variables: dict[int, list[str]] = attrs.field(factory=dict, init=False)

    @classmethod
    def of(cls, layout: Layout) -> "_Writer":
        title = f"dump of {layout.root.cls.__name__}"
        return cls(layout, Source(title, {"Refused": Refused, "repeated": _repeated}))

    def write(self) -> None:
        source = self.source
        children = range(1, len(self.layout.sheets))
        source.add(f"def dump(root, known={self._nothing_known()}):")
        source.depth = 1
        source.add("try:")
        source.depth = 2
        known = "".join(f", known{number}" for number in children)
        source.add(f"(r0,){known or ','} = known")
        source.add(f"{self._known(0)} = r0")
        for number in children:
            source.add(f"known{number} = iter(known{number})")
            source.add(f"rows{number} = []")
        self._object(0, self.layout.root, "root", (), "")
        for number in children:
            self._arrange(number)
        rows = "".join(f", tuple(rows{number})" for number in children)
        source.add(
            f"return (({self._row(0)},){rows},)"
            if not rows
            else f"return (({self._row(0)},){rows})"
        )
        source.depth = 1
        source.add("except (Refused, KeyError, AttributeError) as error:")
        source.add("    raise explain(error) from None")

    def _nothing_known(self) -> str:
        """Name a state that holds no value which an aggregate could have."""
        sheets = self.layout.sheets
        state: State = (tuple((_NOWHERE,) * len(s.columns) for s in sheets[:1]),)
        state += ((),) * (len(sheets) - 1)
        return self.source.constant(state, "nothing")

    def _known(self, number: int) -> str:
        """Name the variables for the values of a known row."""
        size = len(self.layout.sheets[number].columns)
        return "".join(f"b{number}_{position}, " for position in range(size)).strip()

    def _row(self, number: int) -> str:
        return f"({', '.join(self._variables[number])},)"

    def _object(
        self, number: int, shape: Composite, variable: str, names: Names, where: str
    ) -> None:
        """Write the columns of an object, then what it holds in tables of its own."""
        sheet = self.layout.sheets[number]
        if not names:
            self._variables.setdefault(
                number, [f"v{number}_{i}" for i in range(len(sheet.columns))]
            )
        slots = in_slots(shape.cls)
        holder = variable if slots else f"d_{variable}"
        if not slots:
            self.source.add(f"{holder} = {variable}.__dict__")
        for name, part in shape.parts:
            read = f"{holder}.{name}" if slots else f"{holder}[{name!r}]"
            place = where + name
            if isinstance(part, Scalar):
                if shape.generated and name == shape.key:
                    read = f"{variable}.__dict__.get({name!r})"
                self._read(number, (*names, name), part, read, place)
            elif isinstance(part, Composite):
                self._embedded(number, part, read, (*names, name), place)
            else:
                self._collection(number, part, read, place)

    def _read(
        self, number: int, names: Names, scalar: Scalar, read: str, place: str
    ) -> None:
        position = self.layout.sheets[number].leaves[names]
        variable = self._variables[number][position]
        self.source.add(f"{variable} = {read}", Place(place))
        generated = number == 0 and position == 0 and self.layout.root.generated
        self._canonical(number, position, place, nullable=scalar.nullable or generated)

    def _canonical(
        self, number: int, position: int, place: str, *, nullable: bool
    ) -> None:
        variable = self._variables[number][position]
        column = self.layout.sheets[number].columns[position]
        alike = type(column.type).restore is ColumnType.restore
        no_gap = nullable or not column.nullable  # else None is known, but not allowed
        line = canonical_line(
            column.type,
            variable,
            self.source.constant,
            known=f"b{number}_{position}" if alike and no_gap else "",
            nullable=nullable,
        )
        self.source.add(line, Place(place, variable))

    def _embedded(
        self, number: int, shape: Composite, read: str, names: Names, place: str
    ) -> None:
        source = self.source
        variable = source.variable(f"o{number}")
        source.add(f"{variable} = {read}", Place(place))
        if shape.nullable:
            leaves = self.layout.sheets[number].leaves
            columns = [
                self._variables[number][position]
                for leaf, position in leaves.items()
                if leaf[: len(names)] == names
            ]
            source.add(f"if {variable} is None: {' = '.join(columns)} = None")
            source.add("else:")
            source.depth += 1
        self._expect(variable, shape.cls, place)
        self._object(number, shape, variable, names, f"{place}.")
        source.depth -= shape.nullable

    def _expect(self, variable: str, kind: type, place: str) -> None:
        name = self.source.constant(kind, kind.__name__)
        rule = f"It must be of type {kind.__name__}."
        self.source.add(
            f"if type({variable}) is not {name}: raise Refused({rule!r})",
            Place(place, variable),
        )

    def _collection(
        self, parent: int, collection: Collection, read: str, place: str
    ) -> None:
        number = self.layout.child(parent, collection).number
        source = self.source
        source.add(f"c{number} = {read}", Place(place))
        self._expect(f"c{number}", collection.container, place)
        loop, mark = _LOOPS[collection.container]
        source.add(loop.format(number))
        source.depth += 1
        size = len(self.layout.sheets[number].columns)
        nothing = source.constant((_NOWHERE,) * size, "nothing")
        source.add(f"{self._known(number)} = next(known{number}, {nothing})")
        self._item(number, f"{place}[{{{mark.format(number)}}}]")
        source.add(f"rows{number}.append({self._row(number)})")
        source.depth -= 1

    def _item(self, number: int, place: str) -> None:
        sheet = self.layout.sheets[number]
        variables = [f"v{number}_{i}" for i in range(len(sheet.columns))]
        if sheet.inherited:
            above = self._variables[sheet.parent]
            variables[: sheet.inherited] = above[: sheet.inherited]
        if sheet.position is not None:
            variables[sheet.position] = f"i{number}"
        self._variables[number] = variables
        if sheet.key is not None:
            self.source.add(f"{variables[sheet.key]} = k{number}")
            self._canonical(number, sheet.key, place, nullable=False)
        if isinstance(sheet.item, Scalar):
            position = sheet.leaves[()]
            self.source.add(f"{variables[position]} = o{number}")
            self._canonical(number, position, place, nullable=False)
        else:
            self._expect(f"o{number}", sheet.item.cls, place)
            self._object(number, sheet.item, f"o{number}", (), f"{place}.")

    def _arrange(self, number: int) -> None:
        """Sort the rows of a child table, after making sure that they are distinct."""
        sheet = self.layout.sheets[number]
        by_place = sheet.position is not None and sheet.position < sheet.key_size
        if by_place and not sheet.inherited:
            return
        source, size = self.source, sheet.key_size
        source.add(f"if len(rows{number}) > 1:")
        source.depth += 1
        if not by_place:
            key = "row[0]" if size == 1 else f"row[:{size}]"
            source.add(
                f"if len({{{key} for row in rows{number}}}) < len(rows{number}):"
            )
            source.add(f"    twice = repeated(rows{number}, {size})")
            rule = "Two of them have this key; inside the aggregate it must be unique."
            place = Place(".".join(sheet.path), "twice")
            source.add(f"    raise Refused({rule!r})", place)
        source.add(f"rows{number}.sort()")
        source.depth -= 1
