"""Lay the mappings of a schema out over the tables of one database."""

import sqlalchemy as sa
from sqlalchemy import URL, MetaData

from unitwork.adapters.mapping.description import AggregateMapping, Column, Table
from unitwork.adapters.sqlalchemy.adoption import Codecs, adopt
from unitwork.adapters.sqlalchemy.dialects.dialect import AbstractDialect
from unitwork.adapters.sqlalchemy.layout import Layout, Layouts, Place, Sheet


def lay_out(
    mappings: tuple[AggregateMapping, ...],
    metadata: MetaData,
    dialect: AbstractDialect,
    url: URL,
) -> Layouts:
    """Find the tables, names and codecs of every mapping.

    Raises:
        SchemaError: a column of the user's is not exact on this database.
    """
    codecs = adopt(mappings, metadata, dialect, url.get_dialect()())
    return {
        mapping: _layout(mapping, metadata, dialect, codecs) for mapping in mappings
    }


def _layout(
    mapping: AggregateMapping,
    metadata: MetaData,
    dialect: AbstractDialect,
    codecs: Codecs,
) -> Layout:
    sheets = []
    for number, described in enumerate(mapping.tables):
        table = metadata.tables[_key(described)]
        places = tuple(
            Place(
                column,
                _name(column),
                codecs.get((table.key, _name(column))) or dialect.codec(column.type),
            )
            for column in described.columns
        )
        extra = described.owner_column if number else mapping.version_column
        names = dict.fromkeys([extra, *(place.name for place in places)])
        clause = sa.table(table.name, *map(sa.column, names), schema=table.schema)
        sheets.append(Sheet(table, clause, described, places))
    return Layout(mapping, tuple(sheets))


def _name(column: Column) -> str:
    """Return a column's name in the database."""
    return column.name if column.source is None else str(column.source.name)


def _key(table: Table) -> str:
    return table.name if table.source is None else str(table.source.key)
