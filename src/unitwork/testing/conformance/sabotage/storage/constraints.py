"""How unique values and references are judged, and what is said of them."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, ClassVar

import attrs

from unitwork.adapters.mapping.description import AggregateMapping, Reference
from unitwork.adapters.storage import (
    ChangeSet,
    Delete,
    Insert,
    Query,
    Record,
    Update,
    Write,
)
from unitwork.domain.constraint_errors import (
    ReferenceViolationError,
    UniqueViolationError,
)
from unitwork.domain.errors import ConcurrencyConflictError, PersistenceError
from unitwork.testing.conformance.sabotage.bug import Wrong, after
from unitwork.testing.passing import Keys, renewed


class _Tolerant(Wrong):
    """Writes, where a constraint refuses, what it would take."""

    tolerated: ClassVar[type[PersistenceError]] = UniqueViolationError

    async def apply(self, changes: ChangeSet) -> Keys:
        try:
            return await super().apply(changes)
        except PersistenceError as error:
            if not isinstance(error, self.tolerated) or not self.passes(error):
                raise
            return await self.instead(changes)

    def passes(self, error: Any) -> bool:
        del error
        return True

    async def instead(self, changes: ChangeSet) -> Keys:
        return await self.one_by_one(changes, self.tolerated)


def _named(error: Any) -> bool:
    """Tell whether a value was refused, and not a key."""
    return error.constraint is not None


class UniqueValuesAreNotChecked(_Tolerant):
    """Takes every unique value."""

    def passes(self, error: Any) -> bool:
        return _named(error)


class KeysAreNotChecked(_Tolerant):
    """Takes every key."""

    def passes(self, error: Any) -> bool:
        return not _named(error)


class PairsAreNotUnique(_Tolerant):
    """Does not check a constraint of two columns."""

    def passes(self, error: Any) -> bool:
        return len(error.fields) > 1


class _Judging(Wrong):
    """Looks at all rows by itself before it writes."""

    async def apply(self, changes: ChangeSet) -> Keys:
        async with self.another() as session:
            for write in changes.writes:
                stored = await session.scan(Query(write.mapping))
                self.judge(write, [one for one in stored if one.key != write.key])
        return await super().apply(changes)

    def judge(self, write: Write, others: list[Record]) -> None:
        raise NotImplementedError


class _Clashing(_Judging):
    """Refuses more values than those that are taken."""

    def seen(self, values: tuple[Any, ...]) -> tuple[Any, ...] | None:
        raise NotImplementedError

    def judge(self, write: Write, others: list[Record]) -> None:
        state = after(write)
        for unique in write.mapping.uniques if state else ():
            mine = self.seen(tuple(state[0][0][c] for c in unique.columns))
            for other in others:
                row = other.state[0][0]
                theirs = self.seen(tuple(row[c] for c in unique.columns))
                if mine is not None and mine == theirs:
                    said = (write.mapping.aggregate, unique.fields, unique.name)
                    raise UniqueViolationError(*said)


class NoneIsUnique(_Clashing):
    """Lets None be there once."""

    def seen(self, values: tuple[Any, ...]) -> tuple[Any, ...] | None:
        return values


class UniqueValuesIgnoreCase(_Clashing):
    """Takes a for taken where A is."""

    def seen(self, values: tuple[Any, ...]) -> tuple[Any, ...] | None:
        if None in values:
            return None
        return tuple(v.casefold() if isinstance(v, str) else v for v in values)


class UniqueValuesAreTrimmed(_Clashing):
    """Takes a text for taken where it is with a blank at its end."""

    def seen(self, values: tuple[Any, ...]) -> tuple[Any, ...] | None:
        if None in values:
            return None
        return tuple(v.rstrip() if isinstance(v, str) else v for v in values)


class TheFirstOfAPairIsUnique(_Clashing):
    """Checks the first column of a constraint of two."""

    def seen(self, values: tuple[Any, ...]) -> tuple[Any, ...] | None:
        return None if values[0] is None else values[:1]


class RemovedValuesStayTaken(_Clashing):
    """Takes a value for taken that the same unit gives up by a removal."""

    def seen(self, values: tuple[Any, ...]) -> tuple[Any, ...] | None:
        return None if None in values else values


class TakenValuesAreReplaced(_Tolerant):
    """Removes the row that has a unique value, to make room."""

    def passes(self, error: Any) -> bool:
        return _named(error)

    async def instead(self, changes: ChangeSet) -> Keys:
        async with self.another() as session:
            holders = [
                Delete(write.mapping, record.version, record.state)
                for write in changes.writes
                for record in await session.scan(Query(write.mapping))
                if record.key != write.key and _share(write, record)
            ]
        return await self.write(changes, *holders, *changes.writes)


def _share(write: Write, record: Record) -> bool:
    state, row = after(write), record.state[0][0]
    return state is not None and any(
        all(state[0][0][c] == row[c] is not None for c in unique.columns)
        for unique in write.mapping.uniques
    )


class ReferencesAreNotChecked(_Tolerant):
    """Takes every reference, and every removal."""

    tolerated = ReferenceViolationError


class RemovalsOfTargetsAreIgnored(_Tolerant):
    """Leaves what is referred to, and says that it is removed."""

    tolerated = ReferenceViolationError

    async def instead(self, changes: ChangeSet) -> Keys:
        writes = [one for one in changes.writes if not isinstance(one, Delete)]
        return await self.write(changes, *writes)


class _Severing(_Tolerant):
    """Sets references to None where they would be refused."""

    tolerated = ReferenceViolationError

    async def instead(self, changes: ChangeSet) -> Keys:
        return await self.write(changes, *map(self._severed, changes.writes))

    def _severed(self, write: Write) -> Write:
        if isinstance(write, Delete):
            return write
        state = [list(rows) for rows in write.after]
        for reference in filter(self.severs, write.mapping.references):
            for number, row in enumerate(state[reference.table]):
                values = list(row)
                values[reference.column] = None
                state[reference.table][number] = tuple(values)
        return attrs.evolve(write, after=tuple(map(tuple, state)))

    def severs(self, reference: Reference) -> bool:
        del reference
        return True


class ReferencesToNothingBecomeNone(_Severing):
    """Stores None for a reference to nothing."""


class ReferencesOfChildrenAreNotChecked(_Severing):
    """Stores None for a child's reference to nothing."""

    def severs(self, reference: Reference) -> bool:
        return reference.table > 0


