"""Column types: what each may hold, the same on every storage.

A type turns a domain value into its canonical form, which rows hold, and back. What a
storage could not keep exactly is refused here, before any storage sees it.

Contract: 24.
"""

import json
import math
from datetime import UTC, date, datetime, timedelta
from decimal import Context, Inexact, InvalidOperation
from decimal import Decimal as PythonDecimal
from enum import Enum
from typing import Any
from uuid import UUID

import attrs

INDEXED_TEXT_LENGTH = 255
"""The length of a text in a key, reference or unique constraint, unless one is said."""


class Refused(ValueError):  # noqa: N818 - not an error of the library, but its reason
    """The rule that a value breaks; the mapping adds where it stands."""


class ColumnType:
    """One kind of column."""

    __slots__ = ()
    ordered = True
    """Whether `<` and order_by mean the same on every storage."""

    def canonical(self, value: Any) -> Any:
        """Return the form that rows hold.

        Raises:
            Refused: some storage could not keep it exactly.
        """
        raise NotImplementedError

    def sought(self, value: Any) -> Any:
        """Return the canonical form of a value that is looked for.

        One that is too long cannot be found, and does no harm.

        Raises:
            Refused: no column of this type could ever hold it.
        """
        return self.canonical(value)

    def restore(self, stored: Any) -> Any:
        """Return the domain's value for a canonical one."""
        return stored


def _of(kind: type, value: Any) -> None:
    if type(value) is not kind:
        raise Refused(f"It must be of type {kind.__name__}.")


@attrs.frozen
class Integer(ColumnType):
    """Whole numbers of 16, 32 or 64 bits, with sign."""

    bits: int = 64

    def canonical(self, value: Any) -> int:
        """Refuse bool, and what is too wide."""
        _of(int, value)
        limit = 1 << (self.bits - 1)
        if not -limit <= value < limit:
            raise Refused(f"It must fit into {self.bits} bits with a sign.")
        return int(value)


@attrs.frozen
class Boolean(ColumnType):
    """True or False."""

    def canonical(self, value: Any) -> bool:
        """Refuse 0 and 1."""
        _of(bool, value)
        return bool(value)


@attrs.frozen
class Float(ColumnType):
    """Binary floating-point numbers of 64 bits; neither NaN nor infinite."""

    def canonical(self, value: Any) -> float:
        """Take whole numbers too, and make 0.0 the only zero."""
        if type(value) is int:
            return _exact(value)
        _of(float, value)
        if not math.isfinite(value):
            raise Refused("It must be finite: databases disagree on NaN and infinity.")
        return float(value) + 0.0


def _exact(value: int) -> float:
    try:
        converted = float(value)
    except OverflowError:
        converted = math.inf
    if converted != value:
        raise Refused("It must be a whole number that a float holds exactly.")
    return converted


@attrs.frozen
class Decimal(ColumnType):
    """Exact decimal numbers of `precision` digits, `scale` of them after the point."""

    precision: int
    scale: int
    _unit: PythonDecimal = attrs.field(init=False, eq=False, repr=False)
    _exact: Context = attrs.field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        traps: list[Any] = [Inexact, InvalidOperation]
        exact = Context(prec=max(self.precision, 1), traps=traps)
        object.__setattr__(self, "_unit", PythonDecimal(f"1E-{self.scale}"))
        object.__setattr__(self, "_exact", exact)

    def canonical(self, value: Any) -> PythonDecimal:
        """Refuse what would be rounded or is too long; keep `scale` digits."""
        try:
            exact = value.quantize(self._unit, context=self._exact)
        except (ArithmeticError, AttributeError):
            return self._judged(value)
        if type(value) is not PythonDecimal or not exact or not exact.is_finite():
            return self._judged(value)
        return exact  # type: ignore[no-any-return]  # just checked

    def _judged(self, value: Any) -> PythonDecimal:
        """Say what is wrong, or go the long way for whole numbers and zeros."""
        if type(value) is not int:
            _of(PythonDecimal, value)
        exact = PythonDecimal(value)
        if not exact.is_finite():
            raise Refused("It must be finite: databases disagree on NaN and infinity.")
        sign, digits, exponent = exact.as_tuple()
        shift = self.scale + int(exponent)
        number = int("".join(map(str, digits)))
        scaled, rest = (
            (number * 10**shift, 0) if shift >= 0 else divmod(number, 10**-shift)
        )
        if rest:
            raise Refused(f"It must have at most {self.scale} digits after the point.")
        if scaled >= 10**self.precision:
            raise Refused(f"It must have at most {self.precision} digits.")
        text = f"{'-' if sign and scaled else ''}{scaled}E-{self.scale}"
        return PythonDecimal(text)


