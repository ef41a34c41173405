"""Generated revisions that are right on every database, whichever was looked at."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal

import sqlalchemy as sa
from alembic.autogenerate.api import AutogenContext
from alembic.autogenerate.render import renderers
from alembic.operations import ops
from alembic.runtime.migration import MigrationContext
from alembic.util import to_list
from sqlalchemy import ForeignKeyConstraint, MetaData
from sqlalchemy.types import TypeEngine

from unitwork.adapters.sqlalchemy import types

_PLAIN = (
    *(types.Integer(bits) for bits in (64, 32, 16)),
    *(types.Boolean(), types.Float(), types.Timestamp(), types.Uuid()),
)
_WIDTH = re.compile(r"(?<=INT|GER)\(\d+\)")
_DEFAULT = "CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin"
"""Of the tables on MariaDB, which does not repeat it for their columns."""
Op = ops.MigrateOperation
_IF = "if op.get_context().dialect.supports_alter:  # SQLite: with its table"


class CloseCircleOp(ops.CreateForeignKeyOp):
    """Make a foreign key to a table that is made after its own."""

    def reverse(self) -> ops.DropConstraintOp:
        """Drop it."""
        return OpenCircleOp.from_constraint(self.to_constraint())


class OpenCircleOp(ops.DropConstraintOp):
    """Drop a foreign key to a table that is dropped before its own."""

    def reverse(self) -> ops.AddConstraintOp:
        """Make it."""
        return CloseCircleOp.from_constraint(self.to_constraint())


@renderers.dispatch_for(CloseCircleOp)
def _close(context: AutogenContext, op: CloseCircleOp) -> list[str]:
    op.kw.pop("use_alter", None)
    return _where_altered(ops.CreateForeignKeyOp, context, op)


@renderers.dispatch_for(OpenCircleOp)
def _open(context: AutogenContext, op: OpenCircleOp) -> list[str]:
    return _where_altered(ops.DropConstraintOp, context, op)


def _where_altered(kind: type[Op], context: AutogenContext, op: Op) -> list[str]:
    lines = to_list(renderers.dispatch(kind)(context, op))
    return [_IF, *lines, ""]


def make_portable(
    context: MigrationContext, _: object, scripts: list[ops.MigrationScript]
) -> None:
    """Put what was generated into an order, and into words, that fit everywhere.

    Alembic's hook `process_revision_directives`. Tables are made and dropped in the
    order that their foreign keys ask for; those of a circle are made after the tables,
    and dropped before them. What a column keeps is told as its table tells it, and not
    as the database does.
    """
    for script in scripts:
        upgrade, downgrade = script.upgrade_ops, script.downgrade_ops
        if upgrade is None or downgrade is None:
            continue
        upgrade.ops[:] = _ordered(upgrade.ops, context.opts["target_metadata"])
        upgrade.reverse_into(downgrade)
        for direction in (upgrade, downgrade):
            direction.ops[:] = _without_doomed_indexes(direction.ops)


def render_item(
    kind: str, item: object, autogenerate: AutogenContext
) -> str | Literal[False]:
    """Write the library's own column types the way that they are imported."""
    if kind != "type" or not isinstance(item, TypeEngine):
        return False
    made = item if isinstance(item, types.Stored) else _known(item, autogenerate)
    if made is None:
        return False
    autogenerate.imports.add("from unitwork.adapters.sqlalchemy import types")
    match made:
        case types.Enumeration():  # the same column, and no class that may change
            return f"types.Text({max(map(len, made.enum.__members__))})"
        case types.Json():
            return "types.Json()"
        case _:
            return f"types.{made!r}"


def _known(found: TypeEngine[Any], autogenerate: AutogenContext) -> types.Stored | None:
    """Return the type of the library that a database has such a column for.

    A database's own types mean something else, or nothing, to others. Where one stands
    for several, as often on SQLite, it is the widest of them.
    """
    dialect = autogenerate.migration_context.dialect
    length = getattr(found, "length", None)
    said = _WIDTH.sub("", found.compile(dialect).replace("TINYINT(1)", "BOOL"))
    for known in (*_PLAIN, types.Text(length), types.Binary(length)):
        meant = known.compile(dialect)
        if meant in (said, f"{said} {_DEFAULT}"):
            return known
    return None


