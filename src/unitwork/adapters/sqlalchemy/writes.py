"""Writing aggregates: the phase of a commit up to COMMIT. Contract: 25, 26."""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any

import attrs
import sqlalchemy as sa
from sqlalchemy.sql.base import Executable

from unitwork.adapters.mapping.description import AggregateMapping, Row
from unitwork.adapters.sqlalchemy.blame import Blame
from unitwork.adapters.sqlalchemy.criteria import packed
from unitwork.adapters.sqlalchemy.dialects.dialect import AbstractDialect
from unitwork.adapters.sqlalchemy.layout import Layouts, Sheet
from unitwork.adapters.sqlalchemy.phase import Parameters, Phase, Step, Writes
from unitwork.adapters.sqlalchemy.reads import Reads
from unitwork.adapters.sqlalchemy.statements import (
    FOUND,
    KEY,
    KEYS,
    VERSION,
    Statements,
    value,
)
from unitwork.adapters.storage import ChangeSet, Delete, Insert, Record, Update, Write
from unitwork.domain.constraint_errors import ReferenceViolationError
from unitwork.domain.errors import ConcurrencyConflictError

Keys = dict[int, Any]
_GONE = "Rows that it had read are no longer there."


@attrs.frozen
class Run:
    """Neighbouring writes of one kind and class, which statements can share."""

    statements: Statements
    blame: Blame
    token: int
    writes: Sequence[Any]
    keys: Sequence[Any]
    """As the driver takes them, in the order of the writes."""

    @property
    def mapping(self) -> AggregateMapping:
        """Return what is written."""
        return self.statements.layout.mapping

    @property
    def root(self) -> Sheet:
        """Return the root's table."""
        return self.statements.layout.root


class WritePhases:
    """Make the phases that write."""

    def __init__(
        self, layouts: Layouts, reads: Reads, dialect: AbstractDialect
    ) -> None:
        """Look layouts up by mapping."""
        self._statements = {
            mapping: Statements(layout, dialect) for mapping, layout in layouts.items()
        }
        self._blame = Blame(layouts, dialect)
        self._reads = reads
        self._dialect = dialect

    def write(self, changes: ChangeSet, *, verify: bool = True) -> Phase[Keys]:
        """Check what was read, guard what is written, write it.

        Returns:
            The keys that the database made, by position among the writes.

        Raises:
            ConcurrencyConflictError: something is not as it was read.
        """
        if verify:
            yield from self._reads.verify(changes.reads)
        yield from self._guard(changes)
        made: Keys = {}
        number = 0
        for (kind, mapping), group in groupby(changes.writes, _kind_and_mapping):
            writes = list(group)
            statements = self._statements[mapping]
            key = statements.layout.key
            keys = [key.write(write.key) for write in writes]
            run = Run(statements, self._blame, changes.token, writes, keys)
            if kind is Insert and mapping.generated:
                fresh = yield from _insert_generated(run)
                made.update(enumerate(fresh, number))
                run = attrs.evolve(run, keys=fresh)
                yield from _insert_children(run)
            else:
                yield from _WRITERS[kind](run)
            number += len(writes)
        return made

    def lock(self, mapping: AggregateMapping, key: Any) -> Phase[Record | None]:
        """Lock a root, then read its aggregate.

        Raises:
            ConcurrencyConflictError: the transaction's snapshot is older than the lock.
        """
        statements = self._statements[mapping]
        stored = statements.layout.key.write(key)
        locked = yield Step(statements.guard_one, ({KEYS: stored},))
        if not locked:
            return None
        records = yield from self._reads.load(mapping, (key,))
        if not records or records[0].version != locked[0][0]:
            raise ConcurrencyConflictError(mapping.aggregate, key)
        return records[0]

    def version(self, mapping: AggregateMapping, key: Any) -> Phase[int | None]:
        """Lock a root and return its version, or None if there is none."""
        statements = self._statements[mapping]
        stored = statements.layout.key.write(key)
        locked = yield Step(statements.guard_one, ({KEYS: stored},))
        return locked[0][0] if locked else None

    def probe(self) -> Phase[None]:
        """Ask for nothing: fails in a transaction that the server has given up."""
        yield Step(sa.select(sa.literal_column("1")), ({},))

    def _guard(self, changes: ChangeSet) -> Phase[None]:
        """Lock and compare the versions of what will be written, in key order."""
        for mapping, group in groupby(changes.guards, lambda write: write.mapping):
            writes = list(group)
            statements = self._statements[mapping]
            key = statements.layout.key
            if len(writes) == 1:
                step = Step(statements.guard_one, ({KEYS: key.write(writes[0].key)},))
            else:
                keys = packed(self._dialect, key, [write.key for write in writes])
                step = Step(statements.guard, ({KEYS: keys},))
            rows = yield step
            found = {stored: version for version, stored in rows}
            for write in writes:
                if found.get(key.write(write.key)) != write.version:
                    raise ConcurrencyConflictError(mapping.aggregate, write.key)


