"""Versions of aggregates as entity tags. Contract: 16.

Source: RFC 9110, 8.8.3 and 13.1.1; RFC 6585, 3 (428).
"""

import re

from unitwork.domain.errors import MisuseError
from unitwork.domain.request_errors import (
    MalformedHeaderError,
    PreconditionRequiredError,
)

NO_VERSION = -1
"""A version that no aggregate has: of a tag which was not made here."""
_TAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"')
_OURS = re.compile(r'"(0|[1-9][0-9]{0,18})"')


def etag(version: int | None) -> str:
    """Return the strong entity tag of a version: `etag(uow.version_of(batch))`.

    Raises:
        MisuseError: the aggregate is in no storage.
    """
    if version is None:
        raise MisuseError(
            "An aggregate that was never stored has no entity tag.",
            "The tag is its version, which its first commit gives it.",
            "Ask for the version after the commit.",
        )
    return f'"{version}"'


def expected_version(if_match: str | None, *, required: bool = True) -> int | None:
    """Return what If-Match says, for `get(key, expected_version=...)`.

    That raises `ConcurrencyConflictError`, HTTP's 412, where the version is another
    one; so it does for a weak tag and for one that was not made by `etag`.

    Args:
        if_match: the header's value, or None where there is none.
        required: whether it must be there.

    Returns:
        None where any version will do: for `*`, and without the header.

    Raises:
        PreconditionRequiredError: it is required (428).
        MalformedHeaderError: it is no entity tag, or more than one (400).
    """
    if if_match is None:
        if required:
            raise PreconditionRequiredError
        return None
    tag = if_match.strip(" \t")
    if tag == "*":
        return None
    if not _TAG.fullmatch(tag):
        raise MalformedHeaderError(
            "If-Match", if_match, "It is * or one entity tag, in double quotes."
        )
    ours = _OURS.fullmatch(tag)
    return int(ours[1]) if ours else NO_VERSION