class RemovalsCascade(_Tolerant):
    """Removes what refers to a removed aggregate."""

    tolerated = ReferenceViolationError

    async def instead(self, changes: ChangeSet) -> Keys:
        gone = {(w.mapping.aggregate, w.key) for w in changes.writes if not after(w)}
        referring = [one async for one in self._referring(gone)]
        known = {(write.mapping, write.key) for write in changes.writes}
        more = [one for one in referring if (one.mapping, one.key) not in known]
        return await self.write(changes, *map(self._removed, more), *changes.writes)

    async def _referring(self, gone: set[tuple[type, Any]]) -> AsyncIterator[Delete]:
        async with self.another() as session:
            for mapping in self.database.schema.mappings:
                for record in await session.scan(Query(mapping)):
                    if gone.intersection(_targets(mapping, record)):
                        yield Delete(mapping, record.version, record.state)

    def _removed(self, write: Delete) -> Write:
        return write


class RemovalsLeaveNone(RemovalsCascade):
    """Sets a reference to None when its target is removed."""

    def _removed(self, write: Delete) -> Write:
        row = list(write.before[0][0])
        for reference in write.mapping.references:
            if reference.table == 0:
                row[reference.column] = None
        state = ((tuple(row),), *(() for _ in write.before[1:]))
        return Update(write.mapping, write.version, write.before, state)


def _targets(mapping: AggregateMapping, record: Record) -> Iterator[tuple[type, Any]]:
    for reference in mapping.references:
        for row in record.state[reference.table]:
            yield reference.target, row[reference.column]


