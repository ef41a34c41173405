"""Storages with one bug each, at the waist of the in-memory one."""

import re
import struct
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import attrs

from unitwork.adapters.mapping.criterion import (
    All,
    AnyOf,
    Compare,
    Criterion,
    HasText,
    Not,
    OneOf,
)
from unitwork.adapters.mapping.description import AggregateMapping, SortTerm
from unitwork.adapters.mapping.predicate import arrange, comes_after, predicate
from unitwork.adapters.memory import InMemoryDatabase
from unitwork.adapters.storage import (
    AbstractStorageSession,
    ChangeSet,
    Query,
    Record,
)
from unitwork.domain.specification import Operator, TextOperator
from unitwork.testing.conformance.battery.cabinet import CABINET

WRONG: list[type["Right"]] = []


class Right(AbstractStorageSession):
    """Goes through all rows by itself, and gives the right answers."""

    def __init__(self, session: AbstractStorageSession) -> None:
        self._session = session

    def __init_subclass__(cls) -> None:
        WRONG.append(cls)  # every class below

    async def load(
        self, mapping: AggregateMapping, keys: Sequence[Any]
    ) -> list[Record]:
        return await self._session.load(mapping, keys)

    async def scan(self, query: Query) -> list[Record]:
        return self.cut(self.ordered(await self._meant(query), query.order), query)

    async def count(self, query: Query) -> int:
        return len(await self._meant(query))

    async def exists(self, query: Query) -> bool:
        return bool(await self._meant(query))

    async def _meant(self, query: Query) -> list[Record]:
        found = await self._session.scan(Query(query.mapping))
        return [record for record in found if self.means(query, record)]

    async def lock(self, mapping: AggregateMapping, key: Any) -> Record | None:
        return await self._session.lock(mapping, key)

    async def apply(self, changes: ChangeSet) -> Mapping[int, Any]:
        return await self._session.apply(changes)

    async def close(self) -> None:
        await self._session.close()

    # ── what a bug changes ──────────────────────────────────────────────────

    def means(self, query: Query, record: Record) -> bool:
        row = record.state[0][0]
        if record.key in query.excluding or not self.truth(query.criterion, row):
            return False
        return query.after is None or comes_after(row, query.order, query.after)

    def ordered(
        self, records: list[Record], order: tuple[SortTerm, ...]
    ) -> list[Record]:
        return arrange(records, order, lambda record: record.state[0][0])

    def cut(self, records: list[Record], query: Query) -> list[Record]:
        end = None if query.limit is None else query.offset + query.limit
        return records[query.offset : end]

    def truth(self, criterion: Criterion, row: Any) -> bool | None:
        known: bool | None
        match criterion:
            case All(parts) | AnyOf(parts):
                all_known = [self.truth(part, row) for part in parts]
                decisive = isinstance(criterion, AnyOf)
                unknown = None if None in all_known else not decisive
                known = decisive if decisive in all_known else unknown
            case Not(part):
                known = self.opposite(self.truth(part, row))
            case Compare() | HasText() if row[criterion.column] is None:
                known = None
            case Compare(column, operator, value):
                known = self.compare(operator, row[column], value)
            case HasText(column, search, text):
                known = self.has(search, row[column], text)
            case _:
                known = self.other(criterion, row)
        return known

    def opposite(self, known: bool | None) -> bool | None:  # noqa: FBT001 - three values
        return None if known is None else not known

    def compare(self, operator: Operator, stored: Any, value: Any) -> bool | None:
        return predicate(Compare(0, operator, value))((stored,))

    def has(self, operator: TextOperator, stored: str, text: str) -> bool | None:
        return predicate(HasText(0, operator, text))((stored,))

    def other(self, criterion: Criterion, row: Any) -> bool | None:
        return predicate(criterion)(row)


def behind(session: type[Right]) -> InMemoryDatabase:
    """Make the in-memory storage, behind sessions of some kind."""
    database = InMemoryDatabase(CABINET)
    database.interposers = (session,)
    return database


# ── texts ───────────────────────────────────────────────────────────────────────


class SearchIgnoresCase(Right):
    def has(self, operator: TextOperator, stored: str, text: str) -> bool | None:
        return super().has(operator, stored.casefold(), text.casefold())


class WildcardsAreLive(Right):
    def has(self, operator: TextOperator, stored: str, text: str) -> bool | None:
        pattern = re.escape(text).replace("%", ".*").replace("_", ".")
        begin = "" if operator is TextOperator.STARTS_WITH else ".*"
        end = "" if operator is TextOperator.ENDS_WITH else ".*"
        return re.fullmatch(begin + pattern + end, stored, re.DOTALL) is not None


