"""The battery's domain: a column of every type, required and not."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from uuid import UUID

from unitwork.adapters.mapping import Decimal as DecimalColumn
from unitwork.adapters.mapping import Integer, Schema, Text
from unitwork.adapters.unit_of_work import TrackingUnitOfWork
from unitwork.domain.aggregate import AggregateRoot, Entity, Value
from unitwork.domain.field import Field, Key, field, generated
from unitwork.domain.repository import AbstractRepository
from unitwork.domain.unit_of_work import AbstractUnitOfWork

DAY = date(2000, 1, 1)
MOMENT = datetime(2000, 1, 1, tzinfo=UTC)
NO_TIME = timedelta()
NO_UID = UUID(int=0)
ZERO = Decimal(0)


class Hue(Enum):
    """Its names, its values and their order of definition all differ."""

    RED = "b"
    GREEN = "c"
    red = "a"


class Measure(Value):
    """An embedded value, a part of which may be None."""

    amount: Field[Decimal]
    unit: Field[str | None] = field(default=None)


class Label(Entity):
    """A child: what is joined must not count twice."""

    slot: Key[str]
    text: Field[str | None] = field(default=None)


NO_SIZE = Measure(ZERO)


class Specimen(AggregateRoot):
    """Has everything, and a default for all but its key."""

    code: Key[str]
    word: Field[str] = field(default="")
    maybe_word: Field[str | None] = field(default=None)
    prose: Field[str] = field(default="")
    maybe_prose: Field[str | None] = field(default=None)
    small: Field[int] = field(default=0)
    maybe_small: Field[int | None] = field(default=None)
    medium: Field[int] = field(default=0)
    maybe_medium: Field[int | None] = field(default=None)
    large: Field[int] = field(default=0)
    maybe_large: Field[int | None] = field(default=None)
    ratio: Field[float] = field(default=0.0)
    maybe_ratio: Field[float | None] = field(default=None)
    price: Field[Decimal] = field(default=ZERO)
    maybe_price: Field[Decimal | None] = field(default=None)
    exact: Field[Decimal] = field(default=ZERO)
    maybe_exact: Field[Decimal | None] = field(default=None)
    flag: Field[bool] = field(default=False)
    maybe_flag: Field[bool | None] = field(default=None)
    day: Field[date] = field(default=DAY)
    maybe_day: Field[date | None] = field(default=None)
    moment: Field[datetime] = field(default=MOMENT)
    maybe_moment: Field[datetime | None] = field(default=None)
    span: Field[timedelta] = field(default=NO_TIME)
    maybe_span: Field[timedelta | None] = field(default=None)
    blob: Field[bytes] = field(default=b"")
    maybe_blob: Field[bytes | None] = field(default=None)
    uid: Field[UUID] = field(default=NO_UID)
    maybe_uid: Field[UUID | None] = field(default=None)
    hue: Field[Hue] = field(default=Hue.RED)
    maybe_hue: Field[Hue | None] = field(default=None)
    size: Field[Measure] = field(default=NO_SIZE)
    maybe_size: Field[Measure | None] = field(default=None)
    labels: Field[list[Label]] = field(factory=list)


class Ticket(AggregateRoot):
    """Its key is made by the database: until then it comes last."""

    number: Key[int] = generated()
    name: Field[str]
    maybe_word: Field[str | None] = field(default=None)
    maybe_large: Field[int | None] = field(default=None)


class CabinetUnitOfWork(AbstractUnitOfWork):
    """The port that questions are asked through."""

    specimens: AbstractRepository[Specimen, str]
    tickets: AbstractRepository[Ticket, int]


class CabinetUnit(TrackingUnitOfWork, CabinetUnitOfWork):
    """The same on any storage: what lies over the waist is in the shared core."""


WORD_LENGTH = 40
CABINET = (
    Schema()
    .aggregate(
        Specimen,
        columns={
            Specimen.word: Text(WORD_LENGTH),
            Specimen.maybe_word: Text(WORD_LENGTH),
            Specimen.small: Integer(16),
            Specimen.maybe_small: Integer(16),
            Specimen.medium: Integer(32),
            Specimen.maybe_medium: Integer(32),
            Specimen.price: DecimalColumn(12, 2),
            Specimen.maybe_price: DecimalColumn(12, 2),
            Specimen.exact: DecimalColumn(30, 10),
            Specimen.maybe_exact: DecimalColumn(30, 10),
            Measure.amount: DecimalColumn(18, 0),
        },
    )
    .aggregate(Ticket)
)
"""Open the database to be judged with this schema."""
