"""Numbers at their ends, their neighbours, and flags."""

import math
from collections.abc import Sequence
from decimal import Context, Decimal
from random import Random
from typing import Any

import attrs

from unitwork.testing.conformance.battery.kinds import Json, Kind


@attrs.frozen
class IntegerKind(Kind):
    """Whole numbers of some bits, with sign."""

    bits: int

    @property
    def _limit(self) -> int:
        return 1 << (self.bits - 1)

    def pool(self, random: Random) -> Sequence[Any]:
        """Give the ends, and what is round in another width."""
        edges = (0, 1, 2, 127, 128, 255, 256, self._limit - 1, self._limit - 2)
        wide = (2**31 - 1, 2**31, 2**53, 2**53 + 1)
        found = [sign * one for one in (*edges, *wide) for sign in (1, -1)]
        found += [-self._limit, random.randrange(-self._limit, self._limit)]
        return [one for one in found if -self._limit <= one < self._limit]

    def near(self, value: Any, random: Random) -> Any:
        """Give a neighbour, or the opposite."""
        found = random.choice((value - 1, value + 1, -value, _as_float(value)))
        return found if -self._limit <= found < self._limit else value

    def many(self, count: int) -> Sequence[Any]:
        """Give the first ones."""
        return range(count)


def _as_float(value: int) -> int:
    """Give what is left of a number that was kept as a float."""
    return int(float(value))


class FloatKind(Kind):
    """Binary floating-point numbers."""

    def pool(self, random: Random) -> Sequence[Any]:
        """Give denormals, the ends, both zeros, and what has no short decimal form."""
        edges = (0.0, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308)
        usual = (0.1, 0.1 + 0.2, 0.3, 1 / 3, 1.0, 1.5, 16777217.0, 9007199254740993.0)
        found = [sign * one for one in (*edges, *usual) for sign in (1.0, -1.0)]
        return [*found, random.uniform(-10, 10)]

    def near(self, value: Any, random: Random) -> Any:
        """Give the next one in either direction, or the opposite."""
        up, down = math.nextafter(value, math.inf), math.nextafter(value, -math.inf)
        found = random.choice((up, down, -value, round(value, 6)))
        return found if math.isfinite(found) else value


_WIDE = Context(prec=60)


@attrs.frozen
class DecimalKind(Kind):
    """Exact decimal numbers."""

    precision: int
    scale: int

    def to_json(self, value: Any) -> Json:
        """Keep every digit."""
        return str(value)

    def from_json(self, kept: Json) -> Any:
        """Read every digit."""
        return Decimal(kept)

    def _of(self, units: int) -> Decimal:
        return Decimal(f"{units}E-{self.scale}")

    def pool(self, random: Random) -> Sequence[Any]:
        """Give the ends, the smallest steps, and what a float would round."""
        most = 10**self.precision - 1
        units = (0, 1, 5, 10, 10**self.scale, most, most - 1, int("123456789" * 2))
        signed = [sign * one for one in units for sign in (1, -1)]
        signed.append(random.randint(-most, most))
        fitting = [self._of(one) for one in signed if abs(one) <= most]
        return [*fitting, Decimal(1), Decimal(10), Decimal("1E+2"), Decimal("-0")]

    def near(self, value: Any, random: Random) -> Any:
        """Give the next one in either direction, or the opposite."""
        units = int(value.scaleb(self.scale, _WIDE))
        found = random.choice((units + 1, units - 1, -units))
        return self._of(found) if abs(found) < 10**self.precision else value


class FlagKind(Kind):
    """True and False."""

    def pool(self, random: Random) -> Sequence[Any]:
        """Give both."""
        del random
        return (False, True)
