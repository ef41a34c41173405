"""Days, moments and lengths of time, at their ends and a tick apart."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from random import Random
from typing import Any

from unitwork.testing.conformance.battery.cabinet import DAY, MOMENT
from unitwork.testing.conformance.battery.kinds import Json, Kind


class DayKind(Kind):
    """Days."""

    def to_json(self, value: Any) -> Json:
        """Give the ISO form."""
        return value.isoformat()

    def from_json(self, kept: Json) -> Any:
        """Read the ISO form."""
        return date.fromisoformat(kept)

    def pool(self, random: Random) -> Sequence[Any]:
        """Give the ends, leap days and turns of eras."""
        fixed = (date.min, date.max, date(1970, 1, 1), date(1969, 12, 31))
        made = DAY + timedelta(random.randint(-9000, 9000))
        return (*fixed, date(2024, 2, 29), date(1582, 10, 10), date(999, 12, 31), made)

    def near(self, value: Any, random: Random) -> Any:
        """Give the day before or after."""
        try:
            return value + timedelta(random.choice((-1, 1)))
        except OverflowError:
            return value


_LAST = datetime.max.replace(tzinfo=UTC)
_ZONE = timezone(timedelta(hours=5, minutes=30))


class MomentKind(Kind):
    """Aware datetimes."""

    def to_json(self, value: Any) -> Json:
        """Give the ISO form, with its zone."""
        return value.isoformat()

    def from_json(self, kept: Json) -> Any:
        """Read the ISO form."""
        return datetime.fromisoformat(kept)

    def pool(self, random: Random) -> Sequence[Any]:
        """Give the ends, single microseconds, and other zones."""
        first = datetime.min.replace(tzinfo=UTC)
        made = MOMENT + timedelta(microseconds=random.randint(-(10**15), 10**15))
        tick = timedelta(microseconds=1)
        epoch = datetime(1970, 1, 1, tzinfo=UTC)
        edges = (first, first + tick, _LAST, _LAST - tick, epoch, epoch - tick)
        return (*edges, MOMENT, MOMENT + tick, made, MOMENT.astimezone(_ZONE))

    def near(self, value: Any, random: Random) -> Any:
        """Give the microsecond before or after, or the same moment elsewhere."""
        changes = (-1, 1, -(10**6), 10**6)
        try:
            if random.random() < 1 / 3:
                return value.astimezone(_ZONE)
            moment = value.astimezone(UTC)
            return moment + timedelta(microseconds=random.choice(changes))
        except OverflowError:
            return value


_LONGEST = (1 << 63) - 1
_TICK = timedelta(microseconds=1)


class SpanKind(Kind):
    """Lengths of time."""

    def to_json(self, value: Any) -> Json:
        """Give microseconds."""
        return value // _TICK

    def from_json(self, kept: Json) -> Any:
        """Read microseconds."""
        return timedelta(microseconds=kept)

    def pool(self, random: Random) -> Sequence[Any]:
        """Give the ends, single microseconds, and days that are not whole."""
        ticks = (0, 1, 999_999, 10**6, 86_400 * 10**6, 86_400 * 10**6 + 1, _LONGEST)
        signed = [sign * one for one in ticks for sign in (1, -1)]
        signed.append(random.randint(-(10**12), 10**12))
        return [self.from_json(one) for one in signed]

    def near(self, value: Any, random: Random) -> Any:
        """Give the microsecond before or after, or the opposite."""
        ticks = value // _TICK
        found = random.choice((ticks - 1, ticks + 1, -ticks))
        return self.from_json(found) if abs(found) <= _LONGEST else value