def _ordered(found: Sequence[Op], metadata: MetaData) -> list[Op]:
    """Order the operations; make and drop foreign keys of circles by themselves."""
    making = [_copy(op) for op in found if isinstance(op, ops.CreateTableOp)]
    closing = [CloseCircleOp.from_constraint(key) for key in _taken_out(making)]
    dropped = [op for op in found if isinstance(op, ops.DropTableOp)]
    dropping = _referring_first(sorted(dropped, key=_name))
    unmaking = [op.reverse() for op in reversed(dropping)]
    opening = [OpenCircleOp.from_constraint(key) for key in _taken_out(unmaking)]
    changing = [op for op in found if isinstance(op, ops.ModifyTableOps)]
    for op in changing:
        _tidy(op, metadata)
    made = {_name(op) for op in making}
    return [
        *making,
        *(op for op in changing if _name(op) in made),
        *closing,
        *(op for op in found if not isinstance(op, _ORDERED)),
        *(op for op in changing if _name(op) not in made),
        *reversed(opening),
        *(ops.DropTableOp.from_table(op.to_table()) for op in reversed(unmaking)),
    ]


def _copy(op: ops.CreateTableOp) -> ops.CreateTableOp:
    """Let the user's own metadata be."""
    return ops.CreateTableOp.from_table(op.to_table())


def _name(op: Any) -> str:
    return f"{op.schema}.{op.table_name}" if op.schema else str(op.table_name)


def _foreign_keys(op: ops.CreateTableOp) -> list[ForeignKeyConstraint]:
    return [item for item in op.columns if isinstance(item, ForeignKeyConstraint)]


def _target(key: ForeignKeyConstraint) -> str:
    return key.elements[0].target_fullname.rpartition(".")[0]


def _taken_out(making: Sequence[ops.CreateTableOp]) -> Iterator[ForeignKeyConstraint]:
    """Take foreign keys to later tables out of CREATE TABLE, except on SQLite."""
    names = [_name(op) for op in making]
    for place, op in enumerate(making, 1):
        for key in _foreign_keys(op):
            key.use_alter = _target(key) in names[place:]
            if key.use_alter:
                yield key


def _referring_first(dropping: list[ops.DropTableOp]) -> list[ops.DropTableOp]:
    """Order them so that no table goes before one that refers to it, if possible."""
    ordered: list[ops.DropTableOp] = []
    while dropping:
        referred = {
            _target(key)
            for op in dropping
            for key in _foreign_keys(op.reverse())
            if _target(key) != _name(op)
        }
        free = [op for op in dropping if _name(op) not in referred]
        ordered.append((free or dropping)[0])
        dropping = [op for op in dropping if op is not ordered[-1]]
    return ordered


def _tidy(op: ops.ModifyTableOps, metadata: MetaData) -> None:
    """Drop foreign keys before the indexes that MariaDB needs for them."""
    op.ops[:] = [_as_constraint(inner) for inner in op.ops]
    op.ops.sort(key=lambda inner: not _drops_foreign_key(inner))
    table = metadata.tables.get(_name(op))
    columns = {} if table is None else {column.name: column for column in table.c}
    for inner in op.ops:
        if isinstance(inner, ops.AlterColumnOp) and inner.column_name in columns:
            _describe(inner, columns[inner.column_name])


def _as_constraint(op: Op) -> Op:
    """Tell a unique constraint by its name: MariaDB has unique indexes only."""
    if not isinstance(op, ops.DropIndexOp) or not op.index_name.startswith("uq_"):
        return op
    index = op.to_index()
    return ops.DropConstraintOp.from_constraint(
        sa.UniqueConstraint(*index.columns, name=index.name)
    )


def _drops_foreign_key(op: Op) -> bool:
    return isinstance(op, ops.DropConstraintOp) and op.constraint_type == "foreignkey"


def _describe(op: ops.AlterColumnOp, column: sa.Column[Any]) -> None:
    """Say what a column keeps as its table says it; a database has words of its own."""
    if op.kw.get("autoincrement") is False:
        del op.kw["autoincrement"]
    if op.modify_type is None:
        op.existing_type = column.type
    if op.modify_server_default is False and column.server_default is not None:
        op.existing_server_default = column.server_default


def _without_doomed_indexes(found: Iterable[Op]) -> list[Op]:
    """Drop no index whose table is dropped as well: a foreign key may need it still."""
    found = list(found)
    doomed = {_name(op) for op in found if isinstance(op, ops.DropTableOp)}
    for op in found:
        if isinstance(op, ops.ModifyTableOps) and _name(op) in doomed:
            op.ops[:] = [
                inner for inner in op.ops if not isinstance(inner, ops.DropIndexOp)
            ]
    return [op for op in found if not isinstance(op, ops.ModifyTableOps) or op.ops]


_ORDERED = (ops.CreateTableOp, ops.DropTableOp, ops.ModifyTableOps)