class BackslashesEscape(Right):
    def has(self, operator: TextOperator, stored: str, text: str) -> bool | None:
        return super().has(operator, stored, re.sub(r"\\(.)", r"\1", text))


class EndsAreStarts(Right):
    def has(self, operator: TextOperator, stored: str, text: str) -> bool | None:
        if operator is TextOperator.ENDS_WITH:
            operator = TextOperator.CONTAINS
        return super().has(operator, stored, text)


class EqualityIgnoresCase(Right):
    def compare(self, operator: Operator, stored: Any, value: Any) -> bool | None:
        if operator is Operator.EQ and isinstance(value, str):
            stored, value = stored.upper(), value.upper()
        return super().compare(operator, stored, value)


class BlanksAreTrimmed(Right):
    def compare(self, operator: Operator, stored: Any, value: Any) -> bool | None:
        if isinstance(value, str):
            stored, value = stored.rstrip(" "), value.rstrip(" ")
        return super().compare(operator, stored, value)


class NormalFormsAreEqual(Right):
    def compare(self, operator: Operator, stored: Any, value: Any) -> bool | None:
        if isinstance(value, str):
            stored = unicodedata.normalize("NFC", stored)
            value = unicodedata.normalize("NFC", value)
        return super().compare(operator, stored, value)


class TextIsOrderedByUtf16(Right):
    def ordered(
        self, records: list[Record], order: tuple[SortTerm, ...]
    ) -> list[Record]:
        return arrange(records, order, self._units)

    def _units(self, record: Record) -> tuple[Any, ...]:
        texts = (
            one.encode("utf-16-be") if isinstance(one, str) else one
            for one in record.state[0][0]
        )
        return tuple(texts)

    def compare(self, operator: Operator, stored: Any, value: Any) -> bool | None:
        if isinstance(value, str):
            stored, value = stored.encode("utf-16-be"), value.encode("utf-16-be")
        return super().compare(operator, stored, value)


# ── other values ────────────────────────────────────────────────────────────────


class FloatsAreShort(Right):
    def compare(self, operator: Operator, stored: Any, value: Any) -> bool | None:
        if isinstance(value, float) and max(abs(stored), abs(value)) < 2.0**127:
            stored, value = struct.unpack("ff", struct.pack("ff", stored, value))
        return super().compare(operator, stored, value)


class DecimalsAreFloats(Right):
    def compare(self, operator: Operator, stored: Any, value: Any) -> bool | None:
        if isinstance(value, Decimal):
            stored, value = float(stored), float(value)
        return super().compare(operator, stored, value)


class IntegersAreFloats(Right):
    def compare(self, operator: Operator, stored: Any, value: Any) -> bool | None:
        if type(value) is int:
            stored, value = float(stored), float(value)
        return super().compare(operator, stored, value)


class MomentsAreWholeSeconds(Right):
    def compare(self, operator: Operator, stored: Any, value: Any) -> bool | None:
        if isinstance(value, datetime):
            stored, value = stored.replace(microsecond=0), value.replace(microsecond=0)
        return super().compare(operator, stored, value)


class BytesEndAtZero(Right):
    def compare(self, operator: Operator, stored: Any, value: Any) -> bool | None:
        if isinstance(value, bytes):
            stored, value = stored.split(b"\0")[0], value.split(b"\0")[0]
        return super().compare(operator, stored, value)


class AtMostIsLess(Right):
    def compare(self, operator: Operator, stored: Any, value: Any) -> bool | None:
        operator = Operator.LT if operator is Operator.LE else operator
        return super().compare(operator, stored, value)


class LoadedTextIsTrimmed(Right):
    async def scan(self, query: Query) -> list[Record]:
        return [self._trimmed(record) for record in await super().scan(query)]

    def _trimmed(self, record: Record) -> Record:
        ((key, *rest),) = record.state[0]
        rest = [one.rstrip(" ") if isinstance(one, str) else one for one in rest]
        state = (((key, *rest),), *record.state[1:])
        return attrs.evolve(record, state=state)


# ── logic ───────────────────────────────────────────────────────────────────────


class UnequalMatchesNone(Right):
    def truth(self, criterion: Criterion, row: Any) -> bool | None:
        if isinstance(criterion, Compare) and criterion.operator is Operator.NE:
            return bool(row[criterion.column] != criterion.value)
        return super().truth(criterion, row)


class NotOfUnknownIsTrue(Right):
    def opposite(self, known: bool | None) -> bool | None:  # noqa: FBT001 - three values
        return not known


class InWithNoneIsFalse(Right):
    def other(self, criterion: Criterion, row: Any) -> bool | None:
        if isinstance(criterion, OneOf):
            criterion = attrs.evolve(criterion, or_unknown=False)
        return super().other(criterion, row)


