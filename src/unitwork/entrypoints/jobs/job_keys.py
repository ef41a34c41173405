"""The operation key of a job: made of what its engine calls it. Contract: 34, 40.

Source: Idempotent Receiver (Hohpe, Woolf).
"""

import hashlib
from datetime import timedelta

from unitwork.application.operations import LONGEST_KEY

WEEK = timedelta(days=7)
"""For how long it is known that a job took effect; longer than it may come again."""


def job_key(*parts: object) -> str:
    """Return one key of several parts; a digest, where no storage could keep them.

    The identifiers of messages are made by others: they may have any length, and
    characters that are no text.
    """
    key = ":".join(map(str, parts))
    if len(key) <= LONGEST_KEY and key.isprintable():
        return key
    return hashlib.sha256(key.encode(errors="surrogatepass")).hexdigest()
