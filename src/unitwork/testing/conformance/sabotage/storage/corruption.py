"""Values that come back as something else: each kind, at each of four moments."""

import struct
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar, TypeAlias
from uuid import UUID

import attrs

from unitwork.adapters.mapping.description import AggregateMapping, State
from unitwork.adapters.storage import ChangeSet, Insert, Query, Record, Update, Write
from unitwork.testing.conformance.sabotage.bug import Bug, Wrong, session_bug
from unitwork.testing.passing import Keys

Change: TypeAlias = Callable[[Any], Any]


class _Corrupting(Wrong):
    changed: ClassVar[type]
    change: ClassVar[Change]

    def corrupted(self, mapping: AggregateMapping, state: State) -> State:
        return tuple(
            tuple(
                (*row[: table.key_size], *map(self._value, row[table.key_size :]))
                for row in rows
            )
            for table, rows in zip(mapping.tables, state, strict=True)
        )

    def _value(self, value: Any) -> Any:
        return type(self).change(value) if type(value) is self.changed else value

    def read(self, mapping: AggregateMapping, records: list[Record]) -> list[Record]:
        return [
            attrs.evolve(record, state=self.corrupted(mapping, record.state))
            for record in records
        ]


class _Inserted(_Corrupting):
    """Stores it so when it is inserted."""

    kind: ClassVar[type[Any]] = Insert

    async def apply(self, changes: ChangeSet) -> Keys:
        return await self.write(changes, *map(self._written, changes.writes))

    def _written(self, write: Write) -> Write:
        if isinstance(write, Insert | Update) and isinstance(write, self.kind):
            state = self.corrupted(write.mapping, write.after)
            return attrs.evolve(write, after=state)
        return write


class _Updated(_Inserted):
    """Stores it so when it is updated."""

    kind = Update


class _Loaded(_Corrupting):
    """Reads it so by key."""

    async def load(
        self, mapping: AggregateMapping, keys: Sequence[Any]
    ) -> list[Record]:
        return self.read(mapping, await super().load(mapping, keys))


class _Scanned(_Corrupting):
    """Reads it so by a query."""

    async def scan(self, query: Query) -> list[Record]:
        return self.read(query.mapping, await super().scan(query))


def _short(value: float) -> float:
    fits = abs(value) < 2.0**127
    return float(struct.unpack("f", struct.pack("f", value))[0]) if fits else value


def _wrapped(bits: int) -> Change:
    half = 1 << (bits - 1)
    return lambda value: (value + half) % (2 * half) - half


def _numeric(text: str) -> str:
    return str(int(text)) if text.isascii() and text.isdigit() else text


def _shifted(value: datetime) -> datetime:
    return value - timedelta(hours=1) if value.year > 1 else value


def _day_before(value: date) -> date:
    return value - timedelta(1) if value > date.min else value


KINDS: dict[str, tuple[type, str, Change]] = {
    "blanks-trimmed": (str, "a text without trailing blanks", lambda v: v.rstrip(" ")),
    "text-cut": (str, "a text of at most 20 characters", lambda v: v[:20]),
    "text-composed": (
        str,
        "a text in its composed normal form",
        lambda v: unicodedata.normalize("NFC", v),
    ),
    "astral-lost": (
        str,
        "? for a character of four bytes",
        lambda v: "".join("?" if one > "\uffff" else one for one in v),
    ),
    "latin": (
        str,
        "? for a character that Latin-1 lacks",
        lambda v: v.encode("latin-1", "replace").decode("latin-1"),
    ),
    "text-lower": (str, "a text in lower case", str.lower),
    "empty-is-none": (str, "None for an empty text", lambda v: v or None),
    "text-is-number": (str, "a text of digits as a number", _numeric),
    "quote-doubled": (str, "two quotes for one", lambda v: v.replace("'", "''")),
    "integer-by-float": (int, "an integer as a float has it", lambda v: int(float(v))),
    "integer-of-32-bits": (int, "an integer's lowest 32 bits", _wrapped(32)),
    "sign-lost": (int, "an integer without its sign", abs),
    "zero-is-none": (int, "None for 0", lambda v: v or None),
    "float-of-32-bits": (float, "a float of 32 bits", _short),
    "float-of-15-digits": (float, "a float of 15 digits", lambda v: float(f"{v:.15g}")),
    "decimal-by-float": (
        Decimal,
        "a decimal as a float has it",
        lambda v: Decimal(repr(float(v))).quantize(v),
    ),
    "decimal-normalised": (
        Decimal,
        "a decimal without its trailing zeros",
        Decimal.normalize,
    ),
    "decimal-rounded": (
        Decimal,
        "a decimal rounded to one place",
        lambda v: round(v, 1).quantize(v),
    ),
    "flag-is-number": (bool, "a number for a flag", int),
    "flag-is-true": (bool, "true for any flag", lambda _: True),
    "day-before": (date, "the day before", _day_before),
    "seconds-whole": (
        datetime,
        "a moment without microseconds",
        lambda v: v.replace(microsecond=0),
    ),
    "milliseconds": (
        datetime,
        "a moment in milliseconds",
        lambda v: v.replace(microsecond=v.microsecond // 1000 * 1000),
    ),
    "hour-before": (datetime, "a moment an hour before", _shifted),
    "zone-lost": (
        datetime,
        "a moment without its zone",
        lambda v: v.replace(tzinfo=None),
    ),
    "span-of-a-day": (
        timedelta,
        "a span modulo a day",
        lambda v: v % timedelta(days=1),
    ),
    "span-positive": (timedelta, "a span without its sign", abs),
    "span-of-seconds": (
        timedelta,
        "a span in whole seconds",
        lambda v: timedelta(v.days, v.seconds),
    ),
    "bytes-end-at-zero": (
        bytes,
        "bytes up to their first 0",
        lambda v: v.split(b"\0")[0],
    ),
    "zeros-trimmed": (bytes, "bytes without trailing zeros", lambda v: v.rstrip(b"\0")),
    "bytes-are-text": (
        bytes,
        "bytes as UTF-8 has them",
        lambda v: v.decode(errors="replace").encode(),
    ),
    "uuid-turned": (
        UUID,
        "a UUID with its first fields turned",
        lambda v: UUID(bytes_le=v.bytes),
    ),
}
_MOMENTS: dict[str, type[_Corrupting]] = {
    "inserted": _Inserted,
    "updated": _Updated,
    "loaded": _Loaded,
    "scanned": _Scanned,
}


def _bugs() -> Iterator[Bug]:
    for name, (changed, words, change) in KINDS.items():
        for moment, kind in _MOMENTS.items():
            doc = f"{(kind.__doc__ or '').rstrip('.')}: {words}."
            body = {"__doc__": doc, "changed": changed, "change": staticmethod(change)}
            made = type(kind.__name__, (kind,), body)
            yield session_bug("corruption", f"{name}-{moment}", made)


BUGS = tuple(_bugs())
