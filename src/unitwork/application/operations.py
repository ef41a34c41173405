"""Operation keys: an operation takes effect once, however often it is sent.

Contract: 34. Source: Idempotent Receiver (Hohpe, Woolf).
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs

from unitwork.domain.aggregate import AggregateRoot
from unitwork.domain.errors import MisuseError
from unitwork.domain.field import Field, Key
from unitwork.domain.json_value import JsonValue
from unitwork.domain.unit_of_work import UNSTATED

LONGEST_KEY = 255
DAY = timedelta(days=1)
_NO_TEXT = re.compile("[\\x00\\ud800-\\udfff]")
"""What no storage keeps: NUL, and halves of characters."""


class OperationRecord(AggregateRoot):
    """That an operation took effect, and its result.

    An aggregate as any other: name it in the schema, `Schema(Batch, OperationRecord)`,
    and its table is created and migrated with yours.
    """

    operation: Key[str]
    """The operation's key, at most 255 characters."""
    request: Field[str]
    """The fingerprint of what was asked for."""
    finished: Field[bool]
    """Whether the result is there."""
    result: Field[JsonValue]
    expires: Field[datetime]
    """From when on the key is free again; `purge` removes it then."""


@attrs.frozen
class Claim:
    """What a unit stores in its commit to say that an operation took effect."""

    key: str
    request: str
    expires: datetime
    encode: Callable[[Any], JsonValue]
    """Makes JSON of a result."""
    replaces: bool = False
    """Whether a record is there that has expired."""
    results: type = object
    """Of what class they are; what a commit says of another one is passed over."""

    def record(self, result: object) -> OperationRecord:
        """Return the row; `UNSTATED` is a result that is still to come.

        Raises:
            MisuseError: the result cannot be kept.
        """
        finished = result is not UNSTATED
        return OperationRecord(
            operation=self.key,
            request=self.request,
            finished=finished,
            result=self.encode(result) if finished else None,
            expires=self.expires,
        )


def checked_key(key: object) -> str:
    """Return an operation key that every storage can keep.

    Raises:
        MisuseError: it is another one.
    """
    if (
        isinstance(key, str)
        and 0 < len(key) <= LONGEST_KEY
        and not _NO_TEXT.search(key)
    ):
        return key
    raise MisuseError(
        f"{key!r} is no operation key.",
        f"A key is a text of 1 to {LONGEST_KEY} characters, without NUL.",
        "Use what identifies the request: a message's id, or a UUID made with it.",
    )


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)
