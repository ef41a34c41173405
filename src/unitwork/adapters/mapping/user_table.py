"""Read a user's own table, by its structure alone: nothing is imported for it.

An SQLAlchemy `Table`, or a declarative class that has one, tells its columns, keys,
lengths, unique constraints and foreign keys here. A column type that carries one of
ours in the attribute `column_type` means exactly that one.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs

from unitwork.adapters.mapping.types import (
    Binary,
    Boolean,
    ColumnType,
    Date,
    Decimal,
    Duration,
    Enumeration,
    Float,
    Integer,
    Json,
    Text,
    Timestamp,
    Uuid,
)

_NARROWING = ("_where", "_nulls_not_distinct")
"""Options of unique constraints that change what is unique."""


@attrs.frozen
class UserKey:
    """A primary key, unique constraint or unique index."""

    name: str | None
    columns: tuple[str, ...]
    oddity: str = ""
    """What of it is outside of the verified set."""

    def __str__(self) -> str:
        """Call it by its name, or by its columns."""
        return self.name or f"over {', '.join(self.columns)}"


@attrs.frozen
class UserReference:
    """A foreign key: columns, and where they point."""

    name: str | None
    columns: tuple[str, ...]
    table: str
    target: tuple[str, ...]
    oddity: str = ""

    def __str__(self) -> str:
        """Call it by its name, or by its columns."""
        return self.name or f"of {', '.join(self.columns)}"


@attrs.frozen
class UserTable:
    """A table that the schema was given."""

    table: Any
    columns: Mapping[str, Any]
    """By the attribute of the declarative class, else by key; then by name."""

    @classmethod
    def of(cls, said: Any) -> "UserTable | None":
        """Look at what `table=` was given; None if it is no table."""
        table = getattr(said, "__table__", said)
        if not hasattr(table, "columns") or not hasattr(table, "constraints"):
            return None
        named = {column.name: column for column in table.columns}
        keyed = {column.key: column for column in table.columns}
        mapper = getattr(said, "__mapper__", None)
        declared = {} if mapper is None else dict(mapper.columns.items())
        return cls(table, {**named, **keyed, **declared})

    @property
    def name(self) -> str:
        """Return the name, with that of a schema if there is one."""
        return str(self.table.fullname)

    @property
    def primary_key(self) -> tuple[str, ...]:
        """Return the names of its columns."""
        return tuple(column.name for column in self.table.columns if column.primary_key)

    def uniques(self) -> Iterator[UserKey]:
        """Go through the unique constraints and unique indexes, by name."""
        found = [
            UserKey(_name(each), _names(each.columns), _oddity(each))
            for each in self.table.constraints
            if each.__visit_name__ == "unique_constraint"
        ]
        found += [
            UserKey(_name(each), _names(each.columns), _oddity(each))
            for each in self.table.indexes
            if each.unique
        ]
        return iter(sorted(found, key=lambda each: (each.columns, each.name or "")))

    def references(self) -> Iterator[UserReference]:
        """Go through the foreign keys, in the order of their columns."""
        found = []
        for each in self.table.constraints:
            if each.__visit_name__ == "foreign_key_constraint":
                targets = [e.target_fullname.rpartition(".") for e in each.elements]
                found.append(
                    UserReference(
                        _name(each),
                        _names(each.columns),
                        targets[0][0],
                        tuple(target[2] for target in targets),
                        _oddity(each),
                    )
                )
        return iter(sorted(found, key=lambda each: each.columns))

    def unfilled(self, mapped: set[str]) -> Iterator[str]:
        """Go through columns that nothing fills: not mapped, required, no default."""
        for column in self.table.columns:
            if column.name not in mapped and not _filled(column):
                yield column.name


def _names(columns: Any) -> tuple[str, ...]:
    return tuple(column.name for column in columns)


def _name(constraint: Any) -> str | None:
    return str(constraint.name) if isinstance(constraint.name, str) else None


def _oddity(constraint: Any) -> str:
    """Say what of a constraint other storages would not do."""
    if getattr(constraint, "deferrable", None):
        return "is deferrable"
    for action in ("ondelete", "onupdate"):
        said = getattr(constraint, action, None)
        if said and said.upper() not in ("NO ACTION", "RESTRICT"):
            return f"has {action}={said!r}"
    columns = list(constraint.columns)
    if len(list(getattr(constraint, "expressions", columns))) != len(columns):
        return "is over an expression"
    for option, value in sorted(dict(constraint.kwargs).items()):
        if option.endswith(_NARROWING) and value is not None and value is not False:
            return f"has {option}"
    return ""


def _filled(column: Any) -> bool:
    makers = (column.default, column.server_default, column.identity, column.computed)
    counted = column.primary_key and column.table.autoincrement_column is column
    return bool(column.nullable or counted or any(m is not None for m in makers))


# ---------------------------------------------------------------- column types


def column_type(column: Any, expected: ColumnType) -> ColumnType | str:
    """Return our type for a user's column, or why it cannot hold what it should.

    Args:
        column: the user's.
        expected: the type that the annotation means; its size is not looked at.
    """
    kind = column.type
    found = getattr(kind, "column_type", None)
    if found is None:
        name = kind.__visit_name__
        name = type(kind).__name__ if name == "type_decorator" else name
        read = _KINDS.get(name.lower())
        found = (
            f"is of type {kind!r}, which is not known" if read is None else read(kind)
        )
    if isinstance(found, str):
        return found
    if isinstance(found, Json) and isinstance(expected, Json):
        return expected
    if isinstance(found, Enumeration) and isinstance(expected, Enumeration):
        return _same_members(found, expected, kind)
    if type(found) is not type(expected):
        return f"is of type {kind!r}, which holds no {type(expected).__name__}"
    return found


def _same_members(
    found: Enumeration, expected: Enumeration, kind: Any
) -> Enumeration | str:
    stored = list(getattr(kind, "enums", found.enum.__members__))
    if stored == [member.name for member in expected.enum]:
        return expected
    return f"holds the members {stored} and not those of {expected.enum.__name__}"


def _integer(bits: int) -> Callable[[Any], ColumnType | str]:
    def read(kind: Any) -> ColumnType | str:
        if getattr(kind, "unsigned", False):
            return f"is of type {kind!r}, and numbers of ours have a sign"
        return Integer(bits)

    return read


def _float(kind: Any) -> ColumnType | str:
    if kind.asdecimal:
        return f"is of type {kind!r} with asdecimal, which is neither one nor the other"
    return Float()


def _decimal(kind: Any) -> ColumnType | str:
    if kind.precision is None or kind.scale is None:
        return f"is of type {kind!r}, without precision and scale"
    return Decimal(kind.precision, kind.scale)


def _enumeration(kind: Any) -> ColumnType | str:
    if kind.enum_class is None:
        return f"is of type {kind!r}, which names no enum class"
    return Enumeration(kind.enum_class)


def _sized(made: type[Text | Binary]) -> Callable[[Any], ColumnType | str]:
    return lambda kind: made(kind.length)


def _always(made: ColumnType) -> Callable[[Any], ColumnType | str]:
    return lambda _: made


_KINDS: dict[str, Callable[[Any], ColumnType | str]] = {
    **dict.fromkeys(
        (
            "string",
            "text",
            "unicode",
            "unicode_text",
            "varchar",
            "nvarchar",
            "longtext",
        ),
        _sized(Text),
    ),
    **dict.fromkeys(("small_integer", "smallint"), _integer(16)),
    **dict.fromkeys(("integer", "int"), _integer(32)),
    **dict.fromkeys(("big_integer", "bigint"), _integer(64)),
    "boolean": _always(Boolean()),
    **dict.fromkeys(("float", "double", "double_precision"), _float),
    **dict.fromkeys(("numeric", "decimal"), _decimal),
    **dict.fromkeys(("datetime", "timestamp"), _always(Timestamp())),
    "date": _always(Date()),
    "interval": _always(Duration()),
    "uuid": _always(Uuid()),
    **dict.fromkeys(
        ("large_binary", "blob", "longblob", "varbinary", "bytea"), _sized(Binary)
    ),
    "enum": _enumeration,
    **dict.fromkeys(("json", "jsonb"), _always(Json())),
}
