"""From shapes to tables: which value stands in which column."""

from collections.abc import Iterator

import attrs

from unitwork.adapters.mapping.description import Column, Reference, Table, Unique
from unitwork.adapters.mapping.names import (
    bounded,
    joined,
    reference_name,
    snake_case,
    unique_name,
)
from unitwork.adapters.mapping.overrides import AnyPath, Mistakes, Said
from unitwork.adapters.mapping.shape import Collection, Composite, Names, Scalar
from unitwork.adapters.mapping.types import (
    INDEXED_TEXT_LENGTH,
    Binary,
    ColumnType,
    Integer,
    Text,
)

POSITION = Integer(32)


@attrs.define(eq=False)
class Sheet:
    """A table in the making: its columns, and what stands where."""

    name: str
    shape: Composite | Collection
    parent: "Sheet | None"
    attribute: str = ""
    """The collection's, in its parent."""
    owner_column: str = ""
    inherited: int = 0
    """How many leading columns identify the parents below the root."""
    key_size: int = 1
    columns: list[Column] = attrs.field(factory=list)
    leaves: dict[Names, int] = attrs.field(factory=dict)
    """Where the columns of an item stand, by attribute names."""
    key: int | None = None
    """Where the key of a dict stands."""
    position: int | None = None
    """Where the place in a list stands."""
    source: object = None

    @property
    def item(self) -> Scalar | Composite:
        """Return what a row is made of."""
        return self.shape.item if isinstance(self.shape, Collection) else self.shape

    @property
    def place(self) -> str:
        """Name the class or the collection, for mistakes."""
        if isinstance(self.shape, Collection):
            return str(self.shape.spot)
        return self.shape.cls.__name__

    def table(self) -> Table:
        """Return the finished table."""
        return Table(
            name=self.name,
            columns=tuple(self.columns),
            key_size=self.key_size,
            owner_column=self.owner_column,
            source=self.source,
        )