def _kind_and_mapping(write: Write) -> tuple[type, AggregateMapping]:
    return type(write), write.mapping


def _insert(run: Run) -> Phase[None]:
    sets = [
        {**_named(enumerate(run.root.encode(w.after[0][0]))), VERSION: run.token}
        for w in run.writes
    ]
    yield from _execute(run, 0, run.statements.insert_root, sets)
    yield from _insert_children(run)


def _insert_generated(run: Run) -> Phase[list[Any]]:
    sets = [
        {
            **_named(list(enumerate(run.root.encode(write.after[0][0])))[1:]),
            VERSION: run.token,
        }
        for write in run.writes
    ]
    writes = Writes(run.mapping, 0)
    step = Step(run.statements.insert_keyless, sets, writes=writes)
    rows = yield from _blaming(run, step, writes)
    return [row[0] for row in rows]


def _insert_children(run: Run) -> Phase[None]:
    for table in range(1, len(run.mapping.tables)):
        sets = [
            each
            for write, key in zip(run.writes, run.keys, strict=True)
            for each in _rows(run, table, key, write.after[table])
        ]
        statement = run.statements.children[table - 1].insert
        yield from _execute(run, table, statement, sets)


def _update(run: Run) -> Phase[None]:
    """Delete child rows deepest first, update roots and rows, insert rows."""
    tables = range(1, len(run.mapping.tables))
    differences = {table: _Difference.of(run, table) for table in tables}
    for table in reversed(tables):
        delete = run.statements.children[table - 1].delete
        gone = differences[table].gone
        yield from _execute(run, table, delete, gone, removes=True)
    for changed, group in groupby(_roots(run), lambda item: item[0]):
        update = run.statements.update_root(changed)
        yield from _execute(run, 0, update, [each for _, each in group])
    for table in tables:
        children, difference = run.statements.children[table - 1], differences[table]
        yield from _execute(run, table, children.update, difference.changed)
        yield from _execute(run, table, children.insert, difference.fresh)


def _roots(run: Run) -> Iterator[tuple[tuple[int, ...], Parameters]]:
    """Give the changed columns of each root, and its parameters."""
    for write, key in zip(run.writes, run.keys, strict=True):
        before, after = write.before[0][0], write.after[0][0]
        changed = tuple(n for n, old in enumerate(before) if old != after[n])
        new = run.root.encode(after)
        yield (
            changed,
            {
                **_named((n, new[n]) for n in changed),
                KEY: key,
                FOUND: write.version,
                VERSION: run.token,
            },
        )