class _Telling(Wrong):
    """Raises something else for what is refused."""

    @staticmethod
    def said(error: PersistenceError) -> Exception:
        raise NotImplementedError

    async def apply(self, changes: ChangeSet) -> Keys:
        try:
            return await super().apply(changes)
        except PersistenceError as error:
            raise self.said(error) from error


def _instead(
    refused: type[PersistenceError], make: Callable[[Any], PersistenceError]
) -> Any:
    def said(error: PersistenceError) -> PersistenceError:
        return make(error) if isinstance(error, refused) else error

    return staticmethod(said)


class TakenValuesAreConflicts(_Telling):
    """Calls a taken value a conflict."""

    said = _instead(
        UniqueViolationError, lambda error: ConcurrencyConflictError(error.aggregate)
    )


class TakenValuesAreReferences(_Telling):
    """Calls a taken value a reference to nothing."""

    said = _instead(
        UniqueViolationError,
        lambda error: ReferenceViolationError(error.aggregate, error.fields),
    )


class ReferencesAreTakenValues(_Telling):
    """Calls a reference to nothing a taken value."""

    said = _instead(
        ReferenceViolationError,
        lambda error: UniqueViolationError(error.aggregate, error.fields),
    )


class ConflictsAreTakenKeys(_Telling):
    """Calls a conflict a taken key."""

    said = _instead(
        ConcurrencyConflictError,
        lambda error: UniqueViolationError(error.aggregate, ("key",)),
    )


class TakenKeysAreConflicts(_Telling):
    """Calls a taken key a conflict."""

    said = _instead(
        UniqueViolationError,
        lambda error: (
            error if _named(error) else ConcurrencyConflictError(error.aggregate)
        ),
    )


class TakenFieldsAreNotNamed(_Telling):
    """Does not say which value is taken."""

    said = _instead(
        UniqueViolationError, lambda error: UniqueViolationError(error.aggregate)
    )


class TakenFieldsAreTurned(_Telling):
    """Names the fields of a pair in the other order."""

    said = _instead(
        UniqueViolationError,
        lambda error: attrs.evolve(error, fields=error.fields[::-1]),
    )


class TheReferringClassIsTheTarget(_Telling):
    """Names the target's class for the one that refers."""

    said = _instead(
        ReferenceViolationError,
        lambda error: ReferenceViolationError(
            error.target, error.fields, error.constraint, error.target, error.key
        ),
    )


class ConflictsNameAnotherClass(_Telling):
    """Names a class in a conflict that has nothing to do with it."""

    said = _instead(
        ConcurrencyConflictError, lambda error: ConcurrencyConflictError(int, error.key)
    )


class ConflictsAreFinal(_Telling):
    """Calls a conflict not retryable."""

    said = _instead(
        ConcurrencyConflictError,
        lambda error: ConcurrencyConflictError(
            error.aggregate, error.key, expected_version=1
        ),
    )


class ConstraintsComeBeforeConflicts(Wrong):
    """Raises a constraint's error where there is a conflict too."""

    async def apply(self, changes: ChangeSet) -> Keys:
        try:
            return await super().apply(changes)
        except ConcurrencyConflictError:
            current = [await self._now(write) for write in changes.writes]
            await self._try(changes, current)
            raise

    async def _now(self, write: Write) -> Write:
        """Take it for a write of the latest version."""
        record = None if isinstance(write, Insert) else await self.latest(write)
        if record is None or isinstance(write, Insert):
            return write
        return renewed(write, record)

    async def _try(self, changes: ChangeSet, writes: list[Write]) -> None:
        """Write what cannot succeed, to see whether a constraint says no earlier."""
        if not writes or isinstance(writes[-1], Delete):
            return
        again = Insert(writes[-1].mapping, writes[-1].after)
        only = attrs.evolve(changes, writes=(*writes, again), reads=())
        async with self.another() as session:
            try:
                await session.apply(only)
            except UniqueViolationError as error:
                if _named(error):
                    raise
            except ReferenceViolationError:
                raise
