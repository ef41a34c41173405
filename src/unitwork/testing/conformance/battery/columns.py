"""The columns of the cabinet, and rows as plain values."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from operator import attrgetter
from typing import Any, TypeAlias

import attrs

from unitwork.testing.conformance.battery.cabinet import (
    DAY,
    MOMENT,
    NO_TIME,
    NO_UID,
    WORD_LENGTH,
    Hue,
    Label,
    Measure,
    Specimen,
    Ticket,
)
from unitwork.testing.conformance.battery.kinds import Json, Kind
from unitwork.testing.conformance.battery.numbers import (
    DecimalKind,
    FlagKind,
    FloatKind,
    IntegerKind,
)
from unitwork.testing.conformance.battery.opaque import BlobKind, HueKind, UidKind
from unitwork.testing.conformance.battery.texts import TextKind
from unitwork.testing.conformance.battery.times import DayKind, MomentKind, SpanKind

Row: TypeAlias = dict[str, Any]
"""An aggregate's values by path, those of parts too: `size.amount`."""


@attrs.frozen
class Column:
    """What can be asked for."""

    kind: Kind
    default: Any = None
    nullable: bool = False


_WORD, _AMOUNT = TextKind(WORD_LENGTH), DecimalKind(18, 0)
_PAIRS: dict[str, tuple[Kind, Any]] = {
    "word": (_WORD, ""),
    "prose": (TextKind(200), ""),
    "small": (IntegerKind(16), 0),
    "medium": (IntegerKind(32), 0),
    "large": (IntegerKind(64), 0),
    "ratio": (FloatKind(), 0.0),
    "price": (DecimalKind(12, 2), Decimal(0)),
    "exact": (DecimalKind(30, 10), Decimal(0)),
    "flag": (FlagKind(), False),
    "day": (DayKind(), DAY),
    "moment": (MomentKind(), MOMENT),
    "span": (SpanKind(), NO_TIME),
    "blob": (BlobKind(), b""),
    "uid": (UidKind(), NO_UID),
    "hue": (HueKind(), Hue.RED),
}
_SIZES = {
    "size.amount": Column(_AMOUNT, Decimal(0)),
    "size.unit": Column(_WORD, nullable=True),
    "maybe_size.amount": Column(_AMOUNT, nullable=True),
    "maybe_size.unit": Column(_WORD, nullable=True),
}
COLUMNS: dict[str, dict[str, Column]] = {
    "Specimen": {
        "code": Column(_WORD),
        **{name: Column(kind, none) for name, (kind, none) in _PAIRS.items()},
        **{
            f"maybe_{name}": Column(kind, nullable=True)
            for name, (kind, _) in _PAIRS.items()
        },
        **_SIZES,
    },
    "Ticket": {
        "name": Column(_WORD),
        "maybe_word": Column(_WORD, nullable=True),
        "maybe_large": Column(IntegerKind(64), nullable=True),
    },
}
"""What can be asked for, by class. A ticket's number is known to storage alone."""
KEYS = {"Specimen": "code", "Ticket": "number"}
NAMES = {"Specimen": "code", "Ticket": "name"}
"""What the battery tells aggregates apart by."""
CLASSES: dict[str, type[Any]] = {"Specimen": Specimen, "Ticket": Ticket}
REPOSITORIES = {"Specimen": "specimens", "Ticket": "tickets"}
_DEFAULTS: dict[str, Row] = {
    of: {path: column.default for path, column in columns.items()}
    for of, columns in COLUMNS.items()
}
_EMBEDDED = ("size", "maybe_size")


def said(of: str, kept: Mapping[str, Json]) -> Row:
    """Read the values that were kept, and no others."""
    columns = COLUMNS[of]
    row = {
        path: value if value is None else columns[path].kind.from_json(value)
        for path, value in kept.items()
        if path != "labels"
    }
    if "labels" in kept:
        row["labels"] = [tuple(label) for label in kept["labels"]]
    return row


def full(of: str, kept: Mapping[str, Json]) -> Row:
    """Make a row of what is kept of it; what is not said is as by default."""
    rest: Row = {"labels": []} if of == "Specimen" else {"number": None}
    return {**_DEFAULTS[of], **rest, **said(of, kept)}


def unsaid(of: str, row: Mapping[str, Json]) -> dict[str, Json]:
    """Leave out of a row in JSON what is as by default."""
    defaults = _WRITTEN[of]
    return {p: row[p] for p in row if repr(row[p]) != repr(defaults.get(p, []))}


def written(of: str, path: str, value: Any) -> Json:
    """Give the JSON form of a value."""
    return None if value is None else COLUMNS[of][path].kind.to_json(value)


_WRITTEN: dict[str, dict[str, Json]] = {
    of: {path: written(of, path, defaults[path]) for path in defaults}
    for of, defaults in _DEFAULTS.items()
}


def attributes(row: Row) -> dict[str, Any]:
    """Make what a constructor takes, of a row or some of its values."""
    found = {p: row[p] for p in row if "." not in p and p not in ("labels", "number")}
    for name in _EMBEDDED:
        if f"{name}.amount" in row:
            amount, unit = row[f"{name}.amount"], row.get(f"{name}.unit")
            found[name] = None if amount is None else Measure(amount, unit)
    if "labels" in row:
        found["labels"] = [Label(*label) for label in row["labels"]]
    return found


def _reader(of: str) -> Callable[[Any], Row]:
    paths = [path for path in COLUMNS[of] if not path.startswith("maybe_size.")]
    take = attrgetter(*paths)

    def read(aggregate: Any) -> Row:
        row = dict(zip(paths, take(aggregate), strict=True))
        if of == "Ticket":
            return row
        size: Measure | None = aggregate.maybe_size
        row["maybe_size.amount"] = None if size is None else size.amount
        row["maybe_size.unit"] = None if size is None else size.unit
        row["labels"] = [(label.slot, label.text) for label in aggregate.labels]
        return row

    return read


READ: dict[str, Callable[[Any], Row]] = {of: _reader(of) for of in COLUMNS}
"""Give an aggregate's values; a ticket's without its number."""
