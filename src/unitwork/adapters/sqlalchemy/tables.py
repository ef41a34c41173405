"""The tables of a schema, as SQLAlchemy's metadata."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import MetaData
from sqlalchemy.schema import SchemaItem

from unitwork.adapters.mapping.description import AggregateMapping, Column, Table
from unitwork.adapters.mapping.schema import Schema
from unitwork.adapters.mapping.types import Integer
from unitwork.adapters.sqlalchemy.types import stored

NAMING = {
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
}
_OPTIONS: dict[str, Any] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_nopad_bin",
    "mariadb_engine": "InnoDB",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_nopad_bin",
}


def tables_of(schema: Schema) -> MetaData:
    """Return metadata with every table of a schema.

    The user's own tables are copied as they are, with what they refer to.
    """
    metadata = MetaData(naming_convention=NAMING)
    for mapping in schema.mappings:
        for table in mapping.tables:
            if table.source is not None:
                _copy(table.source, metadata)
    for mapping in schema.mappings:
        for number, table in enumerate(mapping.tables):
            if table.source is None:
                _make(metadata, schema, mapping, number)
    return metadata


def _copy(table: sa.Table, metadata: MetaData) -> None:
    if table.key in metadata.tables:
        return
    table.to_metadata(metadata)
    for key in table.foreign_keys:
        _copy(key.column.table, metadata)


def _make(
    metadata: MetaData, schema: Schema, mapping: AggregateMapping, number: int
) -> None:
    table = mapping.tables[number]
    generated = number == 0 and mapping.generated
    items: list[SchemaItem] = [
        _column(column, key=place < table.key_size, generated=generated and place == 0)
        for place, column in enumerate(table.columns)
    ]
    if number == 0:
        version: sa.Column[object] = sa.Column(
            mapping.version_column, stored(Integer(64)), nullable=False
        )
        items.append(version)
        items += [
            _unique(table, unique.name, unique.columns) for unique in mapping.uniques
        ]
    else:
        items = [*_owner(mapping, table), *items]
    items += _references(schema, mapping, number)
    sa.Table(table.name, metadata, *items, **_OPTIONS, sqlite_autoincrement=generated)


def _column(column: Column, *, key: bool, generated: bool) -> sa.Column[object]:
    return sa.Column(
        column.name,
        stored(column.type),
        primary_key=key,
        nullable=column.nullable,
        autoincrement=generated,
    )


def _unique(table: Table, name: str, columns: tuple[int, ...]) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*(table.columns[n].name for n in columns), name=name)


def _owner(mapping: AggregateMapping, table: Table) -> list[SchemaItem]:
    """Refer to the root; its rows are removed by statements, not by a cascade."""
    root = mapping.tables[0]
    owner: sa.Column[object] = sa.Column(
        table.owner_column,
        stored(mapping.key.type),
        primary_key=True,
        nullable=False,
        autoincrement=False,
    )
    return [
        owner,
        sa.ForeignKeyConstraint([table.owner_column], [_target(root, mapping)]),
    ]


def _references(
    schema: Schema, mapping: AggregateMapping, number: int
) -> list[SchemaItem]:
    """Refer to other roots; removing a target looks for its referrers: index them."""
    items: list[SchemaItem] = []
    table = mapping.tables[number]
    for reference in mapping.references:
        if reference.table != number:
            continue
        target = schema.mapping(reference.target)
        name = table.columns[reference.column].name
        items.append(
            sa.ForeignKeyConstraint(
                [name],
                [_target(target.tables[0], target)],
                name=reference.name,
                use_alter=target.position > mapping.position,  # a circle
            )
        )
        items.append(sa.Index(f"ix_{reference.name}", name))
    return items


def _target(root: Table, mapping: AggregateMapping) -> str:
    key = mapping.key
    table = root.name if root.source is None else root.source.key
    return f"{table}.{key.name if key.source is None else key.source.name}"
