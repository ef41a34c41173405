"""From shapes to tables: which value stands in which column."""

from collections.abc import Iterator

import attrs

from unitwork.adapters.mapping.description import Column, Reference, Unique
from unitwork.adapters.mapping.names import (
    joined,
    reference_name,
    snake_case,
    unique_name,
)
from unitwork.adapters.mapping.overrides import AnyPath, Mistakes, Said
from unitwork.adapters.mapping.reconciling import Reconciliation
from unitwork.adapters.mapping.scalars import UNSCALED
from unitwork.adapters.mapping.shape import Collection, Composite, Names, Scalar
from unitwork.adapters.mapping.sheet import Sheet
from unitwork.adapters.mapping.types import (
    INDEXED_TEXT_LENGTH,
    Binary,
    ColumnType,
    Integer,
    Json,
    Text,
)
from unitwork.adapters.mapping.user_table import UserReference, UserTable

_POSITION = Integer(32)


@attrs.frozen
class Foreign:
    """A foreign key of a user's table, whose target is yet to be found."""

    table: int
    column: int
    said: UserReference
    claimed: type | None
    """What references= says."""


@attrs.define(eq=False)
class Layout:
    """The tables of one aggregate, the root's first, parents before children."""

    root: Composite
    said: Said
    mistakes: Mistakes
    sheets: list[Sheet] = attrs.field(factory=list, init=False)
    uniques: list[Unique] = attrs.field(factory=list, init=False)
    references: list[Reference] = attrs.field(factory=list, init=False)
    foreign: list[Foreign] = attrs.field(factory=list, init=False)
    fixed: set[tuple[int, int]] = attrs.field(factory=set, init=False)
    """Columns, by table and position, whose types must stay as they are."""
    version: str = attrs.field(default="", init=False)
    warnings: list[str] = attrs.field(factory=list, init=False)
    _claims: dict[tuple[int, int], type] = attrs.field(factory=dict, init=False)

    def build(self) -> None:
        """Lay out every table."""
        self._root_sheet()
        self._children(self.sheets[0], self.root)
        for sheet in self.sheets:
            self._check_names(sheet)
            self._refer(sheet)

    def child(self, parent: int, collection: Collection) -> Sheet:
        """Return the table of a collection."""
        return next(
            sheet
            for sheet in self.sheets
            if sheet.parent == parent and sheet.shape is collection
        )

    def field(self, table: int, column: int) -> str:
        """Name the attribute of a column from the root: "lines.product"."""
        sheet = self.sheets[table]
        return ".".join((*sheet.path, *sheet.columns[column].names))

    def _sheet(self, said: object, name: str, shape: Composite | Collection) -> Sheet:
        name = said if isinstance(said, str) else name
        sheet = Sheet(name, shape, number=len(self.sheets))
        if said is not None and not isinstance(said, str):
            sheet.user = UserTable.of(said)
            if sheet.user is None:
                self.mistakes.add(
                    sheet.place,
                    f"is given {said!r} as its table.",
                    "Give a name, an SQLAlchemy Table, or a declarative class.",
                )
            else:
                sheet.name = sheet.user.name
        self.sheets.append(sheet)
        return sheet

    def _own(self, sheet: Sheet) -> Reconciliation | None:
        if sheet.user is None:
            return None
        return Reconciliation(sheet, sheet.user, self.mistakes, self.warnings)

    # ------------------------------------------------------------------ the root

    def _root_sheet(self) -> None:
        sheet = self._sheet(
            self.said.table, joined(snake_case(self.root.cls.__name__)), self.root
        )
        groups = [tuple(self._unique_names(group)) for group in self.said.unique]
        indexed = {names for group in groups for names in group}
        indexed.add((self.root.key or "",))
        for names, scalar, nullable in self.root.leaves():
            self._leaf(sheet, names, scalar, nullable=nullable, index=names in indexed)
        self.version = self.said.version
        own = self._own(sheet)
        if own is not None:
            self.version = own.version(self.said.version)
            own.keys(version=self.version)
            self.uniques = own.uniques()
        for group in groups:
            self._unique(sheet, group)

    def _unique_names(self, group: tuple[AnyPath, ...]) -> Iterator[Names]:
        known = {names for names, _, _ in self.root.leaves()}
        for path in group:
            if issubclass(self.root.cls, path.owner) and path.names in known:
                yield path.names
            elif not self.mistakes.concern(repr(path)):
                self.mistakes.add(
                    repr(path),
                    f"in unique= is no column of {self.root.cls.__name__}.",
                    "Name attributes of the root, or parts of its values"
                    " (Order.total[Money.amount]).",
                )

    def _unique(self, sheet: Sheet, group: tuple[Names, ...]) -> None:
        positions = tuple(sheet.leaves[names] for names in group)
        fields = tuple(".".join(names) for names in group)
        if sheet.user is None:
            name = unique_name(sheet.name, (sheet.columns[p].name for p in positions))
            self.uniques.append(Unique(name, positions, fields))
        elif set(positions) not in [set(unique.columns) for unique in self.uniques]:
            self.mistakes.add(
                f"{sheet.place}.{', '.join(fields)}",
                f"is unique by unique=, and the table {sheet.name!r} has no such"
                " constraint.",
                "Add a UniqueConstraint to the table, or leave it out of unique=.",
            )

    # -------------------------------------------------------------- the children

    def _children(self, parent: Sheet, shape: Composite) -> None:
        for attribute, collection in shape.collections():
            said = self.said.child_table(collection.spot)
            default = joined(parent.name, attribute)
            sheet = self._sheet(said, default, collection)
            sheet.parent, sheet.path = parent.number, (*parent.path, attribute)
            self._child(sheet, parent, collection)
            if isinstance(collection.item, Composite):
                self._children(sheet, collection.item)

    def _child(self, sheet: Sheet, parent: Sheet, collection: Collection) -> None:
        root = self.sheets[0]
        sheet.owner_column = joined(root.name, root.columns[0].name)
        self._inherit(sheet, parent)
        self._identify(sheet, collection)
        own = self._own(sheet)
        if own is not None:
            sheet.owner_column = own.owner(root)
            own.keys()
            own.child_uniques()

    def _inherit(self, sheet: Sheet, parent: Sheet) -> None:
        if not parent.path:
            return
        for index, column in enumerate(parent.columns[: parent.key_size]):
            own = index >= parent.inherited
            name = joined(parent.path[-1], column.name) if own else column.name
            plain = attrs.evolve(column, name=name, names=(), source=None)
            self._append(sheet, plain, sheet.place)
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
        column = Column("position", _POSITION, nullable=False, names=())
        return self._append(sheet, column, sheet.place)

    # --------------------------------------------------------------- the columns

    def _leaf(
        self, sheet: Sheet, names: Names, scalar: Scalar, *, nullable: bool, index: bool
    ) -> None:
        target = self.said.reference(scalar.spot)
        name = joined(*names) if names else "value"
        position = self._column(
            sheet,
            name,
            attrs.evolve(scalar, nullable=nullable),
            names=names,
            index=index or target is not None,
        )
        sheet.leaves[names] = position
        place = (sheet.number, position)
        if target is not None:
            self._claims[place] = target
        if scalar.said or sheet.user is not None:
            self.fixed.add(place)

    def _column(
        self,
        sheet: Sheet,
        name: str,
        scalar: Scalar,
        *,
        names: Names = (),
        index: bool = False,
    ) -> int:
        kind = scalar.type
        if sheet.user is None:
            kind = self._sized(scalar, index=index)
        column = Column(name, kind, nullable=scalar.nullable, names=names)
        return self._append(sheet, column, scalar.spot, said=scalar.said)

    def _append(
        self, sheet: Sheet, column: Column, place: object, *, said: bool = False
    ) -> int:
        own = self._own(sheet)
        if own is not None:
            column = own.column(column, place, said=said)
        sheet.columns.append(column)
        return len(sheet.columns) - 1

    def _sized(self, scalar: Scalar, *, index: bool) -> ColumnType:
        """Give texts in indexes a length, which MariaDB needs; check what was said."""
        kind, spot = scalar.type, scalar.spot
        if kind is UNSCALED:
            self.mistakes.add(
                spot,
                "is a Decimal of unknown size.",
                "Say how many digits it has, and how many of them after the point:"
                f" columns={{{spot}: unitwork.adapters.mapping.Decimal(12, 2)}}.",
            )
        if index and isinstance(kind, Json):
            self.mistakes.add(
                spot,
                "is JSON, which cannot be indexed.",
                "Keep what is to be unique or referred to in an attribute of its own.",
            )
        if not index or not isinstance(kind, Text | Binary) or kind.length is not None:
            return kind
        shorter = type(kind)(INDEXED_TEXT_LENGTH)
        if scalar.said:
            self.mistakes.add(
                spot,
                "is indexed, and columns= gives it no length.",
                f"MariaDB cannot index it: say {shorter!r}, for example.",
            )
        return shorter

    def _refer(self, sheet: Sheet) -> None:
        number = sheet.number
        claims = {c: t for (n, c), t in self._claims.items() if n == number}
        own = self._own(sheet)
        if own is None:
            for column, target in claims.items():
                name = reference_name(sheet.name, sheet.columns[column].name)
                field = self.field(number, column)
                self.references.append(
                    Reference(name, number, column, target, (field,))
                )
            return
        positions = {column.name: n for n, column in enumerate(sheet.columns)}
        for said in own.references():
            column = positions[said.columns[0]]
            claimed = claims.pop(column, None)
            self.foreign.append(Foreign(number, column, said, claimed))
        for column, target in claims.items():
            self.mistakes.add(
                f"{self.root.cls.__name__}.{self.field(number, column)}",
                f"refers to {target.__name__} by references=, and its column"
                f" {sheet.name}.{sheet.columns[column].name} has no foreign key.",
                "Add a ForeignKey to the table, or leave it out of references=.",
            )

    def _check_names(self, sheet: Sheet) -> None:
        names = [column.name for column in sheet.columns]
        names.append(sheet.owner_column or self.version)
        seen: set[str] = set()
        for name in names:
            if name.lower() in seen:
                self.mistakes.add(
                    sheet.place,
                    f"needs two columns called {name!r} in the table {sheet.name!r}.",
                    "Rename the attribute (the version column has version=...).",
                )
            seen.add(name.lower())