@attrs.frozen
class Text(ColumnType):
    """Unicode text without NUL, of at most `length` characters, or any number."""

    length: int | None = None

    def canonical(self, value: Any) -> str:
        """Refuse NUL, lone surrogates, and what is too long; never cut."""
        sought = self.sought(value)
        if self.length is not None and len(sought) > self.length:
            raise Refused(f"It must have at most {self.length} characters.")
        return sought

    def sought(self, value: Any) -> str:
        """Refuse NUL and lone surrogates."""
        _of(str, value)
        return checked_text(value)


def checked_text(value: str) -> str:
    """Return a text that every storage keeps as it is, or refuse it."""
    if "\0" in value:
        raise Refused("It must not contain NUL.")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise Refused("It must not contain lone surrogates.") from None
    return value


@attrs.frozen
class Binary(ColumnType):
    """Bytes, at most `length` of them, or any number."""

    length: int | None = None

    def canonical(self, value: Any) -> bytes:
        """Refuse bytearray and memoryview, which can change."""
        sought = self.sought(value)
        if self.length is not None and len(sought) > self.length:
            raise Refused(f"It must have at most {self.length} bytes.")
        return sought

    def sought(self, value: Any) -> bytes:
        """Refuse bytearray and memoryview."""
        _of(bytes, value)
        return bytes(value)


@attrs.frozen
class Timestamp(ColumnType):
    """Moments: aware datetimes, kept in UTC, in microseconds."""

    def canonical(self, value: Any) -> datetime:
        """Refuse naive datetimes; give the same moment in UTC."""
        if not isinstance(value, datetime):
            raise Refused("It must be of type datetime.")
        if value.utcoffset() is None:
            raise Refused("It must be aware: give it a tzinfo, for example UTC.")
        try:
            moment = value.astimezone(UTC)
        except OverflowError:
            raise Refused("It must lie in the years 1 to 9999 in UTC.") from None
        return moment.replace(fold=0)


@attrs.frozen
class Date(ColumnType):
    """Days."""

    def canonical(self, value: Any) -> date:
        """Refuse datetimes, whose time would be lost."""
        _of(date, value)
        return value  # type: ignore[no-any-return]  # just checked


_LONGEST = timedelta(microseconds=(1 << 63) - 1)


@attrs.frozen
class Duration(ColumnType):
    """Lengths of time, in microseconds, of up to 292,271 years either way."""

    def canonical(self, value: Any) -> timedelta:
        """Refuse what 63 bits of microseconds do not hold."""
        _of(timedelta, value)
        if abs(value) > _LONGEST:
            raise Refused("It must be shorter than 292,271 years.")
        return value  # type: ignore[no-any-return]  # just checked


@attrs.frozen
class Uuid(ColumnType):
    """UUIDs."""

    def canonical(self, value: Any) -> UUID:
        """Refuse texts."""
        if not isinstance(value, UUID):
            raise Refused("It must be of type UUID.")
        return value


@attrs.frozen
class Enumeration(ColumnType):
    """Members of an enum, kept by name."""

    enum: type[Enum]
    ordered = False

    def canonical(self, value: Any) -> str:
        """Return the member's name."""
        if not isinstance(value, self.enum):
            raise Refused(f"It must be a member of {self.enum.__name__}.")
        return value.name

    def restore(self, stored: Any) -> Enum:
        """Return the member of that name."""
        try:
            return self.enum[stored]
        except KeyError:
            raise Refused(f"{self.enum.__name__} has no such member.") from None


@attrs.frozen
class Json(ColumnType):
    """What JSON can hold, kept as text with sorted keys."""

    ordered = False

    def canonical(self, value: Any) -> str:
        """Return the canonical text."""
        _check_json(value)
        return json.dumps(
            value, ensure_ascii=False, sort_keys=True, separators=(",", ":")
        )

    def restore(self, stored: Any) -> Any:
        """Return fresh objects."""
        return json.loads(stored)


def _check_json(value: Any) -> None:
    kind = type(value)
    if kind is str:
        checked_text(value)
    elif kind is float:
        if not math.isfinite(value):
            raise Refused("JSON holds no NaN and no infinity.")
    elif kind is list:
        for item in value:
            _check_json(item)
    elif kind is dict:
        for name, item in value.items():
            _of(str, name)
            checked_text(name)
            _check_json(item)
    elif value is not None and kind not in (bool, int):
        raise Refused(f"JSON holds no {kind.__name__}.")
