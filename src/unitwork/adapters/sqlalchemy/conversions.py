"""Conversions that several databases share. Contract: 24."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Context, Decimal, Inexact
from typing import Any
from uuid import UUID

from unitwork.adapters.mapping import types as kinds
from unitwork.adapters.mapping.types import Refused
from unitwork.adapters.sqlalchemy.codec import Convert

_MICROSECOND = timedelta(microseconds=1)
_HEX_LENGTH = 32
_TIMESTAMP_LENGTH = 26


def write_duration(value: timedelta) -> int:
    """Return whole microseconds."""
    return value // _MICROSECOND


def read_duration(stored: Any) -> timedelta:
    """Take whole microseconds."""
    if type(stored) is not int:
        raise Refused("It must be a whole number of microseconds.")
    return timedelta(microseconds=stored)


def write_hex(value: UUID) -> str:
    """Return 32 hexadecimal digits in lower case, which sort as UUIDs do."""
    return value.hex


def read_hex(stored: Any) -> UUID:
    """Take 32 hexadecimal digits in lower case."""
    try:
        value = UUID(stored)
    except (ValueError, AttributeError, TypeError):
        value = None
    if value is None or len(stored) != _HEX_LENGTH or value.hex != stored:
        raise Refused("It must be a UUID in 32 hexadecimal digits, in lower case.")
    return value


def read_uuid(stored: UUID) -> UUID:
    """Take any UUID object of a driver."""
    return UUID(int=stored.int)


def read_boolean(stored: Any) -> bool:
    """Take 0 and 1."""
    if type(stored) is bool or (type(stored) is int and stored in (0, 1)):
        return bool(stored)
    raise Refused("It must be 0 or 1.")


def write_naive(value: datetime) -> datetime:
    """Return the moment in UTC, without saying so."""
    return value.replace(tzinfo=None)


def read_naive(stored: Any) -> datetime:
    """Take a naive datetime that is UTC."""
    if not isinstance(stored, datetime):
        raise Refused("It must be a date and time.")
    return stored.replace(tzinfo=UTC)


def read_aware(stored: datetime) -> datetime:
    """Take a moment in any time zone."""
    if stored.tzinfo is None:
        raise Refused("It must be a moment in the years 1 to 9999.")
    return stored.astimezone(UTC)


def write_timestamp_text(value: datetime) -> str:
    """Return UTC text that sorts as moments do, in SQLAlchemy's own format."""
    return value.replace(tzinfo=None).isoformat(" ", "microseconds")


def read_timestamp_text(stored: Any) -> datetime:
    """Take such a text."""
    if isinstance(stored, str) and len(stored) == _TIMESTAMP_LENGTH:
        try:
            return datetime.fromisoformat(stored).replace(tzinfo=UTC)
        except ValueError:
            pass
    raise Refused("It must be a time in UTC, as YYYY-MM-DD HH:MM:SS.ffffff.")


def write_date_text(value: date) -> str:
    """Return YYYY-MM-DD."""
    return value.isoformat()


def read_date_text(stored: Any) -> date:
    """Take YYYY-MM-DD."""
    try:
        return date.fromisoformat(stored)
    except (ValueError, TypeError):
        raise Refused("It must be a date, as YYYY-MM-DD.") from None


def read_member(column_type: kinds.Enumeration) -> Convert:
    """Take names of members."""
    members, name = column_type.enum.__members__, column_type.enum.__name__

    def read(stored: Any) -> Any:
        if stored not in members:
            raise Refused(f"{name} has no such member.")
        return stored

    return read


def read_json(stored: Any) -> str:
    """Take any JSON text and give the canonical one."""
    try:
        value = json.loads(stored)
    except (ValueError, TypeError):
        raise Refused("It must be JSON.") from None
    return kinds.Json().canonical(value)


def scaled_decimal(column_type: kinds.Decimal) -> tuple[Convert, Convert]:
    """Write and read decimals as whole numbers of their smallest unit."""
    scale, limit = column_type.scale, 10**column_type.precision
    exact = Context(prec=column_type.precision, traps=[Inexact])  # not the caller's

    def write(value: Decimal) -> int:
        return int(value.scaleb(scale, exact))

    def read(stored: Any) -> Decimal:
        if type(stored) is not int or not -limit < stored < limit:
            raise Refused(f"It must be a whole number of 1E-{scale}, below {limit}.")
        return Decimal(stored).scaleb(-scale, exact)

    return write, read


def decimal_text(column_type: kinds.Decimal) -> tuple[Convert, Convert]:
    """Write and read decimals as texts of one length that sort as numbers do.

    The first character is the sign: 1, or 0 for negative numbers, whose digits are
    then complements to nine.
    """
    scale, precision = column_type.scale, column_type.precision
    complement = str.maketrans("0123456789", "9876543210")

    def write(value: Decimal) -> str:
        sign, digits, _ = value.as_tuple()
        text = "".join(map(str, digits)).zfill(precision)
        return f"0{text.translate(complement)}" if sign else f"1{text}"

    def read(stored: Any) -> Decimal:
        fits = isinstance(stored, str) and len(stored) == precision + 1
        if not (fits and stored.isdecimal() and stored.isascii() and stored[0] in "01"):
            raise Refused(f"It must be a sign and {precision} digits.")
        text, sign = stored[1:], ""
        if stored[0] == "0":
            text, sign = text.translate(complement), "-"
        return Decimal(f"{sign}{int(text)}E-{scale}")

    return write, read