@attrs.define(eq=False)
class Layout:
    """The tables of one aggregate, the root's first, parents before children."""

    root: Composite
    said: Said
    mistakes: Mistakes
    sheets: list[Sheet] = attrs.field(factory=list, init=False)
    uniques: list[Unique] = attrs.field(factory=list, init=False)
    references: list[Reference] = attrs.field(factory=list, init=False)
    fixed: set[tuple[int, int]] = attrs.field(factory=set, init=False)
    """Columns, by table and position, whose types were said and must stay."""

    def build(self) -> None:
        """Lay out every table."""
        root = self._root_sheet()
        self._children(root, self.root)
        for sheet in self.sheets:
            self._check_names(sheet)

    def child(self, parent: int, collection: Collection) -> tuple[int, Sheet]:
        """Return the table of a collection, and its number."""
        above = self.sheets[parent]
        return next(
            (number, sheet)
            for number, sheet in enumerate(self.sheets)
            if sheet.parent is above and sheet.shape is collection
        )

    def _root_sheet(self) -> Sheet:
        said = self.said.table
        name = said if isinstance(said, str) else bounded(snake_case(self.root.cls.__name__))
        sheet = Sheet(name, self.root, None)
        self.sheets.append(sheet)
        groups = [tuple(self._unique_names(group)) for group in self.said.unique]
        indexed = {names for group in groups for names in group}
        indexed.add((self.root.key or "",))
        for names, scalar, nullable in self.root.leaves():
            self._leaf(sheet, names, scalar, nullable=nullable, index=names in indexed)
        for group in groups:
            self._unique(sheet, group)
        return sheet

    def _unique_names(self, group: tuple[AnyPath, ...]) -> Iterator[Names]:
        known = {names for names, _, _ in self.root.leaves()}
        for path in group:
            if issubclass(self.root.cls, path.owner) and path.names in known:
                yield path.names
            elif not self.mistakes.concern(path):
                self.mistakes.add(
                    repr(path),
                    f"in unique= is no column of {self.root.cls.__name__}.",
                    "Name attributes of the root, or parts of its values"
                    " (Order.total[Money.amount]).",
                )

    def _unique(self, sheet: Sheet, group: tuple[Names, ...]) -> None:
        positions = tuple(sheet.leaves[names] for names in group)
        name = unique_name(sheet.name, (sheet.columns[p].name for p in positions))
        fields = tuple(".".join(names) for names in group)
        self.uniques.append(Unique(name, positions, fields))

    def _children(self, parent: Sheet, shape: Composite) -> None:
        for attribute, collection in shape.collections():
            sheet = self._child_sheet(parent, attribute, collection)
            if isinstance(collection.item, Composite):
                self._children(sheet, collection.item)

    def _child_sheet(
        self, parent: Sheet, attribute: str, collection: Collection
    ) -> Sheet:
        said = self.said.child_table(collection.spot)
        name = said if isinstance(said, str) else joined(parent.name, attribute)
        root = self.sheets[0]
        sheet = Sheet(name, collection, parent, attribute)
        sheet.owner_column = joined(root.name, root.columns[0].name)
        self.sheets.append(sheet)
        self._inherit(sheet, parent)
        self._identify(sheet, collection)
        return sheet

    def _inherit(self, sheet: Sheet, parent: Sheet) -> None:
        if parent.parent is None:
            return
        for index, column in enumerate(parent.columns[: parent.key_size]):
            own = index >= parent.inherited
            name = joined(parent.attribute, column.name) if own else column.name
            sheet.columns.append(attrs.evolve(column, name=name, names=()))
        sheet.inherited = parent.key_size

    def _identify(self, sheet: Sheet, collection: Collection) -> None:
        if collection.key is not None:
            sheet.key = self._column(sheet, "key", collection.key, index=True)
        elif collection.container is list and not collection.keyed:
            sheet.position = self._position(sheet)
        by_value = collection.container is set and not collection.keyed
        for index, (names, scalar, nullable) in enumerate(collection.leaves()):
            own_key = collection.keyed and collection.key is None and index == 0
            self._leaf(
                sheet, names, scalar, nullable=nullable, index=by_value or own_key
            )
            if own_key and collection.container is list:
                sheet.position = self._position(sheet)
        own = len(sheet.leaves) if by_value else 1
        sheet.key_size = sheet.inherited + own

    def _position(self, sheet: Sheet) -> int:
        sheet.columns.append(Column("position", POSITION, nullable=False, names=()))
        return len(sheet.columns) - 1

    def _leaf(
        self, sheet: Sheet, names: Names, scalar: Scalar, *, nullable: bool, index: bool
    ) -> None:
        target = self.said.reference(scalar.spot)
        name = joined(*names) if names else "value"
        scalar = attrs.evolve(scalar, nullable=nullable)
        position = self._column(
            sheet, name, scalar, names=names, index=index or target is not None
        )
        sheet.leaves[names] = position
        if target is not None:
            self._reference(sheet, position, target)
            if scalar.said:
                self.fixed.add((self.sheets.index(sheet), position))

    def _column(
        self,
        sheet: Sheet,
        name: str,
        scalar: Scalar,
        *,
        names: Names = (),
        index: bool = False,
    ) -> int:
        kind = self._indexable(scalar) if index else scalar.type
        sheet.columns.append(Column(name, kind, nullable=scalar.nullable, names=names))
        return len(sheet.columns) - 1

    def _indexable(self, scalar: Scalar) -> ColumnType:
        kind = scalar.type
        if not isinstance(kind, Text | Binary) or kind.length is not None:
            return kind
        bounded_kind = type(kind)(INDEXED_TEXT_LENGTH)
        if scalar.said:
            self.mistakes.add(
                scalar.spot,
                "is indexed, and columns= gives it no length.",
                f"MariaDB cannot index it: say {bounded_kind!r}, for example.",
            )
        return bounded_kind

    def _reference(self, sheet: Sheet, position: int, target: type) -> None:
        column = sheet.columns[position]
        self.references.append(
            Reference(
                name=reference_name(sheet.name, column.name),
                table=self.sheets.index(sheet),
                column=position,
                target=target,
                fields=(self._field(sheet, column.names),),
            )
        )

    def _field(self, sheet: Sheet, names: Names) -> str:
        parts = list(names)
        above: Sheet | None = sheet
        while above is not None and above.attribute:
            parts.insert(0, above.attribute)
            above = above.parent
        return ".".join(parts)

    def _check_names(self, sheet: Sheet) -> None:
        names = [column.name for column in sheet.columns]
        names.append(sheet.owner_column or self.said.version)
        seen: set[str] = set()
        for name in names:
            if name.lower() in seen:
                self.mistakes.add(
                    sheet.place,
                    f"needs two columns called {name!r} in the table {sheet.name!r}.",
                    "Rename the attribute (the version column has version=...).",
                )
            seen.add(name.lower())