class InNothingIsUnknownOfNone(Right):
    def other(self, criterion: Criterion, row: Any) -> bool | None:
        if isinstance(criterion, OneOf) and row[criterion.column] is None:
            return None
        return super().other(criterion, row)


class InTakesOneHundred(Right):
    def other(self, criterion: Criterion, row: Any) -> bool | None:
        if isinstance(criterion, OneOf):
            criterion = attrs.evolve(criterion, values=criterion.values[:100])
        return super().other(criterion, row)


class AnyOfNothingIsTrue(Right):
    def truth(self, criterion: Criterion, row: Any) -> bool | None:
        return criterion == AnyOf(()) or super().truth(criterion, row)


class UnknownDecidesOr(Right):
    def truth(self, criterion: Criterion, row: Any) -> bool | None:
        if isinstance(criterion, AnyOf):
            known = [self.truth(part, row) for part in criterion.parts]
            return None if None in known else True in known
        return super().truth(criterion, row)


# ── order, and how many ─────────────────────────────────────────────────────────


class NullsStandAtTheOtherEnd(Right):
    def ordered(
        self, records: list[Record], order: tuple[SortTerm, ...]
    ) -> list[Record]:
        turned = [attrs.evolve(t, nulls_first=not t.nulls_first) for t in order]
        return super().ordered(records, tuple(turned))


class NullsAreAlwaysLargest(Right):
    def ordered(
        self, records: list[Record], order: tuple[SortTerm, ...]
    ) -> list[Record]:
        turned = [attrs.evolve(t, nulls_first=t.descending) for t in order]
        return super().ordered(records, tuple(turned))


class OnlyTheFirstTermCounts(Right):
    def ordered(
        self, records: list[Record], order: tuple[SortTerm, ...]
    ) -> list[Record]:
        return super().ordered(records, (order[0], order[-1]))


class TheKeyDoesNotCompleteTheOrder(Right):
    def ordered(
        self, records: list[Record], order: tuple[SortTerm, ...]
    ) -> list[Record]:
        return super().ordered(records[::-1], order[:-1] or order)


class OffsetIsIgnored(Right):
    def cut(self, records: list[Record], query: Query) -> list[Record]:
        return super().cut(records, attrs.evolve(query, offset=0))


class LimitIsOneMore(Right):
    def cut(self, records: list[Record], query: Query) -> list[Record]:
        more = None if query.limit is None else query.limit + 1
        return super().cut(records, attrs.evolve(query, limit=more))


class LimitOfNoneIsAll(Right):
    def cut(self, records: list[Record], query: Query) -> list[Record]:
        return super().cut(records, attrs.evolve(query, limit=query.limit or None))


class LimitCountsJoinedRows(Right):
    def cut(self, records: list[Record], query: Query) -> list[Record]:
        found, rows = [], 0
        for record in super().cut(records, query):
            rows += max(1, sum(map(len, record.state[1:])))
            if query.limit is None or rows <= query.limit:
                found.append(record)
        return found


class CountCountsJoinedRows(Right):
    async def count(self, query: Query) -> int:
        found = await self._meant(query)
        return sum(max(1, sum(map(len, record.state[1:]))) for record in found)


class ExistsLooksAtNothing(Right):
    async def exists(self, query: Query) -> bool:
        return await super().exists(Query(query.mapping))


class KeysetLosesTies(Right):
    def means(self, query: Query, record: Record) -> bool:
        column, after = query.order[0].column, query.after
        tied = after and record.state[0][0][column] == after[0]
        return not tied and super().means(query, record)


class KeysetLosesNones(Right):
    def means(self, query: Query, record: Record) -> bool:
        row = record.state[0][0]
        lost = query.after and None in [row[term.column] for term in query.order]
        return not lost and super().means(query, record)


# ── the unit's own objects ──────────────────────────────────────────────────────


class ExcludedKeysAreIgnored(Right):
    def means(self, query: Query, record: Record) -> bool:
        return super().means(attrs.evolve(query, excluding=()), record)


class CountIgnoresExcludedKeys(Right):
    async def count(self, query: Query) -> int:
        return await super().count(attrs.evolve(query, excluding=()))


class OneKeyIsExcluded(Right):
    def means(self, query: Query, record: Record) -> bool:
        return super().means(attrs.evolve(query, excluding=query.excluding[:1]), record)


# ── errors ──────────────────────────────────────────────────────────────────────


class CannotCount(Right):
    async def count(self, query: Query) -> int:
        raise KeyError("no COUNT here")


class RefusesAstralCharacters(Right):
    async def apply(self, changes: ChangeSet) -> Mapping[int, Any]:
        for write in changes.writes:
            if "\U0001f600" in repr(getattr(write, "after", "")):
                raise ValueError("\U0001f600")
        return await super().apply(changes)