def _delete(run: Run) -> Phase[None]:
    """Delete child rows deepest first, then the roots."""
    yield from _let_go_of_themselves(run)
    owners = [{KEY: key} for key in run.keys]
    for table in reversed(range(1, len(run.mapping.tables))):
        statement = run.statements.children[table - 1].delete_all
        writes = Writes(run.mapping, table, removes=True)
        yield Step(statement, owners, fetches=False, writes=writes)
    sets = [
        {KEY: key, FOUND: write.version}
        for write, key in zip(run.writes, run.keys, strict=True)
    ]
    yield from _execute(run, 0, run.statements.delete_root, sets, removes=True)


def _let_go_of_themselves(run: Run) -> Phase[None]:
    """Clear what makes a root refer to itself: MariaDB would not delete it."""
    own = [
        reference.column
        for reference in run.mapping.references
        if reference.table == 0
        and reference.target is run.mapping.aggregate
        and run.mapping.tables[0].columns[reference.column].nullable
    ]
    for write, key in zip(run.writes, run.keys, strict=True) if own else ():
        row = write.before[0][0]
        columns = tuple(n for n in own if row[n] == write.key)
        if columns:
            same = {KEY: key, FOUND: write.version, VERSION: write.version}
            cleared = [{**_named((n, None) for n in columns), **same}]
            yield from _execute(run, 0, run.statements.update_root(columns), cleared)


_WRITERS: dict[type, Callable[[Run], Phase[None]]] = {
    Insert: _insert,
    Update: _update,
    Delete: _delete,
}


@attrs.frozen
class _Difference:
    """Parameters for the rows of a child table that differ, of all aggregates."""

    gone: list[Parameters] = attrs.field(factory=list)
    changed: list[Parameters] = attrs.field(factory=list)
    fresh: list[Parameters] = attrs.field(factory=list)

    @classmethod
    def of(cls, run: Run, table: int) -> "_Difference":
        """Compare rows by their identifying columns."""
        made, size = cls(), run.mapping.tables[table].key_size
        for write, key in zip(run.writes, run.keys, strict=True):
            before, after = write.before[table], write.after[table]
            if before == after:
                continue
            old = {row[:size]: row for row in before}
            new = {row[:size]: row for row in after}
            gone = [row[:size] for row in before if row[:size] not in new]
            changed = [r for r in after if old.get(r[:size], r) != r]
            fresh = [row for row in after if row[:size] not in old]
            made.gone.extend(_rows(run, table, key, gone))
            made.changed.extend(_rows(run, table, key, changed))
            made.fresh.extend(_rows(run, table, key, fresh))
        return made


def _rows(
    run: Run, table: int, key: Any, rows: Sequence[Row]
) -> Iterator[dict[str, Any]]:
    """Give the parameters of child rows, or of what identifies them."""
    places = run.statements.layout.sheets[table].places
    for row in rows:
        pairs = zip(places, row, strict=False)
        named = _named(enumerate(place.write(item) for place, item in pairs))
        yield {KEY: key, **named}


def _named(values: Any) -> dict[str, Any]:
    return {value(number): item for number, item in values}


def _execute(
    run: Run,
    table: int,
    statement: Executable,
    sets: Sequence[Parameters],
    *,
    removes: bool = False,
) -> Phase[None]:
    """Execute for every set of parameters; each must meet one row."""
    if not sets:
        return
    writes = Writes(run.mapping, table, removes)
    step = Step(statement, sets, fetches=False, writes=writes)
    count = yield from _blaming(run, step, writes)
    if count not in (-1, len(sets)):
        raise ConcurrencyConflictError(run.mapping.aggregate, reason=_GONE)


def _blaming(run: Run, step: Step, writes: Writes) -> Phase[Any]:
    """Do a step; say which reference failed, and of what key, as far as it is known."""
    try:
        return (yield step)
    except ReferenceViolationError as error:
        if error.fields or error.constraint:
            named = run.blame.named(writes, step.parameters, error)
            raise named from named.__cause__
        found = yield from run.blame.find(writes, step.parameters, error)
        raise found from found.__cause__
